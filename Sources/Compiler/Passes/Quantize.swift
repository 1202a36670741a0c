// Which values of an int8 plan are whole numbers, and where they are converted. Convolutions and fully connected layers are
// what whole numbers are for: each that has enough to multiply reads them, whatever makes them, and a conversion stands
// between where floats come. Everything else takes what there is: sums add values of any types, products multiply one by
// floats, batch norms leave either, means and convolutions of single channels stay whole where they read whole numbers,
// and nothing is converted to and fro for these alone. What has no kernel for whole numbers (exponentials apart from a
// convolution's own, norms of the sample), and every layer that is kept so, reads floats.
//
// A value is whole if its maker can write it so and a convolution wants it, or nobody needs floats. Who wants the other
// type reads one conversion, which is the same for all.

/// The graph with a number type for each value, and conversions between them.
///
/// - Parameter kept: names of layers that compute in float32.
package func quantized(_ graph: Graph, keeping kept: Set<String> = []) -> Graph {
  var types = NumberTypes(graph, keeping: kept)
  types.settle()
  return types.converted()
}

private struct NumberTypes {
  let graph: Graph
  /// `nil` of what computes in floats only.
  let rules: [Quantization?]
  /// Of each value, the first of those that must be of its type, because one moves the numbers of the other.
  let groups: [Int]
  /// Of each value, whether a convolution wants it whole, and so whether it is there in whole numbers.
  let isWanted: [Bool]
  private(set) var isWhole: [Bool]

  /// What its reader wants of an input.
  enum Need { case whole, floats, any }

  init(_ graph: Graph, keeping kept: Set<String>) {
    self.graph = graph
    let rules = graph.nodes.map { kept.contains($0.name) ? nil : $0.operation.definition.quantization }
    let groups = Self.groups(graph, rules)
    // ReLU6 ends where its scale does, unless others' values, put beside it, reach further.
    let shared = Set(graph.nodes.indices.filter { graph.nodes[$0].operation.isConcatenation }.map { groups[$0] })
    var canWrite = graph.nodes.indices.map { index in
      rules[index]?.isClamped ?? false && !graph.results.contains(NodeID(index))
        && !(graph.nodes[index].operation.endsInReLU6 && shared.contains(groups[index]))
    }
    if !graph.loadsWholeNumbers { canWrite[0] = false }
    for index in graph.nodes.indices where !canWrite[index] { canWrite[groups[index]] = false }
    isWhole = graph.nodes.indices.map { canWrite[groups[$0]] }
    var isWanted = [Bool](repeating: false, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      guard case .sums = rules[index], graph.paysInWholeNumbers(node) else { continue }
      for input in node.inputs.prefix(node.operation.termCount) { isWanted[input.index] = true }
    }
    (self.rules, self.groups, self.isWanted) = (rules, groups, isWanted)
  }

  /// Values whose numbers are only moved are of one type.
  private static func groups(_ graph: Graph, _ rules: [Quantization?]) -> [Int] {
    var groups = Array(graph.nodes.indices)
    for (index, node) in graph.nodes.enumerated() {
      guard case .keeps = rules[index] else { continue }
      for input in node.inputs where groups[input.index] != groups[index] {
        let (first, other) = (min(groups[input.index], groups[index]), max(groups[input.index], groups[index]))
        for member in groups.indices where groups[member] == other { groups[member] = first }
      }
    }
    return groups
  }

