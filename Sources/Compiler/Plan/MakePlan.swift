// From a graph to a plan: layouts, arena, kernels, packed weights, in one walk over the nodes. All choices that speed
// depends on are made here and in `Tiling`; templates only carry them out.
internal import ResNetDSL

/// Decides everything that `target` needs to run `graph` on `batch` images at a time.
///
/// The graph must have been through the passes: batch norm folded, no dropout, no final softmax.
package func makePlan(_ graph: Graph, target: Target, batch: Int, algorithms: AlgorithmChoice = .fastest) -> Plan {
  var planner = Planner(graph: graph, target: target, batch: batch, algorithms: algorithms)
  return planner.plan()
}

struct Planner: ~Copyable {
  let graph: Graph
  let target: Target
  let batch: Int
  let algorithms: AlgorithmChoice
  let costModel: CostModel
  let values: ValueLayouts
  /// The node that alone reads a value, if there is one.
  let onlyReaders: [NodeID?]
  /// By pool: the steps that compute its convolution too.
  var pooledSteps: [NodeID: Step] = [:]
  var kernels: [Kernel] = []
  var kernelIndex: [Kernel: Int] = [:]
  /// Deep networks are mostly repetition, and looking for the fastest kernel takes most of the time.
  private var chosen: [ConvolutionRequest: Kernel] = [:]
  var weightFloats = 0

  init(graph: Graph, target: Target, batch: Int, algorithms: AlgorithmChoice) {
    self.graph = graph
    self.target = target
    self.batch = batch
    self.algorithms = algorithms
    costModel = CostModel(target: target, networkBytes: 4 * graph.weightCount)
    values = ValueLayouts(graph, target: target)
    onlyReaders = graph.consumers().enumerated().map { index, readers in
      readers.count == 1 && !graph.results.contains(NodeID(index)) ? readers[0] : nil
    }
  }

  var layouts: [Layout] { values.layouts }

  mutating func plan() -> Plan {
    let isInteger = graph.nodes.contains { $0.number.isQuantized }
    let scales = isInteger ? take(graph.nodes.count, vectors: 0, planar: false) : nil
    let steps = graph.nodes.indices.compactMap { step(NodeID($0)) }
    var sizes = layouts.map { $0.floats(batch: batch) }
    var reads = graph.nodes.map(\.inputs)
    for step in pooledSteps.values {
      guard let convolution = step.convolution else { continue }
      reads[step.node.index] = graph[convolution].inputs
      reads[convolution.index] = []
      sizes[convolution.index] = 0
    }
    let arena = Arena(
      sizes: sizes, inputs: reads, placements: values.placements(inPlace: inPlaceHosts(reads)), outputs: graph.results)
    return Plan(
      graph: graph, target: target, batch: batch, layouts: layouts, groupings: values.groupings,
      arena: arena, kernels: kernels, steps: steps, reads: reads, scales: scales, weightFloats: weightFloats)
  }

  /// What a tuning file says of a convolution, if there is one for this target and batch.
  private func tuned(_ id: NodeID) -> ConvolutionChoice? {
    if case .winograd(let cuts) = algorithms, !cuts.isEmpty {
      let cut = cuts[id.index % cuts.count]
      // As many blocks as asked for, or as the model likes where the tiles do not make so many.
      let choices = [cut.blocks, nil].map { blocks in
        ConvolutionChoice.winograd(tile: cut.tile, blocks: blocks, filters: cut.filters)
      }
      return choices.first { convolutionKernel(id, as: $0) != nil }
    }
    guard case .tuned(let tuning) = algorithms, tuning.target == target, tuning.batch == batch else { return nil }
    return ConvolutionShape(graph[id], in: graph).flatMap { tuning.entries[$0]?.choice }
  }

  /// What the model expects to be fastest; looked for once for all convolutions that are alike.
  private mutating func chosenKernel(_ id: NodeID, _ convolution: Convolution) -> Kernel? {
    let request = ConvolutionRequest(
      convolution: convolution.unnamed(), grouping: values.groupings[id.index],
      inputs: graph[id].inputs.map { layouts[$0.index] }, output: layouts[id.index])
    if let kernel = chosen[request] { return kernel }
    let kernel = convolutionKernel(id, as: nil)
    chosen[request] = kernel
    return kernel
  }

