// The loops around the tiles of a convolution: strips of pixels outside, then groups of output channels, then the units of
// a strip. A taller strip reads the weights less often, a shorter one stays in cache while all groups pass over it. The
// best one reads least, counted by how far away what it reads again lies.
internal import ResNetDSL

extension ConvolutionKernel {
  /// How many units, of `batch * tiling.rowTileCount`, make a strip: a divisor.
  ///
  /// - Parameters:
  ///   - inputFloats: what the reduction touches of its inputs; see `Convolution.Term.touched(of:lanes:)`.
  ///   - weightFloats: all weights.
  static func chooseStrip(
    inputFloats: Int, weightFloats: Int, terms: [Term], tiling: Tiling, batch: Int, target: Target
  ) -> Int {
    let units = batch * tiling.rowTileCount
    let sums =
      WeightStream.hasChunks(terms: terms, tiling: tiling, target: target)
      ? tiling.columnTileCount * tiling.tileFloats(lanes: target.lanes) : 0
    var best = (strip: 1, cost: Int.max)
    for strip in 1...units where units % strip == 0 && (strip == 1 || strip * sums <= WeightStream.sumsLimit) {
      let strips = units / strip
      let input = inputFloats * tiling.groupCount * distance(inputFloats / strips)
      let cost = input + weightFloats * strips * distance(weightFloats)
      if cost <= best.cost { best = (strip, cost) }
    }
    return best.strip
  }

  /// The cost of reading a float again from where an operand of this size stays: a second-level cache of a megabyte,
  /// of which a quarter belongs to the rest, or beyond. ResNet-50's conv5_1.3 shows the difference: with its 12.6 MB of
  /// weights read four times over it took 5.9 ms on an Ice Lake core, with its 0.3 MB of input read 64 times 3.4 ms.
  private static func distance(_ floats: Int) -> Int { floats * 4 <= 768 << 10 ? 1 : 3 }
}

extension Convolution.Term {
  /// How many of a value's floats the term's cache lines hold: a 1x1 with stride 2 skips every other row, and every other
  /// pixel where a pixel fills a line.
  func touched(of floats: Int, lanes: Int) -> Int {
    let columns = min(stride, kernel.width - 1 + max(1, WeightStream.line / lanes))
    return floats * min(stride, kernel.height) * columns / (stride * stride)
  }
}
