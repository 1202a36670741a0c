// An average pool before a classifier is global nearly always; one that is not is a window with a wrong size.
import ResNetDSL

extension LintRule {
  static let connectedMap = LintRule(
    "RN207", "connected-map", .warning,
    """
    A fully connected layer reads a map larger than 1x1 that an average pool left. In the paper, as in most
    networks since, the pool before the classifier averages the whole map (Section 3.3); one that leaves a map
    has a window for another input, and the layer has as many times more weights as places are left.

    Write `average pool`, which has no window and averages whatever enters. Where the places are meant to have
    weights of their own, as in LeNet, say so with a comment.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16, stride 1, pad 1
      head            8x8 average pool, stride 8, pad 0; 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16, stride 1, pad 1
      head            average pool, 10-d fc
      """,
    look: .network { network in
      var pool: SizedLayer?
      return network.layers.compactMap { stage, sized in
        switch sized.layer.kind {
        case .averagePool: pool = sized
        case .activation, .dropout: break
        case .fullyConnected:
          defer { pool = nil }
          guard let pool, sized.input.extent != Extent(square: 1) else { return nil }
          let map = sized.input.extent
          return Finding(
            "the fully connected layer of \(stage.name.value) reads a map of \(map.text) that an average pool left",
            at: Label(sized.layer.span, "\(product(map.height, map.width)) times the weights of one place"),
            secondary: [Label(pool.layer.span, "averages \(pool.input.extent.text) in parts")],
            helps: ["write `average pool`, without a window, to average the whole map"])
        default: pool = nil
        }
        return nil
      }
    })
}