  private mutating func step(_ id: NodeID) -> Step? {
    let node = graph[id]
    switch node.operation {
    case .input, .concatenate:
      return nil
    case .gather(let gather): return gathered(gather, id)
    case .convolution(let convolution):
      if let step = pooledSteps[id] { return step }
      let sources = Array(node.inputs.prefix(convolution.terms.count))
      let residual = convolution.residual == nil ? nil : node.inputs.last
      // Without a choice there always is a kernel; a choice may not suit every layer of its shape.
      guard let kernel = tuned(id).flatMap({ convolutionKernel(id, as: $0) }) ?? chosenKernel(id, convolution) else {
        preconditionFailure("\(node.name): a convolution without a kernel")
      }
      let weights = packed(kernel, planar: layouts[sources[0].index].kind == .planar)
      if case .convolution(let direct) = kernel, direct.groups == nil, let reader = onlyReaders[id.index],
        let (kernel, second) = joined(
          direct, reader, weights,
          traffic(
            convolution, sources, weights: direct.panelLanes(target) * direct.out.blocks, direct.tiling))
      {
        pooledSteps[reader] = Step(
          node: reader, convolution: id, kernel: intern(kernel), sources: sources, residual: residual, weights: weights,
          readerWeights: second)
        return nil
      }
      return Step(node: id, kernel: intern(kernel), sources: sources, residual: residual, weights: weights)
    case .linear(let linear):
      let kernel = linearKernel(linear, source: node.inputs[0], id: id)
      return Step(
        node: id, kernel: intern(.convolution(kernel)), sources: node.inputs, residual: nil,
        weights: packed(.convolution(kernel), planar: false))
    case .maxPool, .averagePool, .globalAveragePool:
      if let step = pooledSteps[id] { return step }
      guard let kernel = poolKernel(id) else { preconditionFailure("\(node.name): a pool without a kernel") }
      return Step(
        node: id, kernel: intern(.pool(kernel)), sources: node.inputs, residual: nil,
        weights: packed(.pool(kernel), planar: false))
    case .add(let nonlinearity):
      return elementwise(id, operands: node.inputs.map { .same(source($0, stride: 1)) }, nonlinearity)
    case .multiply(let nonlinearity):
      return elementwise(
        id, operands: [.same(source(node.inputs[0], stride: 1)), factors(node.inputs[1], over: node.shape)],
        nonlinearity)
    case .convert: return elementwise(id, operands: [.same(source(node.inputs[0], stride: 1))], .linear)
    case .activation(let nonlinearity):
      return elementwise(id, operands: [operand(node.inputs[0], for: id)], nonlinearity)
    case .batchNorm(_, let nonlinearity):
      return elementwise(id, operands: [operand(node.inputs[0], for: id)], nonlinearity, isAffine: true)
    case .scale: return elementwise(id, operands: [operand(node.inputs[0], for: id)], .linear, isAffine: true)
    case .sampleNorm(let norm, let nonlinearity): return sampleNorm(norm, nonlinearity, id)
    case .zeroPad(let pad):
      let operand = ElementwiseKernel.Operand.zeroPadded(
        source(node.inputs[0], stride: Stride(pad.stride)), channels: layouts[node.inputs[0].index].shape.channels,
        channelsBefore: pad.channelsBefore)
      return elementwise(id, operands: [operand], .linear)
    case .blend:
      let sources = node.inputs.map { source($0, stride: 1) }
      return elementwise(id, operands: [.same(sources[0]), .difference(sources[1]), .share(sources[2])], .linear)
    case .adaptivePool(let pool): return adaptivePool(pool, id)
    case .upsample(let layer): return upsample(layer, id)
    case .channelConvolution(let convolution): return channelConvolution(convolution, id)
    case .localResponseNorm(let norm):
      return channelWindow(
        id, .responseNorm(scale: norm.alpha / Double(norm.size), beta: norm.beta, k: norm.k), size: norm.size, step: 1,
        before: norm.size / 2)
    case .maxout(let size): return channelWindow(id, .maximum, size: size, step: size, before: 0)
    default:
      preconditionFailure("\(node.name): the passes leave no \(node.operation.summary)")
    }
  }

