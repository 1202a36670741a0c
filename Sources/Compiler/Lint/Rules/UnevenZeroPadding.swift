// `pad both` has a middle only where the number of new channels is even.
import ResNetDSL

extension LintRule {
  static let unevenZeroPadding = LintRule(
    "RN303", "uneven-zero-padding", .warning,
    """
    Option A with `pad both` adds half of the new channels before and half after, and here their number is
    odd. The code that is in circulation pads a quarter of the width on each side, which is right only
    where the width doubles: it has no weights for this network.

    Double widths, or use `pad end` or `shortcut B`. That option A cannot drop channels at all is an error
    (`shortcut-drops-channels`).
    """,
    example: """
      model Net
      input     3 x 32 x 32
      shortcut  A, pad both
      conv1   32x32   3x3, 16
      stage1  16x16   [3x3, 31; 3x3, 31] x 2
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input     3 x 32 x 32
      shortcut  A, pad both
      conv1   32x32   3x3, 16
      stage1  16x16   [3x3, 32; 3x3, 32] x 2
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      network.blocks.compactMap { stage, block, repetitions in
        let pads = repetitions.compactMap { repetition in
          if case .zeroPad(let pad) = repetition.shortcut { pad } else { nil }
        }
        guard (block.shortcut ?? network.network.shortcut.value) == .identityZeroPadded(.both),
          let pad = pads.first(where: { $0.channelsBefore != $0.channelsAfter })
        else { return nil }
        return Finding(
          "option A cannot put \(pad.channelsBefore + pad.channelsAfter) new channels of \(stage.name.value) half before "
            + "and half after",
          at: Label(block.span, "\(pad.channelsBefore) before, \(pad.channelsAfter) after"),
          secondary: block.shortcut == nil ? [Label(network.network.shortcut.span, "asked for here")] : [],
          helps: ["double the width, or use `shortcut A, pad end` or `shortcut B`"])
      }
    })
}
