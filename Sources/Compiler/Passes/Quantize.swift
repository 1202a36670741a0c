// Which values of an int8 plan are whole numbers. A value is, if what makes it and everything that reads it can compute
// in whole numbers: so nothing is converted to and fro. What cannot (an exponential, a norm of the sample) stays float32,
// and with it what it reads and what shares that; a convolution may always read whole numbers and leave floats.

/// The graph with a number type for each value.
///
/// - Parameter kept: names of layers that compute in float32.
package func quantized(_ graph: Graph, keeping kept: Set<String> = []) -> Graph {
  var result = graph
  let rules = graph.nodes.map { kept.contains($0.name) ? nil : $0.operation.definition.quantization }
  var isWhole = graph.nodes.indices.map { rules[$0] != nil && !graph.results.contains(NodeID($0)) }
  // What one value loses may cost others theirs, before it and after it.
  var hasChanged = true
  while hasChanged {
    hasChanged = false
    func lose(_ index: Int) {
      guard isWhole[index] else { return }
      isWhole[index] = false
      hasChanged = true
    }
    for (index, node) in graph.nodes.enumerated() {
      let isInteger = rules[index] != nil && node.inputs.allSatisfy { isWhole[$0.index] }
      // Its value is floats if it reads floats, and it reads them all or none.
      if !isInteger {
        lose(index)
        for input in node.inputs { lose(input.index) }
      }
      // Only sums of products leave floats.
      if case .sums = rules[index] { continue }
      if !isWhole[index] { node.inputs.forEach { lose($0.index) } }
    }
  }
  // What is put together has numbers of one kind.
  var isSigned = [Bool](repeating: false, count: graph.nodes.count)
  for (index, node) in graph.nodes.enumerated() {
    switch rules[index] {
    case nil: break
    case .image: isSigned[index] = true
    case .rescales(isNonnegative: let isNonnegative?), .sums(isNonnegative: let isNonnegative):
      isSigned[index] = !isNonnegative
    case .rescales, .keeps: isSigned[index] = node.inputs.contains { isSigned[$0.index] }
    }
  }
  for (index, node) in graph.nodes.enumerated().reversed() where node.operation.isConcatenation {
    for input in node.inputs where isSigned[index] { isSigned[input.index] = true }
  }
  for index in graph.nodes.indices where isWhole[index] {
    result.nodes[index].number = isSigned[index] ? .int8 : .uint8
  }
  return result
}

extension Nonlinearity {
  /// Whether it leaves nothing below zero; `nil` for what is more than a range that numbers end at, and so has no kernel in
  /// whole numbers.
  var isNonnegative: Bool? {
    switch self {
    case .relu, .relu6: true
    case .linear: false
    default: nil
    }
  }
}
