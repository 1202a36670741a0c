// Option A has two spellings in the world, and shapes do not tell them apart.
import ResNetDSL

extension LintRule {
  static let zeroPlacementUnstated = LintRule(
    "RN301", "zero-placement-unstated", .warning,
    """
    `shortcut A` does not say where its zero channels go. Weights in circulation differ: fb.resnet.torch
    appends them (`pad end`, which is meant where nothing is written), most PyTorch code for CIFAR-10 puts
    half before and half after the channels of the input (`pad both`). Weights for one load into the other
    and give wrong answers.

    Say which: the fix writes what is meant now and leaves the network as it is. Section 3.3 and 4.2 of
    the paper do not say.
    """,
    example: """
      model Net
      input     3 x 32 x 32
      shortcut  A
      conv1   32x32   3x3, 16
      stage1  16x16   [3x3, 32; 3x3, 32] x 2
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input     3 x 32 x 32
      shortcut  A, pad end
      conv1   32x32   3x3, 16
      stage1  16x16   [3x3, 32; 3x3, 32] x 2
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      guard let option = network.text.model.header.shortcut, network.text.source.text(option.span) == "A" else {
        return []
      }
      let pads = network.blocks.contains { _, _, repetitions in
        repetitions.contains { repetition in
          if case .zeroPad(let pad) = repetition.shortcut { pad.channelsBefore + pad.channelsAfter > 0 } else { false }
        }
      }
      guard pads else { return [] }
      return [
        Finding(
          "option A's zeros go after the input's channels here; weights in circulation also have them on both sides",
          at: Label(option.span, "says neither"),
          helps: ["for weights of common CIFAR-10 code write 'A, pad both'"],
          fixIts: [FixIt("write 'A, pad end'", [.init(option.span, "A, pad end")], isSafe: true)])
      ]
    })
}
