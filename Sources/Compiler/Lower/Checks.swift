// What can be checked without shapes: the depth asserted, the place of softmax.
import ResNetDSL

/// Convolutions and fully connected layers on the longest way to what each row leaves, projections not counted, as the
/// paper counts.
///
/// - Parameter branch: Which of the ways side by side counts.
func depths(of network: Network, branch: ([Int]) -> Int? = { $0.max() }) -> [Int] {
  var rows: [String: Int] = [:]
  func after(_ layers: [Layer], from start: Int) -> Int {
    layers.reduce(start) { depth, layer in
      switch layer.kind {
      case .branches(let branches, _): branch(ways(branches, from: depth)) ?? depth
      case .source(let row): rows[row.value] ?? depth
      case .convolution, .fullyConnected, .gate: sum(depth, 1)
      default: depth
      }
    }
  }
  func ways(_ branches: [[Layer]], from depth: Int) -> [Int] {
    var ways: [Int] = []
    for layers in branches {
      // One that adds what the branch before leaves goes on from there, too.
      let both = layers.contains(where: \.isCarry) ? ways.suffix(1) + [depth] : [depth]
      ways.append(after(layers, from: branch(both) ?? depth))
    }
    return ways
  }
  var depth = 0
  return network.stages.map { stage in
    if let source = stage.source { depth = rows[source.value] ?? depth }
    for item in stage.items {
      switch item {
      case .layer(let layer): depth = after([layer], from: depth)
      case .block(let block):
        // From the second on, repetitions add the same.
        let first = after(block.layers, from: depth)
        let second = after(block.layers, from: first)
        depth = block.repeats > 1 ? sum(second, product(block.repeats - 2, second - first)) : first
      }
    }
    rows[stage.name.value] = depth
    return depth
  }
}

/// Reports a `depth` that is not the number of convolutions and fully connected layers.
func checkDepth(_ network: Network, _ sink: inout Diagnostics) {
  guard let depth = network.depth else { return }
  let ends = depths(of: network)
  let total = ends.last ?? 0
  let rows = zip(ends, [0] + ends).map { $0 - $1 }
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
  let ends = [last] + network.auxiliary.map { $0.items.last?.layers.last }
  forEachLayer(of: network) { layer, stage in
    guard layer.kind == .softmax, !ends.contains(layer) else { return }
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
  for stage in network.stages + network.auxiliary {
    for layer in stage.items.flatMap(\.layers).flatMap(\.withoutBranches) { body(layer, stage) }
  }
}
