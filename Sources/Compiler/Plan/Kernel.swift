// What a kernel is specialised on: every number it needs but the addresses and the range of work. Two layers with equal
// descriptions share one kernel, so code size follows the number of distinct shapes, not depth.
package import ResNetDSL

/// A kernel, as a value: equal kernels are emitted once.
package enum Kernel: Hashable, Sendable {
  case convolution(ConvolutionKernel)
  case depthwise(DepthwiseKernel)
  case winograd(WinogradKernel)
  case pool(PoolKernel)
  case pooledConvolution(PooledConvolutionKernel)
  case separable(SeparableKernel)
  case elementwise(ElementwiseKernel)
  case channelWindow(ChannelWindowKernel)
  case channelConvolution(ChannelConvolutionKernel)
  case adaptivePool(AdaptivePoolKernel)
  case gather(GatherKernel)
  case upsample(UpsampleKernel)
  case sampleNorm(SampleNormKernel)

  /// Pieces of work that threads may share; a call does a range of them.
  package var units: Int {
    switch self {
    case .convolution(let kernel): kernel.units
    case .depthwise(let kernel): kernel.units
    case .winograd(let kernel): kernel.units
    case .pool(let kernel): kernel.units
    case .pooledConvolution(let kernel): kernel.units
    case .separable(let kernel): kernel.units
    case .elementwise(let kernel): kernel.units
    case .channelWindow(let kernel): kernel.units
    case .channelConvolution(let kernel): kernel.units
    case .adaptivePool(let kernel): kernel.units
    case .gather(let kernel): kernel.units
    case .upsample(let kernel): kernel.units
    case .sampleNorm(let kernel): kernel.units
    }
  }

  /// Floats that a thread needs to itself while the kernel runs.
  package func scratchFloats(lanes: Int) -> Int {
    switch self {
    case .convolution(let kernel): kernel.scratchFloats(lanes: lanes)
    case .winograd(let kernel): kernel.scratchFloats
    case .pooledConvolution(let kernel): kernel.scratchFloats(lanes: lanes)
    case .separable(let kernel): kernel.scratchFloats(lanes: lanes)
    case .sampleNorm(let kernel): kernel.scratchFloats(lanes: lanes)
    case .depthwise, .pool, .elementwise, .channelWindow, .channelConvolution, .adaptivePool, .gather, .upsample: 0
    }
  }
}

/// A sum of convolutions (or a fully connected layer, whose pixels are the images of the batch), with its epilogue.
package struct ConvolutionKernel: Hashable, Sendable {
  /// The reduction over one input: four nested loops, outermost first, each with a count and a step in floats. For a
  /// blocked input they are blocks, kernel rows, kernel columns, lanes; for a planar one channels, kernel rows, one,
  /// kernel columns.
  package struct Term: Hashable, Sendable {
    package var counts: [Int]
    package var steps: [Int]
    /// Blocks that hold fewer channels than others, if there are such.
    package var partial: PartialBlocks?
    /// Steps from one output pixel, row and image to the next, and of the first tap of pixel (0, 0).
    package var pixelStride: Int
    package var rowStride: Int
    package var imagePitch: Int
    package var origin: Int
    package var number = NumberType.float32

    /// Of words of the input.
    package var reduction: Int { counts.reduce(1, *) }
    /// Floats that a vector of its weights fills: of two halves to a word as many as its lanes.
    func weightLanes(_ target: Target) -> Int { number == .float16 ? target.lanes : target.weightLanes }
    /// Of one block.
    package var blockReduction: Int { counts[1...].reduce(1, *) }
  }

  package enum Residual: Hashable, Sendable {
    case none
    /// A value of the output's shape.
    case same(Source)
    /// Option A: every `stride`-th pixel of a value with fewer channels, which begin at `channelsBefore`.
    case zeroPadded(Source, channels: Int, channelsBefore: Int)
  }

  /// Where the residual of output pixel (0, 0) lies, and the steps to its neighbours.
  package struct Source: Hashable, Sendable {
    package var pixelStride: Int
    package var rowStride: Int
    package var blockPitch: Int
    package var imagePitch: Int
    package var origin: Int
    package var number = NumberType.float32
  }

  /// Groups of channels that are computed one after another: each so many blocks of the output, from input that begins so
  /// many floats after that of the group before.
  package struct Groups: Hashable, Sendable {
    package var outBlocks: Int
    package var sourceStep: Int
    /// Each group is a vector's worth of groups, one in each lane: vectors of inputs are multiplied, not single ones.
    package var isLanewise: Bool
  }

  package var batch: Int
  package var terms: [Term]
  package var groups: Groups?
  package var residual: Residual
  package var activation: Activation
  package var out: OutputMap
  package var tiling: Tiling
  /// Units of work that pass over a group's weights before the next group's turn; a divisor of those of all images.
  package var strip: Int
  /// Units that share what is asked for ahead: a strip, or those that are computed together.
  package var pass: Int
  package var stream: WeightStream
  /// Each vector of a tile has a panel of weights of its own. Weights that are read once come faster from several places
  /// at a time: 12.5 GB/s from one, 15 from eight.
  package var hasPanelForVector = false

  /// Whether it sums products of whole numbers.
  package var isInteger: Bool { terms[0].number.isQuantized }
  /// Whether it sums products of halves.
  package var multipliesHalves: Bool { terms[0].number == .float16 }
  /// Whether all that it reads and writes is in single precision.
  var isOfFloats: Bool {
    let added: NumberType
    switch residual {
    case .none: added = .float32
    case .same(let source), .zeroPadded(let source, _, _): added = source.number
    }
    return added == .float32 && out.number == .float32 && terms.allSatisfy { $0.number == .float32 }
  }
  /// Floats that the weights of a block of the output fill.
  func panelLanes(_ target: Target) -> Int { terms.reduce(0) { $0 + $1.reduction * $1.weightLanes(target) } }
  /// Vectors that stand before the panels of weights, for each block of the output: biases, of whole numbers
  /// what brings sums to the output's scale and, with two terms, those of the first to that of the second,
  /// and what is added then; at last slopes.
  package var headVectors: Int {
    (isInteger ? 1 + terms.count + (hasSecondOffset ? 1 : 0) : 1) + (activation == .prelu ? 1 : 0)
  }
  /// Whether the second term reads numbers to which something was added, which its sums are corrected for when they begin.
  package var hasSecondOffset = false
  /// A vector after those, all alike: what brings a residual to the output's scale.
  package var hasResidualFactor: Bool { isInteger && residual != .none }

  /// Vectors of output channels in a panel of weights.
  package var panelVectors: Int { hasPanelForVector ? 1 : tiling.groups[0].size }
  package var units: Int { batch * tiling.groupCount * tiling.rowTileCount }
  package var reduction: Int { terms.reduce(0) { $0 + $1.reduction } }

  /// The sums that wait there from one chunk of weights to the next.
  package func scratchFloats(lanes: Int) -> Int {
    stream.chunks.isEmpty ? 0 : strip * tiling.columnTileCount * tiling.tileFloats(lanes: lanes)
  }
}

