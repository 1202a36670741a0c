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
  // ReLU6 ends where its scale does, unless others' values, put beside it, reach further.
  for node in graph.nodes where node.operation.isConcatenation {
    for input in node.inputs where graph[input].operation.endsInReLU6 { isWhole[input.index] = false }
  }
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
  let isSigned = signs(of: graph, rules)
  for index in graph.nodes.indices where isWhole[index] {
    result.nodes[index].number = isSigned[index] ? .int8 : .uint8
  }
  return result
}

/// Of each value whether some of its numbers may be negative. Values whose numbers are only moved are of one kind.
private func signs(of graph: Graph, _ rules: [Quantization?]) -> [Bool] {
  var isSigned = [Bool](repeating: false, count: graph.nodes.count)
  var hasChanged = true
  while hasChanged {
    let before = isSigned
    for (index, node) in graph.nodes.enumerated() {
      let isOfSigned = node.inputs.contains { isSigned[$0.index] }
      switch rules[index] {
      case nil: break
      case .image: isSigned[index] = true
      case .rescales(isNonnegative: let isNonnegative?), .sums(isNonnegative: let isNonnegative):
        isSigned[index] = isSigned[index] || !isNonnegative
      case .rescales: isSigned[index] = isSigned[index] || isOfSigned
      case .keeps:
        isSigned[index] = isSigned[index] || isOfSigned
        for input in node.inputs where isSigned[index] { isSigned[input.index] = true }
      }
    }
    hasChanged = isSigned != before
  }
  return isSigned
}

extension Graph {
  /// The part of its multiply-adds that are computed in whole numbers, from 0 to 1.
  var integerShare: Double {
    var (whole, all) = (0.0, 0.0)
    for node in nodes {
      let terms: Int
      switch node.operation {
      case .convolution(let convolution): terms = convolution.terms.count
      case .linear: terms = 1
      default: continue
      }
      let shapes = NodeShapes(inputs: node.inputs.map { self[$0].shape }, output: node.shape)
      let macs = Double(node.operation.definition.cost(shapes).macs)
      all += macs
      if node.inputs.prefix(terms).allSatisfy({ self[$0].number.isQuantized }) { whole += macs }
    }
    return all > 0 ? whole / all : 0
  }
}

extension Operation {
  fileprivate var endsInReLU6: Bool {
    switch self {
    case .convolution(let convolution): convolution.activation == .relu6
    case .linear(let linear): linear.activation == .relu6
    case .add(let activation): activation == .relu6
    default: false
    }
  }
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
