// Hover: what a word means and what it costs. Words are explained from the language; numbers come from the networks,
// and are left out while there is none. Where an error stands, its explanation comes first; what the linter has to say,
// notes excepted, comes last.
import ResNetDSL

extension Reading {
  /// Markdown about what stands at an offset, and the span that it is about.
  func hover(at offset: Int) -> (text: String, span: Span)? {
    let found = place(at: offset)
    let here = diagnostics(of: self).filter { $0.primary.span.contains(offset) }
    func explanations(_ severity: Severity) -> [String] {
      here.filter { $0.severity == severity }.prefix(3).map { finding in
        "**\(severity.rawValue)[\(finding.code.text)]**: \(finding.message)\n\n\(finding.code.explanation)"
      }
    }
    let about = found.map { text(about: $0.place) } ?? []
    let parts = explanations(.error) + about + explanations(.warning)
    guard let span = found.map({ $0.place.span ?? $0.token.span }) ?? token(at: offset)?.span, !parts.isEmpty else {
      return nil
    }
    return (parts.joined(separator: "\n\n"), span)
  }

  private func text(about place: Place) -> [String] {
    switch place {
    case .key(let key):
      let meaning = key.description.lines[0]
      return [meaning.spelling, meaning.sentence]
    case .option(let key, let word): return key.description.help(word).map { ["`\(word)`: \($0)"] } ?? []
    case .modelName: return ["**\(model?.name.value ?? "")**"] + [networkTable()].compactMap { $0 }
    case .column(let index):
      guard let name = model?.columns[index].value else { return [] }
      return ["variant **\(name)**"] + [networkTable(only: name)].compactMap { $0 }
    case .row(let row): return ["**\(row.name.value)**"] + [table(ofRow: row.name.value)].compactMap { $0 }
    case .rowName(let row):
      return ["row **\(row.value)**"] + [table(ofRow: row.value)].compactMap { $0 }
    case .word(let word, let help): return ["`\(word)`: \(help)"]
    case .same(let row, let cell):
      let repeated = SourceModel.repeated(by: cell, of: row)
      return ["`same`: the cell to the left again" + (repeated.map { ", `\(source.text($0.span))`" } ?? "")]
    case .element(let element): return text(about: element)
    case .attribute(let attribute, let element):
      return element.help(of: attribute).map { ["`\(source.text(attribute.span))`: \($0)"] } ?? []
    case .reference(let name):
      return model?.blocks.first { $0.name.value == name.value }.map(text) ?? []
    case .definition(let block): return text(about: block)
    case .parameter(let name, let block): return text(aboutParameter: name.value, in: block)
    }
  }

  private func text(about element: Syntax.Element) -> [String] {
    guard let model, let help = element.help(in: model) else { return [] }
    let written = element.outline ?? source.text(element.span)
    let table = element.isResidualBlock ? table(ofBlock: element.span) : table(ofLayer: element.span)
    return ["`\(written)`: \(help)"] + [table].compactMap { $0 }
  }

  private func text(about block: Syntax.BlockDefinition) -> [String] {
    let count = (model?.elements ?? []).count { element in
      if case .reference(let name, _) = element.kind { name.value == block.name.value } else { false }
    }
    return ["```rn\n\(source.text(block.span))\n```", "Used \(count == 1 ? "once" : "\(count) times")."]
  }

  private func text(aboutParameter name: String, in block: Syntax.BlockDefinition?) -> [String] {
    if let block, block.parameters.contains(where: { $0.value == name }) {
      return ["`\(name)`: a parameter of the block `\(block.name.value)`."]
    }
    guard let parameter = model?.parameters.first(where: { $0.name.value == name }) else { return [] }
    let value = source.text(parameter.value.span)
    return ["`\(name) = \(value)`: a parameter of the family; `--set \(name)=\(value)` gives it another value."]
  }
}

extension Place {
  /// Of what hover is about, where that is more than a word.
  fileprivate var span: Span? {
    switch self {
    case .element(let element): element.span
    case .attribute(let attribute, of: _): attribute.span
    default: nil
    }
  }
}
