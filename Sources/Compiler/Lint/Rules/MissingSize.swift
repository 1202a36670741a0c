// Sizes are assertions, and the table of the paper has one in every row.
import ResNetDSL

extension LintRule {
  static let missingSize = LintRule(
    "RN503", "missing-size", .note,
    """
    A row without an output size. With one, the compiler checks that the layers lead there, so that a
    mistyped stride or padding is an error in its own row and not a surprise at the end; and a reader sees
    where the map shrinks, as in Table 1. The fix writes the size that the row has.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1           3x3, 16
      stage1          [3x3, 16; 3x3, 16] x 2
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x 2
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      // A size that follows from a parameter cannot be written as a number.
      let input = network.text.model.header.input?.value
      let sizes = (input.map { [$0.height, $0.width] } ?? []) + network.text.elements.flatMap(\.sizes)
      if sizes.contains(where: { !$0.names.isEmpty }) { return [] }
      return network.passages.filter { $0.stage.size == nil }.map { passage in
        let size = passage.output.extent.text
        let name = passage.stage.name
        // An average pool after a size of its own would read it as its window, 1x1 excepted.
        let isPool = if case .layer(let layer)? = passage.items.first { layer.layer.poolsWholeMap } else { false }
        let canBeWritten = !isPool || passage.output.extent == Extent(square: 1)
        let edit = FixIt.Edit(Span(name.span.end, name.span.end), " \(size)")
        return Finding(
          "\(name.value) does not say its output size, \(size)", at: Label(name.span, "\(size) leaves"),
          fixIts: canBeWritten ? [FixIt("write '\(name.value) \(size)'", [edit], isSafe: true)] : [])
      }
    })
}

extension Syntax.Element {
  /// What decides the size of its output.
  fileprivate var sizes: [Syntax.Expression] {
    (window.map { [$0.height, $0.width] } ?? []) + attributes.filter(\.decidesSize).flatMap(\.expressions)
  }
}
