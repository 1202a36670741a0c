// What each step of a plan has to do: operations and bytes, of a whole batch. The first four numbers are those of `bench
// --per-layer` (`Sources/Runtime/Command/PerLayerWork.swift`, which counts from a generated package's tables); a test
// holds the two against each other. `issued` only a plan can tell.
internal import ResNetDSL

/// The work of one step on one batch.
package struct StepWork: Hashable, Sendable {
  /// Of the layer as it is defined: two for each multiply-add.
  package var flops = 0.0
  /// Of the algorithm: fewer than `flops` for Winograd, whose transforms are not counted.
  package var executed = 0.0
  /// What the vectors do: `executed`, and the lanes that hold no channel.
  package var issued = 0.0
  /// What the vectors could do while Winograd's transforms keep them from it, by the cost model that chooses algorithms
  /// (`WinogradKernel.transformCycles`).
  package var transforms = 0.0
  /// Packed weights, biases included.
  package var weightBytes = 0.0
  /// Inputs, as far as they are read, residual and output, halo and padding left out.
  package var valueBytes = 0.0

  package var bytes: Double { weightBytes + valueBytes }

  /// Nothing: the copying out of the logits.
  init() {}

  static func + (a: StepWork, b: StepWork) -> StepWork {
    var sum = a
    sum.flops += b.flops
    sum.executed += b.executed
    sum.issued += b.issued
    sum.transforms += b.transforms
    sum.weightBytes += b.weightBytes
    sum.valueBytes += b.valueBytes
    return sum
  }
}

extension StepWork {
  /// Of copying the images into the arena.
  init(copyingInto shape: Shape, batch: Int) {
    valueBytes = Double(2 * shape.count) * 4 * Double(batch)
  }

  init(_ step: Step, of plan: Plan) {
    let kernel = plan.kernels[step.kernel]
    // What a pool does itself is counted as nothing, and the map between it and its convolution is not in memory.
    let node = plan.graph[step.convolution ?? step.node]
    let shapes = plan.graph.shapes(around: node)
    let definition = node.operation.definition
    let batch = Double(plan.batch)
    flops = 2 * Double(definition.cost(shapes).macs) * batch
    executed = flops
    if case .winograd(let kernel) = kernel {
      // In place of nine taps for each pixel, as many positions as a tile has for each tile.
      executed = flops / Double(9 * node.shape.height * node.shape.width)
      executed *= Double(kernel.tilesDown * kernel.tilesAcross * kernel.transform.positions)
    }
    issued = kernel.issuedFlops(lanes: plan.target.lanes)
    if case .winograd(let kernel) = kernel { transforms = kernel.transformCycles * plan.target.peakFlopsPerCycle }
    weightBytes = Double((step.weights?.paddedFloats ?? 0) * 4)
    let read = definition.reads(shapes.inputs).reduce(0, +)
    valueBytes = (read + Double(plan.graph[step.node].shape.count)) * 4 * batch
    guard let own = step.readerWeights else { return }
    let reader = plan.graph[step.node]
    let second = 2 * Double(reader.operation.definition.cost(plan.graph.shapes(around: reader)).macs) * batch
    flops += second
    executed += second
    weightBytes += Double(own.paddedFloats * 4)
  }
}

extension Target {
  /// Two vectors of multiply-adds a cycle, or of multiplications and additions by turns.
  fileprivate var peakFlopsPerCycle: Double { Double(lanes * 2 * (hasFMA ? 2 : 1)) }
}

extension PackedWeights {
  /// Up to where the next step's weights may begin.
  fileprivate var paddedFloats: Int { (floats + 15) / 16 * 16 }
}

extension Kernel {
  /// Two for each lane of each multiply-add, whether a channel is in it or not.
  fileprivate func issuedFlops(lanes: Int) -> Double {
    switch self {
    case .convolution(let kernel): kernel.issuedFlops(lanes: lanes)
    case .depthwise(let kernel): kernel.issuedFlops(lanes: lanes)
    case .channelConvolution(let kernel): 2 * Double(kernel.units * kernel.size * lanes)
    case .separable(let kernel):
      kernel.convolution.issuedFlops(lanes: lanes) + kernel.depthwise.issuedFlops(lanes: lanes)
    case .pooledConvolution(let kernel): kernel.convolution.issuedFlops(lanes: lanes)
    case .winograd(let kernel):
      2 * Double(kernel.split.tiles * kernel.transform.positions) * Double(kernel.reduction * kernel.out.blocks * lanes)
    case .pool, .elementwise, .channelWindow, .adaptivePool, .gather, .upsample, .sampleNorm: 0
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
  fileprivate func issuedFlops(lanes: Int) -> Double {
    2 * Double(batch * out.height * out.width) * Double(reduction * out.blocks * lanes)
  }
}
