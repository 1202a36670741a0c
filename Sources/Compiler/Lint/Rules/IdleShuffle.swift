// A shuffle takes channels from its groups by turns: from as many groups as there are channels it takes them in their order.
import ResNetDSL

extension LintRule {
  static let idleShuffle = LintRule(
    "RN210", "idle-shuffle", .warning,
    """
    A shuffle into as many groups as there are channels. Each group then is one channel, and taking one from
    each by turns leaves them where they were: the network is the same without it, and what was to be mixed
    is not. Usual is the number of groups, or of branches, of what stands before it (Zhang et al., 2017,
    section 3.1).
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16; 1x1, 64, groups 4; shuffle 64
      conv2   32x32   3x3, 64, groups 4
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16; 1x1, 64, groups 4; shuffle 4
      conv2   32x32   3x3, 64, groups 4
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      network.layers.compactMap { stage, sized in
        guard case .shuffle(let groups) = sized.layer.kind, groups.value == sized.input.channels else { return nil }
        return Finding(
          "the shuffle of \(stage.name.value) leaves all \(groups.value) channels where they are",
          at: Label(groups.span, "a group for each channel"),
          helps: ["write the number of groups, or of branches, of what stands before it; or leave the shuffle away"])
      }
    })
}