/// The blocked map that a kernel writes, halo and all.
package struct OutputMap: Hashable, Sendable {
  package var blocks: Int
  package var height: Int
  package var width: Int
  package var haloHeight: Int
  package var haloWidth: Int
  package var pixelPitch: Int
  package var rowPitch: Int
  package var blockPitch: Int
  package var imagePitch: Int
  package var origin: Int
  package var number: NumberType
  /// Blocks whose last lanes hold no channel, and how many those are.
  package var emptyLanes: [EmptyLanes]
  /// If only the last rows of one group of blocks are kept, how many: row `y` lies where row `y % ringRows` would.
  package var ringRows: Int?

  package init(_ layout: Layout) {
    blocks = layout.blocks
    height = layout.shape.height
    width = layout.shape.width
    haloHeight = layout.halo.height
    haloWidth = layout.halo.width
    pixelPitch = layout.pixelPitch
    rowPitch = layout.rowPitch
    blockPitch = layout.blockPitch
    imagePitch = layout.imagePitch
    origin = layout.origin
    number = layout.number
    // Of whole numbers what an empty lane holds is multiplied by zero.
    emptyLanes = number.isQuantized ? [] : layout.order.emptyLanes(lanes: layout.lanes)
  }
}

/// A max or average pool; windows are clipped to the map, so the halo is never read. The global average is the mean of a
/// window as large as the map.
package struct PoolKernel: Hashable, Sendable {
  package enum Reduction: Hashable, Sendable { case max, average }
  package var reduction: Reduction
  package var batch: Int
  package var pooling: Pooling
  package var inHeight: Int
  package var inWidth: Int
  package var source: ConvolutionKernel.Source
  package var out: OutputMap
  /// If the rows of the source lie in a ring, how many it has.
  package var ringRows: Int?

  package var units: Int { batch * out.blocks * out.height }
  /// Whether means of whole numbers are brought to the output's scale.
  package var isScaled: Bool { source.number.isQuantized && reduction == .average }
  /// Columns of the output whose windows reach over no edge of the map.
  package var wholeColumns: Range<Int> {
    let (stride, pad, width) = (pooling.stride.columns, pooling.padding.left, pooling.kernel.width)
    let first = min((pad + stride - 1) / stride, out.width)
    let end = inWidth + pad < width ? 0 : (inWidth + pad - width) / stride + 1
    return first..<max(first, min(end, out.width))
  }
}

/// `activation(a + b)`, `activation(a * b)`, `activation(a)` or a batch norm, where nothing before could take it in.
package struct ElementwiseKernel: Hashable, Sendable {
  package enum Operand: Hashable, Sendable {
    case same(ConvolutionKernel.Source)
    case zeroPadded(ConvolutionKernel.Source, channels: Int, channelsBefore: Int)
    /// Factors of what the operands before make.
    case factors(ConvolutionKernel.Source)
    /// The same, one for all channels of a pixel.
    case pixelFactors(ConvolutionKernel.Source)
    /// Less what the operand before is, which the one after brings back: `a + c * (b - a)` of three.
    case difference(ConvolutionKernel.Source)
    case share(ConvolutionKernel.Source)
    /// Of a value whose channels lie otherwise.
    case reordered(ConvolutionKernel.Source, [ChannelOrder.Move])
  }
  package var batch: Int
  package var operands: [Operand]
  /// Multiplies by a weight of the channel, then adds one.
  package var isAffine = false
  package var activation: Activation
  package var out: OutputMap

  package var units: Int { batch * out.blocks * out.height }
  /// Whether it adds or makes whole numbers, and so brings each operand to the output's scale; what multiplies channels does
  /// that with their factors.
  package var isInteger: Bool {
    guard !isAffine else { return false }
    return out.number.isQuantized
      || operands.contains { operand in
        switch operand {
        case .same(let source), .reordered(let source, _): source.number.isQuantized
        case .zeroPadded, .factors, .pixelFactors, .difference, .share: false
        }
      }
  }
}