  /// One kernel for a convolution and what alone reads it, and the weights of that; `nil` if they are better apart.
  private mutating func joined(
    _ direct: ConvolutionKernel, _ reader: NodeID, _ weights: PackedWeights?, _ traffic: LoopTraffic
  ) -> (Kernel, PackedWeights?)? {
    if let pool = poolKernel(reader), !pool.isScaled {
      return PooledConvolutionKernel(direct, pool, traffic, target: target).map { (.pooledConvolution($0), nil) }
    }
    // The ring's columns of zeros are zeros of floats and of what is never negative.
    guard target.products.offset(of: direct.out.number) == 0,
      case .convolution(let convolution) = graph[reader].operation,
      let term = convolution.terms.first, let weights,
      let depthwise = depthwiseKernel(convolution, reader),
      let kernel = SeparableKernel(
        direct, depthwise, term, secondWeights: weightFloats - weights.offset, traffic, target: target)
    else { return nil }
    return (.separable(kernel), packed(.depthwise(depthwise), planar: false))
  }

  /// The kernel of a pool by itself; `nil` if the node is none.
  func poolKernel(_ id: NodeID) -> PoolKernel? {
    let node = graph[id]
    let reduction: PoolKernel.Reduction
    let window: Pooling
    switch node.operation {
    case .maxPool(let pooling): (reduction, window) = (.max, pooling)
    case .averagePool(let pooling): (reduction, window) = (.average, pooling)
    case .globalAveragePool:
      let shape = graph[node.inputs[0]].shape
      reduction = .average
      window = Pooling(kernel: Extent(shape.height, shape.width), stride: 1, padding: .zero)
    default: return nil
    }
    let input = layouts[node.inputs[0].index].shape
    return PoolKernel(
      reduction: reduction, batch: batch, pooling: window, inHeight: input.height, inWidth: input.width,
      source: source(node.inputs[0], stride: 1), out: OutputMap(layouts[id.index]))
  }

  /// A value that is read pixel by pixel, channels as they lie or, by what was put in for that, in another order.
  private func operand(_ input: NodeID, for id: NodeID) -> ElementwiseKernel.Operand {
    let (from, to) = (layouts[input.index].order, layouts[id.index].order)
    let source = source(input, stride: 1)
    return from == to ? .same(source) : .reordered(source, from.moves(to: to, lanes: target.lanes))
  }

  /// What a value is multiplied by: one factor for all pixels of a channel, where there is but one pixel.
  private func factors(_ input: NodeID, over shape: Shape) -> ElementwiseKernel.Operand {
    let own = graph[input].shape
    var source = source(input, stride: 1)
    if own.extent != shape.extent { (source.pixelStride, source.rowStride) = (0, 0) }
    return own.channels == shape.channels ? .factors(source) : .pixelFactors(source)
  }

  private mutating func elementwise(
    _ id: NodeID, operands: [ElementwiseKernel.Operand], _ nonlinearity: Nonlinearity, isAffine: Bool = false
  ) -> Step {
    let layout = layouts[id.index]
    let kernel = ElementwiseKernel(
      batch: batch, operands: operands, isAffine: isAffine, activation: nonlinearity.function, out: OutputMap(layout))
    let inputs = graph[id].inputs
    return Step(
      node: id, kernel: intern(.elementwise(kernel)), sources: Array(inputs.prefix(max(1, inputs.count - 1))),
      residual: inputs.count > 1 ? inputs.last : nil, weights: packed(kernel))
  }

  /// Bins that are alike are a window that slides.
  private mutating func adaptivePool(_ pool: AdaptivePool, _ id: NodeID) -> Step {
    let input = graph[id].inputs[0]
    let (shape, source) = (graph[input].shape, source(input, stride: 1))
    let out = OutputMap(layouts[id.index])
    let kernel: Kernel =
      if let window = pool.even(over: shape.extent) {
        .pool(
          PoolKernel(
            reduction: pool.reduction == .max ? .max : .average, batch: batch, pooling: window,
            inHeight: shape.height, inWidth: shape.width, source: source, out: out))
      } else {
        .adaptivePool(AdaptivePoolKernel(pool: pool, batch: batch, shape: shape, source: source, out: out))
      }
    return Step(node: id, kernel: intern(kernel), sources: [input], residual: nil, weights: nil)
  }

