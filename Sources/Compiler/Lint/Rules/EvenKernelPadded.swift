// An even window has no middle: padded alike on both sides, it moves what it reads.
import ResNetDSL

extension LintRule {
  static let evenKernelPadded = LintRule(
    "RN206", "even-kernel-padded", .warning,
    """
    An even window has no value in its middle. With the same padding on both sides its output lies between
    the values of its input, half a pixel off, and has one row and column more or less than the input: sums
    with a shortcut do not fit, or fit what lies elsewhere. TensorFlow's SAME pads such a window on one side
    only, so that weights from there give other answers here.

    Write `pad 0`, or take an odd window. An even window that reads as far beyond its stride on both sides,
    such as 4x4 with stride 2 and padding 1, moves nothing and is left alone.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1          4x4, 16, stride 1, pad 1
      head     1x1   average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1          4x4, 16, stride 1, pad 0
      head     1x1   average pool, 10-d fc
      """,
    look: .network { network in
      network.layers.compactMap { stage, sized in
        guard let window = Window.of(sized) else { return nil }
        /// In halves of a pixel; 0 for a window that has a middle, or makes one value of all that it reads.
        func moved(_ kernel: Int, _ padding: Int, _ stride: Int, _ outputs: Int) -> Int {
          guard kernel % 2 == 0, padding > 0, outputs > 1 else { return 0 }
          return abs(window.dilation * (kernel - 1) + 1 - stride - 2 * padding)
        }
        // Padding that differs says where the middle is.
        guard window.padding.isEven else { return nil }
        let halves = max(
          moved(window.kernel.height, window.padding.top, sized.stride.rows, sized.output.height),
          moved(window.kernel.width, window.padding.left, sized.stride.columns, sized.output.width))
        guard halves > 0 else { return nil }
        let way = halves == 1 ? "half a pixel" : halves == 2 ? "a pixel" : "\(Double(halves) / 2) pixels"
        return Finding(
          "the padded \(window.kernel.text) window of \(stage.name.value) moves the map by \(way)",
          at: Label(sized.layer.span, "\(sized.input.extent.text) enters, \(sized.output.extent.text) leaves"),
          helps: ["write `pad 0`, or take an odd window"])
      }
    })
}
