// Where the packed weights of each step lie.
internal import ResNetDSL

extension Planner {
  mutating func packed(_ kernel: Kernel, planar: Bool) -> PackedWeights? {
    switch kernel {
    case .convolution(let kernel): packed(kernel, planar: planar)
    case .depthwise(let kernel): packed(kernel)
    case .winograd(let kernel): packed(kernel)
    case .sampleNorm(let kernel): packed(kernel)
    case .channelConvolution(let kernel): take(kernel.size, vectors: 1, planar: false)
    case .pool(let kernel) where kernel.isScaled: take(target.lanes, vectors: 1, planar: false)
    case .pool, .pooledConvolution, .separable, .elementwise, .channelWindow, .adaptivePool, .gather, .upsample:
      nil
    }
  }

  private mutating func packed(_ kernel: ConvolutionKernel, planar: Bool) -> PackedWeights {
    let head = kernel.out.blocks * kernel.headVectors + (kernel.hasResidualFactor ? 1 : 0)
    let weights = kernel.out.blocks * kernel.panelLanes(target)
    return take(weights + head * target.lanes, vectors: kernel.panelVectors, planar: planar)
  }

  /// As those of a direct kernel whose reduction is one window, one vector wide.
  private mutating func packed(_ kernel: DepthwiseKernel) -> PackedWeights {
    let blocks = kernel.out.blocks
    let weights = blocks * kernel.kernel.height * kernel.kernel.width * target.weightLanes
    return take(weights + (blocks + kernel.headVectors(blocks)) * target.lanes, vectors: 1, planar: false)
  }

  private mutating func packed(_ kernel: WinogradKernel) -> PackedWeights {
    let head = (kernel.headVectors + (kernel.hasResidualFactor ? 1 : 0)) * target.lanes
    let weights = kernel.panelFloats(vectors: kernel.out.blocks)
    return take(weights + head, vectors: kernel.split.groups[0].size, planar: false)
  }

  /// What is added, slopes, and what is multiplied before.
  private mutating func packed(_ kernel: SampleNormKernel) -> PackedWeights {
    take((kernel.activation == .prelu ? 3 : 2) * kernel.out.blocks * target.lanes, vectors: 1, planar: false)
  }

  /// The same.
  mutating func packed(_ kernel: ElementwiseKernel) -> PackedWeights? {
    if kernel.isInteger { return take(kernel.operands.count * target.lanes, vectors: 1, planar: false) }
    let perChannel = (kernel.isAffine ? 2 : 0) + (kernel.activation == .prelu ? 1 : 0)
    return perChannel == 0 ? nil : take(perChannel * kernel.out.blocks * target.lanes, vectors: 1, planar: false)
  }

  mutating func take(_ floats: Int, vectors: Int, planar: Bool) -> PackedWeights {
    defer { weightFloats += (floats + 15) / 16 * 16 }
    return PackedWeights(offset: weightFloats, floats: floats, vectors: vectors, planar: planar)
  }
}
