// What the steps of a plan multiply, by which a machine's peaks differ. The runtime decides the same from its tables
// (`Sources/Runtime/Command/PeakLoops.swift`); a test holds the two together.

internal import ResNetDSL

/// The numbers that a step multiplies, which those of its values need not be: transformed tiles of bytes have 16 bits, and
/// weights in half precision become floats before they meet anything.
package enum Multiplicand: String, CaseIterable, Hashable, Sendable {
  case float32
  /// Two to a word, with sums of half precision.
  case float16
  /// Four to a word, with sums of 32 bits.
  case int8
  /// Two to a word, with sums of 32 bits.
  case int16

  /// Products of a word.
  var parts: Int {
    switch self {
    case .float32: 1
    case .float16, .int16: 2
    case .int8: 4
    }
  }

  /// What 10^9 of its operations a second are called.
  var unit: String {
    switch self {
    case .float32, .float16: "GFLOP/s"
    case .int8, .int16: "GOP/s"
    }
  }
}

extension Kernel {
  /// Operations of its vectors, two for each lane of each multiply-add, whether a channel is in it or not.
  func issued(_ target: Target) -> [Multiplicand: Double] {
    let lanes = target.lanes
    switch self {
    case .convolution(let kernel): return kernel.issued(target)
    // Single channels are held in floats, whatever they are stored as.
    case .depthwise(let kernel): return [.float32: kernel.issuedFlops(lanes: lanes)]
    case .channelConvolution(let kernel): return [.float32: 2 * Double(kernel.units * kernel.size * lanes)]
    case .separable(let kernel):
      let depthwise = [Multiplicand.float32: kernel.depthwise.issuedFlops(lanes: lanes)]
      return kernel.convolution.issued(target).merging(depthwise, uniquingKeysWith: +)
    case .pooledConvolution(let kernel): return kernel.convolution.issued(target)
    case .winograd(let kernel):
      let multiplicand = kernel.isInteger ? Multiplicand.int16 : .float32
      let words =
        Double(kernel.split.tiles * kernel.transform.positions) * Double(kernel.reduction * kernel.out.blocks * lanes)
      return [multiplicand: 2 * words * Double(multiplicand.parts)]
    case .pool, .elementwise, .channelWindow, .adaptivePool, .gather, .upsample, .sampleNorm: return [:]
    }
  }
}

extension DepthwiseKernel {
  fileprivate func issuedFlops(lanes: Int) -> Double {
    2 * Double(units * out.width) * Double(kernel.height * kernel.width * lanes)
  }
}

extension ConvolutionKernel {
  /// Tiles cover each pixel once, so only channels have lanes to spare.
  fileprivate func issued(_ target: Target) -> [Multiplicand: Double] {
    let multiplicand: Multiplicand =
      switch (terms[0].number, target.products) {
      case (.float32, _): .float32
      case (.float16, _): .float16
      case (_, .bytes), (_, .signedBytes): .int8
      case (_, .pairs): .int16
      }
    let words = Double(batch * out.height * out.width) * Double(reduction * out.blocks * target.lanes)
    return [multiplicand: 2 * words * Double(multiplicand.parts)]
  }
}
