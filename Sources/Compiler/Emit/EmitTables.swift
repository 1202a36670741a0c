// The two kinds of tables that a generated package reads when a model is loaded: its layers, and for each instruction set
// its steps. Text, so that a network of a thousand layers compiles as fast as one of ten. `LayerTable.swift` and
// `StepTable.swift` of the runtime read them.
internal import ResNetDSL

/// One line for each node of the fused graph: what is computed.
func layerTable(_ graph: Graph) -> String {
  var lines = ["# name operation channels height width inputs... details"]
  for node in graph.nodes {
    let inputs = ["\(node.inputs.count)"] + node.inputs.map { "\($0.index)" }
    guard let (word, details) = node.operation.definition.table else {
      preconditionFailure("the passes leave no \(node.operation.definition.summary)")
    }
    let words =
      [node.name, word, "\(node.shape.channels)", "\(node.shape.height)", "\(node.shape.width)"] + inputs + details
    lines.append(words.joined(separator: " "))
  }
  return lines.joined(separator: "\n")
}

/// One line for each node: its kernel and units, where its value lies, where its weights begin. A convolution that a pool
/// computes has no kernel, but it has its weights.
func stepTable(_ plan: Plan) -> String {
  var lines = ["# kernel units offset lanes halo-height halo-width weights vectors order blocks algorithm..."]
  var stepOf = [Int?](repeating: nil, count: plan.graph.nodes.count)
  var weightsOf = [PackedWeights?](repeating: nil, count: plan.graph.nodes.count)
  for (index, step) in plan.steps.enumerated() {
    stepOf[step.node.index] = index
    weightsOf[(step.convolution ?? step.node).index] = step.weights
    if let own = step.readerWeights { weightsOf[step.node.index] = own }
  }
  for index in plan.graph.nodes.indices {
    let layout = plan.layouts[index]
    let step = stepOf[index].map { plan.steps[$0] }
    let weights = weightsOf[index]
    let numbers = [
      step?.kernel ?? -1, step.map { plan.kernels[$0.kernel].units } ?? 0, plan.arena.slots[index].offset,
      layout.pixelPitch, layout.halo.height, layout.halo.width, weights?.offset ?? 0, weights?.vectors ?? 0,
    ]
    var words = numbers.map(String.init)
    words.append(layout.order.isPlain ? "-" : layout.order.text)
    words.append(layout.blocksOfWhole.map(String.init) ?? "-")
    words += algorithm(step.map { plan.kernels[$0.kernel] }, plan.groupings[index])
    lines.append(words.joined(separator: " "))
  }
  return lines.joined(separator: "\n")
}

/// How a kernel computes what there is more than one way to compute.
private func algorithm(_ kernel: Kernel?, _ grouping: GroupPlacement) -> [String] {
  if case .winograd(let kernel) = kernel {
    let transform = kernel.transform
    return ["winograd", "\(transform.tile)", kernel.filters == .packed ? "1" : "0", "\(transform.points.count)"]
      + transform.points.map { "\($0)" }
  }
  switch grouping {
  case .parts(1): return ["direct"]
  case .parts(let count): return ["parts", "\(count)"]
  case .lanes: return ["lanes"]
  }
}