  /// Takes away what cannot be whole, and then what that takes away, until nothing changes.
  mutating func settle() {
    let wanted = Set(isWanted.indices.filter { isWanted[$0] }.map { groups[$0] })
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      var isLost = [Bool](repeating: false, count: isWhole.count)
      for (index, node) in graph.nodes.enumerated() {
        if isWhole[index], !computesWhole(index) { isLost[groups[index]] = true }
        for (position, input) in node.inputs.enumerated() where need(of: index, position) == .floats {
          let group = groups[input.index]
          if !wanted.contains(group) { isLost[group] = true }
        }
      }
      for index in isWhole.indices where isWhole[index] && isLost[groups[index]] {
        isWhole[index] = false
        hasChanged = true
      }
    }
  }

  /// Whether a node sums products of whole numbers, or moves or averages them.
  private func computesWhole(_ index: Int) -> Bool {
    let node = graph.nodes[index]
    let sources = node.inputs.prefix(node.operation.termCount)
    switch rules[index] {
    case nil: return false
    case .sums: return sources.allSatisfy { isWanted[$0.index] || isWhole[$0.index] }
    case .follows: return sources.allSatisfy { isWhole[$0.index] }
    case .keeps: return isWhole[index]
    case .adds, .multiplies, .normalizes, .image: return true
    }
  }

  private func need(of index: Int, _ position: Int) -> Need {
    switch rules[index] {
    case .adds: return .any
    case .multiplies: return position == 0 ? .any : .floats
    case .keeps: return isWhole[index] ? .whole : .floats
    case .sums, .follows:
      guard computesWhole(index) else { return .floats }
      return position < graph.nodes[index].operation.termCount ? .whole : .any
    case nil, .normalizes, .image: return .floats
    }
  }

  /// The graph with types and conversions, each before the first that reads it.
  func converted() -> Graph {
    var result = Graph(name: graph.name, nodes: [], output: graph.output, named: graph.named)
    let isSigned = signs()
    /// Of each value its place in the new graph, and that of the same in the other type.
    var moved: [NodeID] = []
    var others: [NodeID?] = []
    func append(_ node: Node) -> NodeID {
      result.nodes.append(node)
      return NodeID(result.nodes.count - 1)
    }
    func other(_ input: NodeID) -> NodeID {
      if let other = others[input.index] { return other }
      let direction: Convert.Direction = isWhole[input.index] ? .dequantize : .quantize
      var node = graph[input]
      node.name += direction == .quantize ? ".whole" : ".floats"
      node.operation = .convert(direction)
      node.inputs = [moved[input.index]]
      node.role = .follower
      node.number = direction == .quantize ? isSigned[input.index] ? .int8 : .uint8 : .float32
      let id = append(node)
      others[input.index] = id
      return id
    }
    for (index, node) in graph.nodes.enumerated() {
      var node = node
      node.inputs = node.inputs.enumerated().map { position, input in
        let isWanted =
          switch need(of: index, position) {
          case .any: true
          case .whole: isWhole[input.index]
          case .floats: !isWhole[input.index]
          }
        return isWanted ? moved[input.index] : other(input)
      }
      if isWhole[index] { node.number = isSigned[index] ? .int8 : .uint8 }
      moved.append(append(node))
      others.append(nil)
    }
    result.output = moved[graph.output.index]
    for index in result.named.indices { result.named[index].node = moved[graph.named[index].node.index] }
    assert(verify(result).isEmpty, "quantize: \(verify(result))")
    return result
  }

  /// Of each value whether some of its numbers may be negative. Whole numbers that are only moved are of one kind.
  private func signs() -> [Bool] {
    var isSigned = [Bool](repeating: false, count: graph.nodes.count)
    var hasChanged = true
    while hasChanged {
      let before = isSigned
      for (index, node) in graph.nodes.enumerated() {
        let isNonnegative = node.operation.definition.isNonnegative(node.inputs.map { !isSigned[$0.index] })
        isSigned[index] = isSigned[index] || !isNonnegative
        guard case .keeps = rules[index], isWhole[index], isSigned[index] else { continue }
        for input in node.inputs { isSigned[input.index] = true }
      }
      hasChanged = isSigned != before
    }
    return isSigned
  }
}

extension Quantization {
  /// Whether its value may be whole numbers.
  fileprivate var isClamped: Bool {
    switch self {
    case .sums(let isClamped), .follows(let isClamped), .adds(let isClamped), .multiplies(let isClamped),
      .normalizes(let isClamped):
      isClamped
    case .keeps, .image: true
    }
  }
}

extension Graph {
  /// Whether a sum of products gains more by whole numbers than it costs to convert what it reads: a conversion reads and
  /// writes each number once, which takes as long as some 16 products of floats. Of a single pixel only the weights count.
  fileprivate func paysInWholeNumbers(_ node: Node) -> Bool {
    let inputs = node.inputs.prefix(node.operation.termCount).map { self[$0].shape }
    let macs = node.operation.definition.cost(NodeShapes(inputs: inputs, output: node.shape)).macs
    let numbers = inputs.reduce(0) { $0 + $1.count }
    return macs >= 4096 && (macs / 16 >= numbers || inputs.allSatisfy { $0.height * $0.width == 1 })
  }

  /// Whether the image can be loaded as whole numbers, as it is where only convolutions read its few channels.
  fileprivate var loadsWholeNumbers: Bool {
    nodes[0].shape.channels <= 4
      && nodes.allSatisfy { node in
        node.inputs.enumerated().allSatisfy { position, input in
          input.index > 0 || node.operation.definition.access(toInput: position).allowsPlanar
        }
      }
  }

  /// The part of its multiply-adds that are computed in whole numbers, from 0 to 1.
  package var integerShare: Double {
    var (whole, all) = (0.0, 0.0)
    for node in nodes where node.operation.termCount > 0 {
      let macs = Double(node.operation.definition.cost(shapes(around: node)).macs)
      all += macs
      if node.inputs.prefix(node.operation.termCount).allSatisfy({ self[$0].number.isQuantized }) { whole += macs }
    }
    return all > 0 ? whole / all : 0
  }
}

extension Graph {
  /// The first layer with weights that computes in floats, if there is one.
  package var firstOfFloats: Node? {
    nodes.first { node in
      let sources = node.inputs.prefix(node.operation.termCount)
      return !sources.allSatisfy { self[$0].number.isQuantized }
        && node.operation.definition.cost(shapes(around: node)).macs > 0
    }
  }
}

extension Operation {
  /// Inputs that it sums products of, or the one that it averages; 0 of others.
  fileprivate var termCount: Int {
    switch self {
    case .convolution(let convolution): convolution.terms.count
    case .linear, .averagePool, .globalAveragePool: 1
    default: 0
    }
  }

  fileprivate var endsInReLU6: Bool {
    switch self {
    case .convolution(let convolution): convolution.activation == .relu6
    case .linear(let linear): linear.activation == .relu6
    case .add(let activation), .multiply(let activation), .batchNorm(_, let activation): activation == .relu6
    default: false
    }
  }
}