  /// `nil` where what is gathered lies together as it is.
  private mutating func gathered(_ gather: Gather, _ id: NodeID) -> Step? {
    let input = graph[id].inputs[0]
    if values.cuts.contains(id) { return nil }
    let kernel = GatherKernel(
      batch: batch, channels: gather.channels(graph[id].shape.channels), from: layouts[input.index],
      source: source(input, stride: 1), to: layouts[id.index], lanes: target.lanes)
    return Step(node: id, kernel: intern(.gather(kernel)), sources: [input], residual: nil, weights: nil)
  }

  private mutating func channelWindow(
    _ id: NodeID, _ reduction: ChannelWindowKernel.Reduction, size: Int, step: Int, before: Int
  ) -> Step {
    let input = graph[id].inputs[0]
    let kernel = ChannelWindowKernel(
      batch: batch, reduction: reduction, size: size, step: step, before: before, channels: graph[input].shape.channels,
      source: source(input, stride: 1), out: OutputMap(layouts[id.index]))
    return Step(node: id, kernel: intern(.channelWindow(kernel)), sources: [input], residual: nil, weights: nil)
  }

  private mutating func channelConvolution(_ convolution: ChannelConvolution, _ id: NodeID) -> Step {
    let input = graph[id].inputs[0]
    let kernel = Kernel.channelConvolution(
      ChannelConvolutionKernel(
        batch: batch, size: convolution.size, channels: graph[input].shape.channels,
        activation: convolution.activation.function, source: source(input, stride: 1),
        out: OutputMap(layouts[id.index])))
    return Step(
      node: id, kernel: intern(kernel), sources: [input], residual: nil, weights: packed(kernel, planar: false))
  }

  private mutating func sampleNorm(_ norm: SampleNorm, _ nonlinearity: Nonlinearity, _ id: NodeID) -> Step {
    let input = graph[id].inputs[0]
    var groups = 1
    if case .groups(let count) = norm.extent { groups = count }
    let kernel = Kernel.sampleNorm(
      SampleNormKernel(
        batch: batch, groupChannels: norm.channels / groups, channels: norm.channels, isOfPixels: norm.extent == .pixel,
        epsilon: norm.epsilon, activation: nonlinearity.function, source: source(input, stride: 1),
        out: OutputMap(layouts[id.index])))
    return Step(
      node: id, kernel: intern(kernel), sources: [input], residual: nil, weights: packed(kernel, planar: false))
  }

  func source(_ id: NodeID, stride: Stride) -> ConvolutionKernel.Source {
    let layout = layouts[id.index]
    return ConvolutionKernel.Source(
      pixelStride: stride.columns * layout.pixelPitch, rowStride: stride.rows * layout.rowPitch,
      blockPitch: layout.blockPitch, imagePitch: layout.imagePitch, origin: layout.origin, number: layout.number)
  }

  mutating func intern(_ kernel: Kernel) -> Int {
    if let index = kernelIndex[kernel] { return index }
    kernelIndex[kernel] = kernels.count
    kernels.append(kernel)
    return kernels.count - 1
  }

  /// Whether it is part of another value, or others of it.
  private func isJoined(_ id: NodeID) -> Bool {
    values.wholes[id.index] != nil || values.hosts.contains(id) || graph[id].operation.isConcatenation
  }

  /// For each node, the input that its value may overwrite: added pixel by pixel after it was read, in the same layout,
  /// read by nothing later and by nothing else in this node.
  ///
  /// - Parameter reads: what the step of each node reads.
  private func inPlaceHosts(_ reads: [[NodeID]]) -> [NodeID?] {
    var lastReader = [NodeID?](repeating: nil, count: graph.nodes.count)
    for (index, values) in reads.enumerated() {
      for value in values { lastReader[value.index] = NodeID(index) }
    }
    return graph.nodes.indices.map { index in
      let node = graph.nodes[index]
      return node.overwritable.map { node.inputs[$0] }.first { input in
        lastReader[input.index] == NodeID(index) && !graph.results.contains(input)
          && node.inputs.filter { $0 == input }.count == 1 && layouts[input.index] == layouts[index]
          && graph[input].operation != .input && !isJoined(input) && !isJoined(NodeID(index))
      }
    }
  }
}

/// All that a convolution's kernel follows from, for one target and batch.
private struct ConvolutionRequest: Hashable {
  var convolution: Convolution
  var grouping: GroupPlacement
  var inputs: [Layout]
  var output: Layout
}
