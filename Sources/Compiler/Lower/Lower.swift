// Lowering: a resolved network becomes a graph. Checks and sizing find everything that can be wrong; what they accept
// is written out, row by row, without a way to fail.
package import ResNetDSL

/// The graph that a network computes, or `nil` after reporting every independent error.
package func lower(_ network: Network, _ sink: inout Diagnostics) -> Graph? {
  var found = Diagnostics()
  defer { for diagnostic in found.all { sink.report(diagnostic) } }
  checkSoftmax(network, &found)
  checkDepth(network, &found)
  checkRenames(network, &found)
  let sized = sizeNetwork(network, &found)
  let stages = sized.stages
  if !found.hasErrors {
    for question in [undecidedPlacement(network, stages), undecidedZeros(network, stages)] {
      if let question { found.report(question) }
    }
  }
  if stages.count == network.stages.count { checkSoftmax(network, over: stages.last?.output, &found) }
  if found.hasErrors { return nil }

  var lowering = Lowering(network)
  for stage in stages { lowering.append(stage) }
  let graph = lowering.finish(network, sized.auxiliary)
  if CostReport(graph).macs > LayerLimits.multiplyAdds {
    found.report(
      Diagnostic(
        .error, .tooMuchWork, "\(network.name.value) needs more than 2^60 multiply-adds", at: Label(network.name.span)))
    return nil
  }
  lowering.renames.checkUse(in: graph, &found)
  checkNames(of: graph, network, &found)
  return found.hasErrors ? nil : graph
}

/// Writes nodes in order: a block's main path, then its shortcut, then the sum.
private struct Lowering {
  private(set) var graph: Graph
  private var parameters: any NameDialect
  private(set) var renames: Renames
  private let projectionBias: Bool?
  private let projectionPools: Bool
  private var taken: Set<String> = []
  private var row: String?
  /// In a block under `order pre`: what a projection reads.
  private var preActivated: NodeID?
  /// The row and the item that is being written, and the braces around it.
  private var place = ParameterPlace(row: -1)
  /// Rows with blocks so far.
  private var blockRows = 0
  /// What rows leave.
  private var rows: [String: NodeID] = [:]

  init(_ network: Network) {
    graph = Graph(name: network.name.value, nodes: [], output: NodeID(0))
    parameters = dialect(of: network)
    renames = Renames(network)
    projectionBias = network.projectionBias
    projectionPools = network.projectionPools
    let image = network.input.value
    append(
      "input", .input, [], Shape(image.channels, image.height, image.width), network.input.span)
  }

  /// A head that reads a value of this shape.
  private init(_ network: Network, head: Stage, entering shape: Shape) {
    self.init(network)
    parameters = AuxiliaryNames(network, head)
    graph.name = head.name.value
    graph.nodes[0].shape = shape
  }

  /// The whole graph: with what is returned, and the heads that read it in training only.
  mutating func finish(_ network: Network, _ heads: [SizedStage]) -> Graph {
    var result = graph
    result.named = network.outputs.compactMap { output in
      rows[output.value].map { NamedOutput(name: output.value, node: $0) }
    }
    for head in heads {
      guard let source = head.stage.source.flatMap({ rows[$0.value] }) else { continue }
      var lowering = Lowering(network, head: head.stage, entering: graph[source].shape)
      lowering.renames = renames
      lowering.append(head)
      renames = lowering.renames
      result.auxiliary.append(AuxiliaryHead(name: head.stage.name.value, source: source, graph: lowering.graph))
    }
    return result
  }

  mutating func append(_ sized: SizedStage) {
    if let source = sized.stage.source { read(source) }
    defer { rows[sized.stage.name.value] = graph.output }
    row = sized.stage.name.value
    var names = LayerNames(sized.stage)
    var blocks = 0
    place.row += 1
    place.rowName = sized.stage.name.value
    for (index, item) in sized.items.enumerated() {
      place.item = index
      switch item {
      case .layer(let layer):
        place.block = nil
        append(layer, names.nextLayer(), activation: layer.layer.lowering.activation)
      case .block(let block, let repetitions):
        if blocks == 0 { blockRows += 1 }
        for repetition in repetitions {
          let (name, layers) = names.nextBlock(block)
          append(repetition, of: block, name, layers, BlockPlace(row: blockRows, index: blocks))
          blocks += 1
        }
      }
    }
  }

