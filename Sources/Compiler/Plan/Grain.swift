// How many units of a step a thread takes at a time. It takes its part in pieces, so that a thread that is held up leaves
// to others what it has not begun. A piece must be long beside taking it, some twenty nanoseconds, and must not read
// again what a larger one reads once.

internal import ResNetDSL

/// What a kernel writes down at the beginning of a thread's scratch memory, for its next call in the same step. All zeros
/// when a step begins.
package enum ScratchNotes {
  /// A cache line.
  package static let floats = 16
}

extension Kernel {
  /// Units that are taken together: pieces end at multiples of it.
  package func grain(lanes: Int) -> Int {
    switch self {
    // A group's weights pass once for all tiles of a block.
    case .winograd(let kernel): kernel.split.blockTiles
    // A panel's chunks pass once for all units of a strip.
    case .convolution(let kernel) where !kernel.stream.chunks.isEmpty: kernel.strip
    default: min(units, max(1, units * Self.leastPiece / max(1, multiplyAdds(lanes: lanes))))
    }
  }

  /// Multiply-adds of a core's fifteen microseconds, or more where vectors are narrow.
  private static let leastPiece = 1 << 20

  /// Of all units, about; what moves values counts as some for each.
  private func multiplyAdds(lanes: Int) -> Int {
    switch self {
    case .convolution(let kernel): kernel.values(lanes) * kernel.reduction
    case .pooledConvolution(let kernel): kernel.convolution.values(lanes) * kernel.convolution.reduction
    case .separable(let kernel):
      kernel.convolution.values(lanes) * kernel.convolution.reduction + kernel.depthwise.multiplyAdds(lanes)
    case .depthwise(let kernel): kernel.multiplyAdds(lanes)
    case .winograd(let kernel): units * kernel.transform.positions * kernel.reduction * lanes
    case .pool(let kernel):
      kernel.batch * kernel.out.values(lanes) * kernel.pooling.kernel.height * kernel.pooling.kernel.width
    case .elementwise(let kernel): kernel.batch * kernel.out.values(lanes) * 4
    case .channelWindow(let kernel): kernel.batch * kernel.out.values(lanes) * (4 + kernel.size)
    case .channelConvolution(let kernel): kernel.batch * kernel.out.values(lanes) * kernel.size
    case .adaptivePool(let kernel): kernel.batch * kernel.shape.count * 4
    case .gather(let kernel): kernel.batch * kernel.out.values(lanes) * 8
    case .upsample(let kernel): kernel.batch * kernel.out.values(lanes) * 8
    case .sampleNorm(let kernel): kernel.batch * kernel.out.values(lanes) * 12
    }
  }
}

extension ConvolutionKernel {
  fileprivate func values(_ lanes: Int) -> Int { batch * out.values(lanes) }
}

extension DepthwiseKernel {
  fileprivate func multiplyAdds(_ lanes: Int) -> Int { batch * out.values(lanes) * kernel.height * kernel.width }
}

extension OutputMap {
  /// Of an image, lanes without a channel included.
  fileprivate func values(_ lanes: Int) -> Int { blocks * height * width * lanes }
}
