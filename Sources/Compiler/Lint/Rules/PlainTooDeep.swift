// Degradation: the observation that the paper begins with.
import ResNetDSL

extension LintRule {
  /// The deepest plain networks of Figure 1 and Figure 6 that are no worse than shallower ones have 18 and 20 layers.
  private static let deepest = 20

  static let plainTooDeep = LintRule(
    "RN106", "plain-too-deep", .warning,
    """
    A network of more than 20 layers without shortcuts. Adding layers to a plain network of this depth
    makes the training error larger, not smaller (degradation): in Figure 1, 56 plain layers train worse
    than 20 on CIFAR-10; in Figure 4 and Table 2, 34 plain layers have 28.54 % error on ImageNet and 18
    have 27.94 %, while with shortcuts 34 are better than 18.

    Of layers in braces the fewest count: GoogLeNet is 22 layers deep, and 13 by the 1x1 layers of its modules.
    A gate lets through what enters it, so a Highway network is not plain.

    Write a shortcut, `shortcut B`, around blocks in [ ].
    """,
    example: """
      family Plain(n = 5)
      input     3 x 32 x 32
      shortcut  none
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x n
      stage2  16x16   [3x3, 32; 3x3, 32] x n
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      family Residual(n = 5)
      input     3 x 32 x 32
      shortcut  B
      conv1   32x32   3x3, 16
      stage1  32x32   [3x3, 16; 3x3, 16] x n
      stage2  16x16   [3x3, 32; 3x3, 32] x n
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      guard !network.hasShortcuts, network.leastDepth > deepest else { return [] }
      let option = network.text.model.header.shortcut
      let hasBrackets = network.text.elements.contains(where: \.isResidualBlock)
      let fix = option.map { FixIt("write 'shortcut B'", [.init($0.span, "B")]) }
      return [
        Finding(
          "\(network.name) is plain and \(network.depth) layers deep; beyond some \(deepest), more layers make a plain "
            + "network worse",
          at: Label(option?.span ?? network.network.name.span, "no shortcuts"),
          helps: hasBrackets ? [] : ["write blocks in [ ], and `shortcut B`"],
          fixIts: hasBrackets ? [fix].compactMap { $0 } : [])
      ]
    })
}
