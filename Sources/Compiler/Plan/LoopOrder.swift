// Which loop of a convolution is outside. Either a panel of weights stays in cache while all pixels pass, so the input is
// read once for each group of output channels, or a strip of pixels stays while all weights pass, so the weights are read
// once for each strip. The better one reads less, counted by how far away what it reads again lies.
internal import ResNetDSL

extension ConvolutionKernel.Order {
  /// - Parameters:
  ///   - inputFloats: what the reduction touches of its inputs; see `Convolution.Term.touched(of:)`.
  ///   - weightFloats: all weights.
  static func choose(inputFloats: Int, weightFloats: Int, tiling: Tiling) -> ConvolutionKernel.Order {
    let input = inputFloats * tiling.groupCount * distance(inputFloats)
    let weights = weightFloats * tiling.rowTileCount * distance(weightFloats)
    return input > weights ? .rowsOutside : .channelsOutside
  }

  /// The cost of reading a float again from where an operand of this size stays: a second-level cache of a megabyte,
  /// of which a quarter belongs to the rest, or beyond. ResNet-50's conv5_1.3 shows the difference: with its 12.6 MB of
  /// weights read four times over it took 5.9 ms on an Ice Lake core, with its 0.3 MB of input read 64 times 3.4 ms.
  private static func distance(_ floats: Int) -> Int { floats * 4 <= 768 << 10 ? 1 : 3 }
}

extension Convolution.Term {
  /// How many of a value's floats the term reads: a 1x1 with stride 2 skips three quarters.
  func touched(of floats: Int) -> Int {
    min(floats, floats * kernel.height * kernel.width / (stride * stride))
  }
}
