// The second design rule of Section 3.3: half the size, twice the width.
import ResNetDSL

extension LintRule {
  static let downsampleWithoutWidening = LintRule(
    "RN105", "downsample-without-widening", .warning,
    """
    Blocks that halve the feature map and do not widen it. The design rule of Section 3.3: "if the feature
    map size is halved, the number of filters is doubled so as to preserve the time complexity per layer."
    Without it the row holds a quarter of the values it gets, and the layers below have a quarter of the
    work of those above.

    Double the width, or keep the size. Pools are not reported: VGG's last two stages have one width.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 64
      stage1  32x32   [3x3, 64; 3x3, 64] x 2
      stage2  16x16   [3x3, 64; 3x3, 64] x 2
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 64
      stage1  32x32   [3x3, 64; 3x3, 64] x 2
      stage2  16x16   [3x3, 128; 3x3, 128] x 2
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      network.blocks.compactMap { stage, block, repetitions in
        guard let first = repetitions.first,
          first.output.extent.area < first.input.extent.area, first.output.channels <= first.input.channels,
          first.layers.contains(where: { $0.stride != 1 && $0.layer.isConvolution })
        else { return nil }
        return Finding(
          "\(stage.name.value) goes from \(first.input.extent.text) to \(first.output.extent.text) with "
            + (first.output.channels == first.input.channels
              ? "the width it had, \(first.output.channels)"
              : "fewer channels, \(first.output.channels) after \(first.input.channels)"),
          at: Label(block.span, "\(first.output.channels) channels leave"),
          helps: ["double the width where the size is halved: \(2 * first.input.channels)"])
      }
    })
}

extension Extent {
  fileprivate var area: Int { product(height, width) }
}
