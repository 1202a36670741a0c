// What can be checked without shapes: the depth asserted, the place of softmax.
import ResNetDSL

/// Convolutions and fully connected layers by row, projections not counted, as the paper counts.
///
/// - Parameter branch: Whose depth counts of those side by side: the deepest's.
func depths(of network: Network, branch: ([Int]) -> Int? = { $0.max() }) -> [Int] {
  func counted(_ layers: [Layer]) -> Int {
    layers.reduce(0) { sum, layer in
      if case .branches(let branches, _) = layer.kind { return sum + (branch(branches.map(counted)) ?? 0) }
      if case .gate = layer.kind { return sum + 1 }
      return sum + (layer.convolution != nil || layer.fullyConnected != nil ? 1 : 0)
    }
  }
  return network.stages.map { stage in
    stage.items.reduce(0) { sum, item in
      switch item {
      case .layer(let layer): sum + counted([layer])
      case .block(let block): sum + product(block.repeats, counted(block.layers))
      }
    }
  }
}

/// Reports a `depth` that is not the number of convolutions and fully connected layers.
func checkDepth(_ network: Network, _ sink: inout Diagnostics) {
  guard let depth = network.depth else { return }
  let rows = depths(of: network)
  let total = rows.reduce(0, +)
  guard total != depth.value else { return }
  let parts = zip(network.stages, rows).filter { $0.1 > 0 }.map { "\($0.0.name.value) \($0.1)" }
  let listed = parts.count <= 12 ? parts : Array(parts.prefix(11)) + ["and so on"]
  sink.report(
    Diagnostic(
      .error, .depthMismatch, "depth says \(depth.value), but \(network.name.value) has \(total) layers",
      at: Label(depth.span, "\(total) counted"),
      notes: ["convolutions and fully connected layers count, projections do not: \(listed.joined(separator: ", "))"]
    ))
}

/// Reports a softmax that is not the network's last layer.
func checkSoftmax(_ network: Network, _ sink: inout Diagnostics) {
  var last: Layer?
  if case .layer(let layer)? = network.stages.last(where: { !$0.items.isEmpty })?.items.last { last = layer }
  forEachLayer(of: network) { layer, stage in
    guard layer.kind == .softmax, layer != last else { return }
    sink.report(
      Diagnostic(
        .error, .softmaxNotLast, "the softmax of \(stage.name.value) is not the network's last layer",
        at: Label(layer.span)))
  }
}

/// Reports a softmax over a single value.
func checkSoftmax(_ network: Network, over output: Shape?, _ sink: inout Diagnostics) {
  guard let stage = network.stages.last(where: { !$0.items.isEmpty }), case .layer(let layer)? = stage.items.last,
    layer.kind == .softmax, let output, output.channels == 1
  else { return }
  sink.report(
    Diagnostic(
      .error, .softmaxOfOne, "the softmax of \(stage.name.value) is over one value, which is always 1",
      at: Label(layer.span, "one value enters"),
      helps: ["write 'sigmoid' for a network that says yes or no, or one output for each class"]))
}

private func forEachLayer(of network: Network, _ body: (Layer, Stage) -> Void) {
  for stage in network.stages {
    for layer in stage.items.flatMap(\.layers).flatMap(\.withoutBranches) { body(layer, stage) }
  }
}
