// The two kinds of tables that a generated package reads when a model is loaded: its layers, and for each instruction set
// its steps. Text, so that a network of a thousand layers compiles as fast as one of ten. `LayerTable.swift` and
// `StepTable.swift` of the runtime read them.
internal import ResNetDSL

/// One line for each node of the fused graph: what is computed. Names stand in a column.
func layerTable(_ graph: Graph) -> String {
  let width = graph.nodes.reduce(0) { max($0, $1.name.utf8.count) }
  var lines = ["# layer, channels (that enter, where it has weights), size, attributes, inputs, tensors"]
  for node in graph.nodes {
    guard let row = node.operation.definition.table else {
      preconditionFailure("the passes leave no \(node.operation.definition.summary)")
    }
    let phrases = row.phrases(node.shape, inputs: node.inputs.map { graph[$0].name })
    lines.append(padded(node.name, to: width) + "  " + phrases.joined(separator: ", "))
  }
  return lines.joined(separator: "\n")
}

/// One line for each node: its kernel and units, where its value lies, where its weights begin. A convolution that a pool
/// computes has no kernel, but it has its weights.
func stepTable(_ plan: Plan) -> String {
  var lines = [
    "# kernel and its units of work, as many as are taken at a time, place in the arena, halo, weights and vectors in a panel of them"
  ]
  var stepOf = [Int?](repeating: nil, count: plan.graph.nodes.count)
  var weightsOf = [PackedWeights?](repeating: nil, count: plan.graph.nodes.count)
  for (index, step) in plan.steps.enumerated() {
    stepOf[step.node.index] = index
    weightsOf[(step.convolution ?? step.node).index] = step.weights
    if let own = step.readerWeights { weightsOf[step.node.index] = own }
  }
  weightsOf[0] = plan.scales
  let width = plan.graph.nodes.reduce(0) { max($0, $1.name.utf8.count) }
  for index in plan.graph.nodes.indices {
    let layout = plan.layouts[index]
    let kernel = stepOf[index].map { plan.steps[$0].kernel }
    var phrases: [String] = []
    if let kernel {
      phrases.append("kernel \(kernel) of \(plan.kernels[kernel].units) units")
      let runs = plan.kernels[kernel].unitRuns
      if !runs.isEmpty { phrases.append("work" + runs.map { " \($0.count)x\($0.work)" }.joined()) }
      let grain = plan.kernels[kernel].grain(lanes: plan.target.lanes)
      if grain > 1 { phrases.append("grain \(grain)") }
    }
    phrases.append("at \(plan.arena.slots[index].offset)")
    if layout.lanes != plan.target.lanes { phrases.append("lanes \(layout.lanes)") }
    if layout.number != .float32 { phrases.append(layout.number.rawValue) }
    if layout.halo != Extent(0, 0) { phrases.append("halo \(layout.halo.text)") }
    if let weights = weightsOf[index] { phrases += ["weights \(weights.offset)", "vectors \(weights.vectors)"] }
    if !layout.order.isPlain { phrases.append("order \(layout.order.text)") }
    if let blocks = layout.blocksOfWhole { phrases.append("pitch \(blocks)") }
    if let algorithm = algorithm(kernel.map { plan.kernels[$0] }, plan.groupings[index]) { phrases.append(algorithm) }
    lines.append(padded(plan.graph.nodes[index].name + ",", to: width + 1) + " " + phrases.joined(separator: ", "))
  }
  return lines.joined(separator: "\n")
}

private func padded(_ name: String, to width: Int) -> String {
  name + String(repeating: " ", count: max(0, width - name.utf8.count))
}

/// How a kernel computes what there is more than one way to compute; `nil` where it does as the layer is defined.
private func algorithm(_ kernel: Kernel?, _ grouping: GroupPlacement) -> String? {
  if case .winograd(let kernel) = kernel {
    let transform = kernel.transform
    let points = transform.points.map { " \($0)" }.joined()
    return "winograd \(transform.tile) \(kernel.filters == .packed ? "packed" : "running")" + points
  }
  switch grouping {
  case .parts(1): return nil
  case .parts(let count): return "parts \(count)"
  case .lanes: return "groups-in-lanes"
  }
}