  private mutating func append(
    _ repetition: Repetition, of block: Block, _ name: String, _ layerNames: [String], _ blockPlace: BlockPlace
  ) {
    let input = graph.output
    place.block = blockPlace
    let sums = if case .none = repetition.shortcut { false } else { true }
    let last = repetition.layers.lastIndex { $0.layer.isConvolution }
    var endsActivated = false
    // What its first convolution reads, once that has its norm and activation; of a block that begins otherwise, the input.
    preActivated = repetition.layers.first?.layer.isConvolution == true ? nil : input
    for (position, layer) in repetition.layers.enumerated() {
      var activation = layer.layer.lowering.activation
      if block.kind == .residual, !sums, !layer.layer.lowering.isPreActivated, position == last,
        position == repetition.layers.count - 1,
        activation == .linear
      {
        // Without a shortcut, what follows the sum follows the last convolution.
        activation = block.activation
        endsActivated = true
      }
      append(layer, layerNames[position], activation: activation)
    }
    guard block.kind == .residual else { return }
    var end = name
    if sums {
      if block.isScaled { append(scaleOf: block, after: name, blockPlace, repetition.output.channels) }
      let main = graph.output
      let shortcut = append(repetition, of: block, from: input, "\(name).shortcut", blockPlace)
      end = append("\(name).sum", .add(.linear), [main, shortcut], repetition.output, block.span)
    }
    if !endsActivated {
      append(
        block.activation, after: end, path: renames.apply(parameters.blockActivation(of: blockPlace)), block.span,
        role: sums ? .follower : .layer)
    }
  }

  private mutating func append(scaleOf block: Block, after name: String, _ place: BlockPlace, _ channels: Int) {
    let scale = ChannelScale(channels: channels, weight: renames.apply(parameters.blockScale(of: place)))
    append(
      "\(name).scale", .scale(scale), [graph.output], graph[graph.output].shape, block.span, role: .follower)
  }

  private mutating func append(
    _ repetition: Repetition, of block: Block, from input: NodeID, _ name: String, _ blockPlace: BlockPlace
  ) -> NodeID {
    switch repetition.shortcut {
    case .none, .identity:
      return input
    case .zeroPad(let pad):
      append(name, .zeroPad(pad), [input], repetition.output, block.span, role: .shortcut)
    case .projection(let stride):
      let paths = renames.apply(parameters.projection(of: blockPlace, pools: projectionPools))
      // Made like the block's last convolution.
      let model = repetition.layers.flatMap(\.single).compactMap(\.layer.convolution).last
      let hasBias = projectionBias ?? model.map { $0.bias && $0.norm == nil } ?? false
      let isPreActivated = model?.isPreActivated ?? false
      var source = isPreActivated ? preActivated ?? input : input
      let pools = projectionPools && stride != 1
      if pools {
        let window = Pooling(
          kernel: Extent(stride.rows, stride.columns), stride: stride, padding: .zero, ceilMode: true)
        append(
          "\(name).pool", .averagePool(window), [source],
          Shape(repetition.input.channels, repetition.output.extent), block.span, role: .shortcut)
        source = graph.output
      }
      let term = Convolution.Term(
        inChannels: repetition.input.channels, kernel: Extent(square: 1), stride: pools ? 1 : stride,
        padding: .zero,
        weight: "\(paths.layer).weight", standardization: model?.standardization,
        bias: hasBias ? "\(paths.layer).bias" : nil)
      let channels = repetition.output.channels
      append(
        name, .convolution(Convolution(terms: [term], outChannels: channels)), [source], repetition.output, block.span,
        role: .shortcut)
      if let norm = model?.norm, !isPreActivated {
        append(norm, channels, paths.norm, after: name, block.span)
      }
    }
    return graph.output
  }

