// Caffe rounds the size of a pool's output up, PyTorch down.
import ResNetDSL

extension LintRule {
  static let poolRounding = LintRule(
    "RN203", "pool-rounding", .warning,
    """
    The last rows or columns of the map that enters this pool are never read, because its size does not
    come out even: PyTorch rounds the output size down, Caffe, in which the paper's models were published,
    rounds it up and reads them. A network that was ported from one to the other has another shape or
    another answer here.

    Write `ceil` for Caffe's rounding, or choose a size that comes out even. A window as large as its map
    misses rows for its padding alone, which no rounding mends (RN205).
    """,
    example: """
      model Net
      input   3 x 33 x 33
      conv1   33x33   3x3, 16
      pool1           2x2 max pool, stride 2
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16
      pool1           2x2 max pool, stride 2
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      network.layers.compactMap { stage, sized in
        guard let window = Window.of(sized), sized.layer.isPool, !window.ceilMode
        else { return nil }
        var up = window
        up.ceilMode = true
        let input = sized.input.extent
        // A window that covers its map has one place; `ceil` would give it more, which nobody means.
        if window.kernel.height >= input.height, window.kernel.width >= input.width { return nil }
        let missed = Extent(
          missed(input.height, sized.output.height, window.kernel.height, window.padding.top, sized.stride.rows),
          missed(input.width, sized.output.width, window.kernel.width, window.padding.left, sized.stride.columns))
        guard missed.height > 0 || missed.width > 0,
          let other = up.output(of: input, stride: sized.stride), other != sized.output.extent
        else { return nil }
        let rows = missed.height == 0 ? "column" : missed.width == 0 ? "row" : "row and column"
        return Finding(
          "the pool of \(stage.name.value) never reads the last \(rows) of \(input.text)",
          at: Label(sized.layer.span, "gives \(sized.output.extent.text); rounded up, as Caffe does, \(other.text)"),
          helps: ["write `ceil` for Caffe's rounding, or choose a size that comes out even"])
      }
    })

  /// Rows after the last that any window covers.
  private static func missed(_ length: Int, _ outputs: Int, _ kernel: Int, _ padding: Int, _ stride: Int) -> Int {
    max(0, length - ((outputs - 1) * stride - padding + kernel))
  }
}
