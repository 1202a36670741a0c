// An `eca` looks from each channel at those around it: where there are fewer than it has weights for, the outer ones meet
// nothing but zeros.
import ResNetDSL

extension LintRule {
  static let wideAttention = LintRule(
    "RN211", "wide-attention", .warning,
    """
    An `eca` with weights for more channels than there are on either side: the outermost are multiplied by
    zeros wherever they stand, and training never moves them. Without a number an `eca` has 3 to 9 weights,
    which follow from the channels (Wang et al., 2020, section 3.2); a large number is often meant as the
    divisor or the width that an `se` has, and an `eca` does not.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16; eca 33
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16; eca
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      network.layers.compactMap { stage, sized in
        let channels = sized.input.channels
        guard case .channelAttention(let layer) = sized.layer.kind, layer.size(entering: channels) / 2 >= channels
        else { return nil }
        return Finding(
          "an 'eca' of \(layer.size(entering: channels)) weights looks beyond all \(channels) channels of \(stage.name.value)",
          at: Label(layer.size?.span ?? sized.layer.span, "its outer weights meet zeros"),
          helps: ["leave the number away for the one that follows from the channels"])
      }
    })
}
