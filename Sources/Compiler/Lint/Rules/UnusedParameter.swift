// Parameters that decide nothing.
import ResNetDSL

extension LintRule {
  static let unusedParameter = LintRule(
    "RN502", "unused-parameter", .warning,
    """
    A parameter of a family that no row, definition or line of the head uses, or a parameter of a block
    that its layers do not use: whatever value it gets, the network is the same. Not fixed by itself,
    because a family's values are part of the network's name, and every use of a block has its arguments.
    """,
    example: """
      family Net(n = 3, k = 2)
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x n
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      family Net(n = 3, k = 2)
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16k; 3x3, 16k] x n
      head     1x1    average pool, 10-d fc
      """,
    look: .text { text in
      if text.isDamaged { return [] }
      let model = text.model
      let header = model.header
      // A block's parameter hides a family's of the same name.
      var used = Set(model.blocks.flatMap { Set($0.body.flatMap(\.allNames)).subtracting($0.parameters.map(\.value)) })
      used.formUnion(text.written.flatMap(\.allNames))
      let expressions =
        [header.depth, header.input?.value.channels, header.input?.value.height, header.input?.value.width]
        + (header.preprocess?.expressions ?? []) + model.parameters.map(\.value)
      used.formUnion(expressions.compactMap { $0 }.flatMap(\.names).map(\.value))
      let ofFamily = model.parameters.map(\.name).filter { !used.contains($0.value) }.map { name in
        Finding("the parameter '\(name.value)' decides nothing", at: Label(name.span, "not used"))
      }
      let ofBlocks = model.blocks.flatMap { block in
        let used = Set(block.body.flatMap(\.allNames))
        return block.parameters.filter { !used.contains($0.value) }.map { name in
          Finding(
            "the block '\(block.name.value)' does not use its parameter '\(name.value)'",
            at: Label(name.span, "not used"))
        }
      }
      return ofFamily + ofBlocks
    })
}

extension Syntax.Element {
  /// Names in the element and in what stands inside it.
  fileprivate var allNames: [String] { withInner.flatMap(\.names) }

  /// Names in the element itself.
  fileprivate var names: [String] {
    (expressions + attributes.flatMap(\.expressions)).flatMap(\.names).map(\.value)
  }
}
