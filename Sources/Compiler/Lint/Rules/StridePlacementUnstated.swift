// ResNet v1 and v1.5 have the same shapes.
import ResNetDSL

extension LintRule {
  static let stridePlacementUnstated = LintRule(
    "RN302", "stride-placement-unstated", .warning,
    """
    A bottleneck network that does not say which layer of a block carries the stride. Without a line the
    first one does, as in the paper's own networks; torchvision's weights, and most in circulation, have it
    on the 3x3 layer. Both have the same shapes, so weights for one load into the other and give wrong
    answers.

    Say which: the fix writes what is meant now and leaves the network as it is.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      stage1  16x16   [1x1, 16; 3x3, 16; 1x1, 64] x 2      # lint: allow RN101
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      stride  on 3x3
      conv1   32x32   3x3, 16
      stage1  16x16   [1x1, 16; 3x3, 16; 1x1, 64] x 2
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      guard network.text.model.header.stride == nil else { return [] }
      // A placement matters where the first layer is 1x1, a later one is larger, and the row's size decides a stride.
      let undecided = network.blocks.first { _, block, repetitions in
        let kernels = block.layers.compactMap { layer -> Extent? in
          if case .convolution(let convolution) = layer.kind { convolution.kernel } else { nil }
        }
        guard kernels.first == Extent(square: 1), kernels.contains(where: { $0 != Extent(square: 1) }) else {
          return false
        }
        guard let first = repetitions.first?.layers.first, case .convolution(let convolution) = first.layer.kind else {
          return false
        }
        return first.stride > 1 && convolution.stride == nil
      }
      guard let undecided, let input = network.text.model.header.input else { return [] }
      let line = network.text.source.line(at: input.span.start)
      let start = network.text.source.contents(ofLine: line).start
      let end = network.text.source.lineEnd(ofLine: line)
      return [
        Finding(
          "which layer of a block carries its stride is not said, and weights fit either way",
          at: Label(network.network.name.span, "no `stride` line"),
          secondary: [Label(undecided.block.span, "here the first layer, a 1x1")],
          helps: ["for torchvision's weights write 'stride on 3x3'"],
          fixIts: [FixIt("write 'stride on first'", [.init(Span(start, start), "stride on first\(end)")], isSafe: true)]
        )
      ]
    })
}