  private mutating func append(
    _ sized: SizedLayer, _ name: String, activation: Activation
  ) {
    let joined = append(branches: sized, name)
    let paths = parameters.paths(sized.layer, activation: activation, at: place)
    if case .squeezeExcitation(let squeeze) = sized.layer.kind { return append(squeeze, sized, name, paths) }
    if case .channelAttention(let attention) = sized.layer.kind { return append(attention, sized, name, paths) }
    if case .spatialPyramidPool(let levels) = sized.layer.kind {
      return append(SpatialPyramidPoolLayer(levels: levels), sized, name)
    }
    if case .gate(let convolution) = sized.layer.kind {
      return append(GateLayer(convolution: convolution), sized, name, paths)
    }
    append(sized, joined ?? name, activation: activation, renames.apply(paths))
  }

  private mutating func append(
    _ sized: SizedLayer, _ name: String, activation: Activation, _ paths: ParameterPaths, role: Node.Role = .layer
  ) {
    let layer = sized.layer
    let lowering = layer.lowering
    let isBefore = lowering.isPreActivated
    if isBefore {
      if let norm = lowering.normalization {
        append(norm, sized.input.channels, paths.norm, after: name, layer.span, role: .leader)
      }
      append(activation, after: name, path: paths.activation, layer.span, role: .leader)
      if preActivated == nil { preActivated = graph.output }
    }
    var last = name
    if let operation = lowering.operation(sized, paths) {
      last = append(name, operation, [graph.output], sized.output, layer.span, role: role)
    }
    if let norm = lowering.normalization, !isBefore {
      append(norm, sized.output.channels, paths.norm, after: last, layer.span)
    }
    if !lowering.isActivation, !isBefore { append(activation, after: last, path: paths.activation, layer.span) }
  }

  /// The mean, `fc1` and `fc2` as torchvision calls them (their tensors as the dialect does), and the product.
  private mutating func append(
    _ squeeze: SqueezeExcitationLayer, _ sized: SizedLayer, _ name: String, _ paths: ParameterPaths
  ) {
    let input = graph.output
    let modules = [("pool", ""), ("fc1", parameters.squeezeParts.reduce), ("fc2", parameters.squeezeParts.expand)]
    for ((part, module), layer) in zip(modules, squeeze.gate(of: sized.input, sized.layer.span)) {
      let own = renames.apply("\(paths.layer).\(module)")
      append(
        layer, "\(name).\(part)", activation: layer.layer.lowering.activation,
        ParameterPaths(layer: own, norm: own, activation: renames.apply("\(paths.layer).activation")),
        role: .gate)
    }
    append("\(name).product", .multiply(.linear), [input, graph.output], sized.output, sized.layer.span, role: .join)
  }

  /// The mean, the convolution over the channels, and the product.
  private mutating func append(
    _ attention: ChannelAttentionLayer, _ sized: SizedLayer, _ name: String, _ paths: ParameterPaths
  ) {
    let (input, span) = (graph.output, sized.layer.span)
    let pooled = Shape(sized.input.channels, 1, 1)
    append(.mean(of: sized.input, span), "\(name).pool", activation: .linear, .none, role: .gate)
    let convolution = ChannelConvolution(
      size: attention.size(entering: pooled.channels), weight: renames.apply("\(paths.layer).conv") + ".weight")
    let last = append("\(name).conv", .channelConvolution(convolution), [graph.output], pooled, span, role: .gate)
    append(attention.gate, after: last, path: "", span)
    append("\(name).product", .multiply(.linear), [input, graph.output], sized.output, span, role: .join)
  }

  /// The convolution and its gate, each from what enters, then all three blended.
  private mutating func append(_ gate: GateLayer, _ sized: SizedLayer, _ name: String, _ paths: ParameterPaths) {
    let input = graph.output
    let values = gate.parts(of: sized).map { part, layer in
      graph.output = input
      let own = ParameterPaths(
        layer: "\(paths.layer).\(part)", norm: "\(paths.layer).bn", activation: "\(paths.layer).prelu")
      append(
        layer, "\(name).\(part)", activation: layer.layer.lowering.activation, renames.apply(own),
        role: part == "gate" ? .gate : .layer)
      return graph.output
    }
    append("\(name).blend", .blend, [input] + values, sized.output, sized.layer.span, role: .join)
  }

