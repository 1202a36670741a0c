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
  let layouts: [Layout]
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
    layouts = chooseLayouts(graph, lanes: target.lanes)
    onlyReaders = graph.consumers().enumerated().map { index, readers in
      readers.count == 1 && NodeID(index) != graph.output ? readers[0] : nil
    }
  }

  mutating func plan() -> Plan {
    let steps = graph.nodes.indices.compactMap { step(NodeID($0)) }
    var sizes = layouts.map { $0.imagePitch * batch }
    var reads = graph.nodes.map(\.inputs)
    for step in pooledSteps.values {
      guard let convolution = step.convolution else { continue }
      reads[step.node.index] = graph[convolution].inputs
      reads[convolution.index] = []
      sizes[convolution.index] = 0
    }
    let arena = Arena(sizes: sizes, inputs: reads, inPlace: inPlaceHosts(reads), output: graph.output)
    return Plan(
      graph: graph, target: target, batch: batch, layouts: layouts, arena: arena, kernels: kernels, steps: steps,
      reads: reads, weightFloats: weightFloats)
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

  /// The kernel of a convolution: as chosen, `nil` where that does not apply, or without a choice what the model expects
  /// to be fastest.
  func convolutionKernel(_ id: NodeID, as choice: ConvolutionChoice?) -> Kernel? {
    let node = graph[id]
    guard case .convolution(let convolution) = node.operation else { return nil }
    let sources = Array(node.inputs.prefix(convolution.terms.count))
    let residual = convolution.residual == nil ? nil : node.inputs.last
    if case .direct(let vectors?) = choice,
      !Tiling.widths(
        blocks: layouts[id.index].blocks, pixels: node.shape.height * node.shape.width, target: target
      ).contains(vectors)
    {
      return nil
    }
    let direct = directKernel(convolution, sources: sources, residual: residual, id: id, choice)
    if case .direct = choice { return .convolution(direct) }
    let winograd = winogradKernel(convolution, insteadOf: direct, source: sources[0], choice)
    if case .winograd = choice { return winograd.map { .winograd($0) } }
    return winograd.map { .winograd($0) } ?? .convolution(direct)
  }

  /// What the model expects to be fastest; looked for once for all convolutions that are alike.
  private mutating func chosenKernel(_ id: NodeID, _ convolution: Convolution) -> Kernel? {
    let request = ConvolutionRequest(
      convolution: convolution.unnamed(), inputs: graph[id].inputs.map { layouts[$0.index] }, output: layouts[id.index])
    if let kernel = chosen[request] { return kernel }
    let kernel = convolutionKernel(id, as: nil)
    chosen[request] = kernel
    return kernel
  }

  private mutating func step(_ id: NodeID) -> Step? {
    let node = graph[id]
    switch node.operation {
    case .input:
      return nil
    case .convolution(let convolution):
      let sources = Array(node.inputs.prefix(convolution.terms.count))
      let residual = convolution.residual == nil ? nil : node.inputs.last
      // Without a choice there always is a kernel; a choice may not suit every layer of its shape.
      guard let kernel = tuned(id).flatMap({ convolutionKernel(id, as: $0) }) ?? chosenKernel(id, convolution) else {
        preconditionFailure("\(node.name): a convolution without a kernel")
      }
      let weights = packed(kernel, planar: layouts[sources[0].index].kind == .planar)
      if case .convolution(let direct) = kernel, let pool = onlyReaders[id.index], let poolKernel = poolKernel(pool),
        let pooled = PooledConvolutionKernel(
          direct, poolKernel,
          traffic(convolution, sources, weights: direct.reduction * target.lanes * direct.out.blocks, direct.tiling),
          target: target)
      {
        pooledSteps[pool] = Step(
          node: pool, convolution: id, kernel: intern(.pooledConvolution(pooled)), sources: sources,
          residual: residual, weights: weights)
        return nil
      }
      return Step(node: id, kernel: intern(kernel), sources: sources, residual: residual, weights: weights)
    case .linear(let linear):
      let kernel = linearKernel(linear, source: node.inputs[0], id: id)
      return Step(
        node: id, kernel: intern(.convolution(kernel)), sources: node.inputs, residual: nil,
        weights: packed(kernel, planar: false))
    case .maxPool, .averagePool, .globalAveragePool:
      if let step = pooledSteps[id] { return step }
      guard let kernel = poolKernel(id) else { preconditionFailure("\(node.name): a pool without a kernel") }
      return Step(node: id, kernel: intern(.pool(kernel)), sources: node.inputs, residual: nil, weights: nil)
    case .add(let nonlinearity):
      return elementwise(id, operands: node.inputs.map { .same(source($0, stride: 1)) }, nonlinearity)
    case .activation(let nonlinearity):
      return elementwise(id, operands: [.same(source(node.inputs[0], stride: 1))], nonlinearity)
    case .zeroPad(let pad):
      let operand = ElementwiseKernel.Operand.zeroPadded(
        source(node.inputs[0], stride: pad.stride), channels: layouts[node.inputs[0].index].shape.channels,
        channelsBefore: pad.channelsBefore)
      return elementwise(id, operands: [operand], .linear)
    default:
      preconditionFailure("\(node.name): the passes leave no \(node.operation.summary)")
    }
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
      window = Pooling(kernel: Extent(shape.height, shape.width), stride: 1, padding: Extent(0, 0))
    default: return nil
    }
    let input = layouts[node.inputs[0].index].shape
    return PoolKernel(
      reduction: reduction, batch: batch, pooling: window, inHeight: input.height, inWidth: input.width,
      source: source(node.inputs[0], stride: 1), out: OutputMap(layouts[id.index]))
  }

  private mutating func elementwise(
    _ id: NodeID, operands: [ElementwiseKernel.Operand], _ nonlinearity: Nonlinearity
  ) -> Step {
    let layout = layouts[id.index]
    let kernel = ElementwiseKernel(
      batch: batch, operands: operands, activation: nonlinearity.function, channels: layout.shape.channels,
      out: OutputMap(layout))
    let inputs = graph[id].inputs
    return Step(
      node: id, kernel: intern(.elementwise(kernel)), sources: [inputs[0]],
      residual: inputs.count > 1 ? inputs[1] : nil, weights: slopes(nonlinearity, blocks: layout.blocks))
  }

  private func directKernel(
    _ convolution: Convolution, sources: [NodeID], residual: NodeID?, id: NodeID, _ choice: ConvolutionChoice?
  ) -> ConvolutionKernel {
    let layout = layouts[id.index]
    let terms = zip(convolution.terms, sources).map { term, input in
      reduction(term, over: layouts[input.index])
    }
    var vectors: Int?
    if case .direct(let chosen) = choice { vectors = chosen }
    let tiling = Tiling.choose(
      blocks: layout.blocks, height: layout.shape.height, width: layout.shape.width, target: target,
      planar: layouts[sources[0].index].kind == .planar, vectors: vectors)
    let blockWeights = terms.reduce(0) { $0 + $1.reduction } * target.lanes
    let traffic = traffic(convolution, sources, weights: blockWeights * layout.blocks, tiling)
    let strip = ConvolutionKernel.chooseStrip(traffic, terms: terms, tiling: tiling, target: target)
    return ConvolutionKernel(
      batch: batch, terms: terms, residual: residualOperand(convolution.residual, residual),
      activation: convolution.activation.function, outChannels: convolution.outChannels,
      out: OutputMap(layout), tiling: tiling, strip: strip, pass: strip,
      stream: .choose(terms: terms, strip: strip, tiling: tiling, target: target))
  }

  private func traffic(
    _ convolution: Convolution, _ sources: [NodeID], weights: Int, _ tiling: Tiling
  ) -> LoopTraffic {
    let inputs = zip(convolution.terms, sources).reduce(0) {
      $0 + $1.0.touched(of: layouts[$1.1.index].imagePitch, lanes: target.lanes)
    }
    return LoopTraffic(
      inputs: inputs * batch, weights: weights, groupCount: tiling.groupCount, units: batch * tiling.rowTileCount)
  }

  /// The Winograd kernel that the model expects to be faster than the direct one, or the one that was chosen; `nil` where
  /// none is, or none applies.
  private func winogradKernel(
    _ convolution: Convolution, insteadOf direct: ConvolutionKernel, source id: NodeID, _ choice: ConvolutionChoice?
  ) -> WinogradKernel? {
    let input = layouts[id.index]
    let lanes = target.lanes
    guard algorithms != .exact, convolution.terms.count == 1, let term = convolution.terms.first,
      term.allowsWinograd, input.kind == .blocked(lanes: lanes)
    else { return nil }
    // Zeros that end inside a vector are added lane by lane, which only the direct kernel does.
    if case .zeroPadded(_, _, let before) = direct.residual, before % lanes != 0 { return nil }
    var from = source(id, stride: 1)
    from.origin -= term.padding.height * input.rowPitch + term.padding.width * input.pixelPitch
    var best: (kernel: WinogradKernel?, cycles: Double) = (nil, costModel.direct(direct).cycles)
    var transforms = WinogradTransform.all(stride: term.stride)
    var blocks: Int?
    var filters: WinogradFilters.Stage?
    if case .winograd(let tile, let count, let stage) = choice {
      best.cycles = .infinity
      transforms.removeAll { $0.tile != tile }
      blocks = count
      filters = stage
    }
    for transform in transforms {
      var kernel = WinogradKernel(
        batch: batch, transform: transform, inBlocks: input.blocks, lanesRead: min(lanes, input.shape.channels),
        source: from, residual: direct.residual, activation: direct.activation, outChannels: direct.outChannels,
        out: direct.out, split: WinogradSplit(groups: direct.tiling.groups, tiles: 1, blockCount: 1, rowLimit: 1),
        prefetch: 0, lanes: lanes)
      kernel.split.tiles = batch * kernel.tilesDown * kernel.tilesAcross
      guard let (candidate, estimate) = kernel.bestSplit(costModel, blockCount: blocks, filters: filters) else {
        continue
      }
      if estimate.cycles < best.cycles { best = (candidate, estimate.cycles) }
    }
    return best.kernel
  }

  private func residualOperand(_ residual: Convolution.Residual?, _ id: NodeID?) -> ConvolutionKernel.Residual {
    guard let residual, let id else { return .none }
    switch residual {
    case .same:
      return .same(source(id, stride: 1))
    case .zeroPadded(let pad):
      return .zeroPadded(
        source(id, stride: pad.stride), channels: layouts[id.index].shape.channels, channelsBefore: pad.channelsBefore)
    }
  }

  private func reduction(_ term: Convolution.Term, over input: Layout) -> ConvolutionKernel.Term {
    let origin =
      input.origin - term.padding.height * input.rowPitch - term.padding.width * input.pixelPitch
    let counts: [Int]
    let steps: [Int]
    switch input.kind {
    case .planar:
      counts = [input.shape.channels, term.kernel.height, 1, term.kernel.width]
      steps = [input.blockPitch, term.dilation * input.rowPitch, 0, term.dilation]
    case .blocked(let lanes):
      counts = [input.blocks, term.kernel.height, term.kernel.width, min(lanes, input.shape.channels)]
      steps = [input.blockPitch, term.dilation * input.rowPitch, term.dilation * lanes, 1]
    }
    return ConvolutionKernel.Term(
      counts: counts, steps: steps, pixelStride: term.stride * input.pixelPitch,
      rowStride: term.stride * input.rowPitch,
      imagePitch: input.imagePitch, origin: origin)
  }

  /// A fully connected layer is a convolution whose kernel is the whole map. The images of a batch are its pixels, so
  /// that they share each panel of weights.
  private func linearKernel(_ linear: Linear, source: NodeID, id: NodeID) -> ConvolutionKernel {
    let input = layouts[source.index]
    let layout = layouts[id.index]
    let extent = Extent(input.shape.height, input.shape.width)
    var term = reduction(
      Convolution.Term(
        inChannels: input.shape.channels, kernel: extent, stride: 1, padding: Extent(0, 0), weight: linear.weight),
      over: input)
    var out = OutputMap(layout)
    var images = batch
    if layout.halo == Extent(0, 0) {
      term.pixelStride = input.imagePitch
      out.width = batch
      out.pixelPitch = layout.imagePitch
      images = 1
    }
    return ConvolutionKernel(
      batch: images, terms: [term], residual: .none, activation: linear.activation.function,
      outChannels: linear.outFeatures, out: out,
      tiling: Tiling.choose(blocks: layout.blocks, height: 1, width: out.width, target: target),
      strip: 1, pass: 1, stream: .whole, hasPanelForVector: out.width == 1)
  }

  private func source(_ id: NodeID, stride: Int) -> ConvolutionKernel.Source {
    let layout = layouts[id.index]
    return ConvolutionKernel.Source(
      pixelStride: stride * layout.pixelPitch, rowStride: stride * layout.rowPitch, blockPitch: layout.blockPitch,
      imagePitch: layout.imagePitch, origin: layout.origin)
  }

  private mutating func intern(_ kernel: Kernel) -> Int {
    if let index = kernelIndex[kernel] { return index }
    kernelIndex[kernel] = kernels.count
    kernels.append(kernel)
    return kernels.count - 1
  }

  private mutating func packed(_ kernel: Kernel, planar: Bool) -> PackedWeights? {
    switch kernel {
    case .convolution(let kernel): packed(kernel, planar: planar)
    case .winograd(let kernel): packed(kernel)
    case .pool, .pooledConvolution, .elementwise: nil
    }
  }

  private mutating func packed(_ kernel: ConvolutionKernel, planar: Bool) -> PackedWeights {
    let perChannel = kernel.reduction + (kernel.activation == .prelu ? 2 : 1)
    return take(kernel.out.blocks * target.lanes * perChannel, vectors: kernel.panelVectors, planar: planar)
  }

  private mutating func packed(_ kernel: WinogradKernel) -> PackedWeights {
    let perChannel = kernel.reduction * kernel.filterFloats + (kernel.activation == .prelu ? 2 : 1)
    return take(kernel.out.blocks * target.lanes * perChannel, vectors: kernel.split.groups[0].size, planar: false)
  }

  private mutating func slopes(_ nonlinearity: Nonlinearity, blocks: Int) -> PackedWeights? {
    guard case .prelu = nonlinearity else { return nil }
    return take(blocks * target.lanes, vectors: 1, planar: false)
  }

  private mutating func take(_ floats: Int, vectors: Int, planar: Bool) -> PackedWeights {
    defer { weightFloats += (floats + 15) / 16 * 16 }
    return PackedWeights(offset: weightFloats, floats: floats, vectors: vectors, planar: planar)
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
        lastReader[input.index] == NodeID(index) && input != graph.output
          && node.inputs.filter { $0 == input }.count == 1 && layouts[input.index] == layouts[index]
          && graph[input].operation != .input
      }
    }
  }
}

/// Blocked, with the widest padding that any reader asks for as the halo; the image planar where only convolutions read
/// its few channels.
private func chooseLayouts(_ graph: Graph, lanes: Int) -> [Layout] {
  let consumers = graph.consumers()
  return graph.nodes.indices.map { index in
    let node = graph.nodes[index]
    var halo = Extent(0, 0)
    var allowPlanar = true
    for reader in consumers[index] {
      let operation = graph[reader].operation.definition
      for (position, input) in graph[reader].inputs.enumerated() where input.index == index {
        let access = operation.access(toInput: position)
        halo = Extent(max(halo.height, access.halo.height), max(halo.width, access.halo.width))
        allowPlanar = allowPlanar && access.allowsPlanar
      }
    }
    let planar = node.operation == .input && allowPlanar && node.shape.channels <= 4
    return Layout(kind: planar ? .planar : .blocked(lanes: lanes), shape: node.shape, halo: halo)
  }
}

/// All that a convolution's kernel follows from, for one target and batch.
private struct ConvolutionRequest: Hashable {
  var convolution: Convolution
  var inputs: [Layout]
  var output: Layout
}
