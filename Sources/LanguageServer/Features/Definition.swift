// Go to definition: from the name of a block, a parameter or a row to where it is introduced, from `same` to the cell that
// it repeats.
import ResNetDSL

extension Reading {
  /// Where what stands at an offset is defined.
  func definition(at offset: Int) -> Span? {
    guard let model, let place = place(at: offset)?.place else { return nil }
    switch place {
    case .reference(let name): return model.blocks.first { $0.name.value == name.value }?.name.span
    case .definition(let block): return block.name.span
    case .rowName(let row): return model.rows.first { $0.name.value == row.value }?.name.span
    case .parameter(let name, let block):
      let names = (block?.parameters ?? []) + model.parameters.map(\.name)
      return names.first { $0.value == name.value }?.span
    case .same(let row, let cell): return SourceModel.repeated(by: cell, of: row)?.span
    default: return nil
    }
  }
}
