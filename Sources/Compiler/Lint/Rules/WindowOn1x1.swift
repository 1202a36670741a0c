// A 3x3 window on a map of one value meets padding eight times of nine.
import ResNetDSL

extension LintRule {
  static let windowOn1x1 = LintRule(
    "RN204", "window-on-1x1", .warning,
    """
    A convolution with a window larger than 1x1 on a map that has shrunk to 1x1: all of its taps but one
    meet padding, so eight of nine weights of a 3x3 kernel never have an effect. The network has been
    downsampled further than its input allows, often because it was made for 224x224 and gets less.

    Stop downsampling earlier, take a larger input, or use 1x1 convolutions here.
    """,
    example: """
      model Net
      input   3 x 8 x 8
      conv1    8x8   3x3, 16, stride 1
      pool1    1x1   8x8 max pool, stride 8, pad 0
      stage1   1x1   [3x3, 16; 3x3, 16] x 2
      head     1x1   average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 8 x 8
      conv1    8x8   3x3, 16, stride 1
      pool1    1x1   8x8 max pool, stride 8, pad 0
      stage1   1x1   [1x1, 16; 1x1, 16] x 2
      head     1x1   average pool, 10-d fc
      """,
    look: .network { network in
      network.layers.compactMap { stage, sized in
        guard case .convolution(let convolution) = sized.layer.kind, sized.input.extent == Extent(square: 1),
          sized.output.extent == Extent(square: 1)
        else {
          return nil
        }
        let taps = product(convolution.kernel.height, convolution.kernel.width)
        guard taps > 1 else { return nil }
        return Finding(
          "the map that enters \(stage.name.value) is 1x1 already, and \(taps - 1) of \(taps) taps of this kernel meet "
            + "padding only",
          at: Label(sized.layer.span, "1x1 enters here"),
          helps: ["downsample less above, take a larger input, or use a 1x1 convolution"])
      }
    })
}
