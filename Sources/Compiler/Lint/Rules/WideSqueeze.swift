// Squeeze-and-excitation squeezes: its first layer has fewer channels than enter it.
import ResNetDSL

extension LintRule {
  static let wideSqueeze = LintRule(
    "RN208", "wide-squeeze", .warning,
    """
    Squeeze-and-excitation whose inner width is no smaller than what enters. Its two layers then have twice
    the weights of a fully connected layer of all channels with all channels, and squeeze nothing; papers
    take a sixteenth or a quarter (Hu et al., 2018, table 10). Often a ratio was meant: `se /16` is a part of
    the channels that enter, `se 16-d` a width.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16; se 16-d
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16; se /4
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      network.layers.compactMap { stage, sized in
        guard case .squeezeExcitation(let layer) = sized.layer.kind, case .channels(let width) = layer.width,
          width.value >= sized.input.channels
        else { return nil }
        return Finding(
          "squeeze-and-excitation to \(width.value) channels, of \(sized.input.channels) that enter, squeezes nothing",
          at: Label(width.span, "as wide as what enters"),
          helps: ["write 'se /16' for a sixteenth of what enters, or a smaller width"])
      }
    })
}