  /// Each level from what enters, side by side.
  private mutating func append(_ pyramid: SpatialPyramidPoolLayer, _ sized: SizedLayer, _ name: String) {
    let input = graph.output
    let levels = pyramid.pools.map { pool in
      append(
        "\(name).\(pool.size.text)", .adaptivePool(pool), [input], pool.shape(of: sized.input), sized.layer.span)
      return graph.output
    }
    guard levels.count > 1 else { return }
    append("\(name).concat", .concatenate(levels.count), levels, sized.output, sized.layer.span, role: .join)
  }

  /// Each branch from the value that enters, `inc3.b2.1` is the first layer of the second; then their values become one, of
  /// which this is the name. Nothing for what has no branches.
  private mutating func append(branches sized: SizedLayer, _ name: String) -> String? {
    guard case .branches(_, let combiner) = sized.layer.kind else { return nil }
    let input = graph.output
    var values: [NodeID] = []
    for (index, branch) in sized.branches.enumerated() {
      graph.output = input
      if let source = branch.first?.layer.source { read(source) }
      let branch = branch.filter { $0.layer.source == nil }
      let names = LayerNames.inBranch(branch.map(\.layer), "\(name).b\(index + 1)")
      // What begins a branch of a split is no module of it.
      let begins = branch.count(where: \.layer.isBegin)
      for (position, (layer, name)) in zip(branch, names).enumerated() {
        place.branches.append(
          ParameterPlace.Branch(number: index + 1, position: position - begins, count: branch.count - begins))
        if layer.layer.isCarry, let before = values.last {
          append(
            name, .add(.linear), [graph.output, before], layer.output, layer.layer.span, role: .carried)
        } else {
          append(layer, name, activation: layer.layer.lowering.activation)
        }
        place.branches.removeLast()
      }
      values.append(graph.output)
    }
    func join(_ word: String, _ operation: Operation, _ inputs: [NodeID], role: Node.Role = .join) -> String {
      append("\(name).\(word)", operation, inputs, sized.output, sized.layer.span, role: role)
    }
    switch combiner {
    case .concatenation: return join("concat", .concatenate(values.count), values)
    case .product:
      // What spreads comes second.
      let isSwapped = graph[values[0]].shape != sized.output
      return join("product", .multiply(.linear), isSwapped ? values.reversed() : values)
    case .sum:
      var sum = values[0]
      for (index, value) in values.enumerated().dropFirst() {
        if index == values.count - 1 { return join("sum", .add(.linear), [sum, value]) }
        _ = join("sum\(index + 1)", .add(.linear), [sum, value], role: .partialJoin)
        sum = graph.output
      }
      return nil
    }
  }

  /// What follows reads this row's value.
  private mutating func read(_ row: Located<String>) {
    if let value = rows[row.value] { graph.output = value }
  }

  private mutating func append(
    _ activation: Activation, after name: String, path: String, _ span: Span, role: Node.Role = .follower
  ) {
    guard activation != .linear else { return }
    append(
      "\(name).\(activation.word)", .activation(Nonlinearity(activation, path: path)), [graph.output],
      graph[graph.output].shape, span,
      role: role)
  }

  private mutating func append(
    _ norm: Normalization, _ channels: Int, _ path: String, after name: String, _ span: Span,
    role: Node.Role = .follower
  ) {
    append(
      "\(name).\(norm.suffix)", norm.operation(channels: channels, path: path), [graph.output],
      graph[graph.output].shape, span, role: role)
  }

  /// Appends a node, which becomes the output, under a name that is free.
  @discardableResult
  private mutating func append(
    _ name: String, _ operation: Operation, _ inputs: [NodeID], _ shape: Shape, _ origin: Span,
    role: Node.Role = .layer
  ) -> String {
    // A row may itself be called `conv3_1`.
    var free = name
    while !taken.insert(free).inserted { free += "'" }
    graph.output = NodeID(graph.nodes.count)
    graph.nodes.append(
      Node(
        name: free, stage: row, operation: operation, inputs: inputs, shape: shape, origin: origin,
        role: role))
    return free
  }
}

extension Layer {
  var isConvolution: Bool { convolution != nil }
}
