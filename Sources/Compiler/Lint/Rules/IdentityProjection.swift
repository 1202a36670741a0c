// Option C: a projection where the identity would do.
import ResNetDSL

extension LintRule {
  static let identityProjection = LintRule(
    "RN102", "identity-projection", .warning,
    """
    A shortcut with a projection, in a block whose output has the shape of its input. The identity would
    do: it costs nothing and lets gradients pass unchanged.

    Section 4.1 compares the options: C (all projections) was slightly better than B, which the authors
    attribute to its additional parameters, and they do not use it in the rest of the paper, "to reduce
    memory/time complexity and model sizes".
    """,
    example: """
      model Net
      input     3 x 32 x 32
      shortcut  C
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x 2
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input     3 x 32 x 32
      shortcut  B
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x 2
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      let needless = network.blocks.filter { $0.block.shortcut == nil }.flatMap { stage, _, repetitions in
        repetitions.filter { repetition in
          if case .projection(1) = repetition.shortcut { repetition.input == repetition.output } else { false }
        }.map { (stage.name.value, $0) }
      }
      guard !needless.isEmpty, let option = network.text.model.header.shortcut else { return [] }
      let weights = needless.reduce(0) { sum($0, product($1.1.input.channels, $1.1.output.channels)) }
      let blocks = needless.count == 1 ? "one block" : "\(needless.count) blocks"
      return [
        Finding(
          "\(blocks) of \(network.name) \(needless.count == 1 ? "has" : "have") a projection where the identity would do",
          at: Label(option.span, "\(grouped(weights)) weights more than option B"),
          fixIts: [FixIt("write 'shortcut B'", [.init(option.span, "B")])])
      ]
    })
}
