// A convolution of each channel by itself. Nothing is summed over channels, so a vector of weights serves a vector of
// channels as they lie, in any order: 9 multiply-adds for each output of a 3x3, a tenth of what a pixel's loads and stores
// may cost where they are not shared. So a run of output pixels stays in registers, each input pixel is loaded once for
// all of them that see it, and a row of the window's weights stays in registers beside.
package import ResNetDSL

/// What `Depthwise.swift` is specialised on.
package struct DepthwiseKernel: Hashable, Sendable {
  package var batch: Int
  package var kernel: Extent
  package var stride: Stride
  package var dilation: Int
  /// Of the first tap of pixel (0, 0); steps from one output pixel and row to the next.
  package var source: ConvolutionKernel.Source
  /// From one row of the window to the next.
  package var tapRow: Int
  package var residual: ConvolutionKernel.Residual
  package var activation: Activation
  package var out: OutputMap
  /// Runs of pixels.
  package var columns: [TileRun]

  /// Where the input is a ring of rows of a map that a convolution computes just before.
  package struct Ring: Hashable, Sendable {
    package var rows: Int
    package var mapHeight: Int
    /// Rows of zeros above the map, which nobody stores.
    package var padHeight: Int
  }
  package var ring: Ring?

  /// Rows of blocks.
  package var units: Int { batch * out.blocks * out.height }

  /// Whether it multiplies whole numbers, which floats hold: sums of up to 500 products of bytes stay below 2^24.
  package var isInteger: Bool { source.number.isQuantized }

  /// Vectors before the weights but for biases: slopes, or factors to the output's scale and one for a residual.
  package func headVectors(_ blocks: Int) -> Int {
    if isInteger { return blocks + (residual == .none ? 0 : 1) }
    return activation == .prelu ? blocks : 0
  }

  /// Pixels of the input that a run of so many of the output sees, in a row.
  package func span(pixels: Int) -> Int { (pixels - 1) * stride.columns + (kernel.width - 1) * dilation + 1 }

  /// Runs as long as registers allow, and equal to a pixel.
  static func runs(width: Int, kernel: Extent, target: Target) -> [TileRun] {
    // Beside the sums the weights of a row, one pixel, and one for what an addition apart needs.
    let limit = max(1, min(16, target.registers - min(kernel.width, target.registers / 2) - 2))
    let count = (width + limit - 1) / limit
    let (size, larger) = (width / count, width % count)
    return [
      TileRun(size: size + 1, count: larger, start: 0),
      TileRun(size: size, count: count - larger, start: larger * (size + 1)),
    ]
    .filter { $0.count > 0 }
  }
}
