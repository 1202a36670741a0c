// A concatenation is no copy: its parts are computed where they lie side by side. That needs each part to be one value of
// its own, in one place: not the image, not a value that is a part of two concatenations or twice of one, nor one whose
// channels would have to lie in two ways, as a sum of two concatenations with parts of other widths. Where it is, a copy
// goes between.
internal import ResNetDSL

extension Pass {
  package static let separateParts = Pass(
    "separate-parts", "copies values that would have to lie in two places, for concatenations"
  ) { graph in
    guard graph.nodes.contains(where: { $0.operation.isConcatenation }) else { return graph }
    var separation = Separation(Graph(name: graph.name, nodes: [], output: graph.output, named: graph.named))
    for node in graph.nodes { separation.add(node) }
    separation.result.output = separation.moved[graph.output.index]
    for (index, output) in graph.named.enumerated() {
      separation.result.named[index].node = separation.moved[output.node.index]
    }
    return separation.result
  }
}

private struct Separation {
  /// How a value's channels lie.
  private enum Order: Equatable {
    case any
    /// Side by side, in widths; a value that is a part itself has one.
    case parts([Int])
  }

  var result: Graph
  /// Of the old graph's nodes, where they are in the new one.
  private(set) var moved: [NodeID] = []
  /// Of the new nodes: one with the same order, as a tree; the order stands at its root.
  private var leader: [Int] = []
  private var orders: [Order] = []
  private var isPart: [Bool] = []

  init(_ result: Graph) { self.result = result }

  mutating func add(_ node: Node) {
    var node = node
    node.inputs = node.inputs.map { moved[$0.index] }
    let definition = node.operation.definition
    var order = Order.any
    if node.operation == .input { order = .parts([node.shape.channels]) }
    for position in node.inputs.indices {
      let input = node.inputs[position]
      let own = self.order(of: input)
      let channels = result[input].shape.channels
      var fits = true
      if node.operation.isConcatenation {
        fits = !isPart[input.index] && result[input].operation != .input
      } else {
        switch definition.access(toInput: position).order {
        case .any: continue
        case .same where channels != node.shape.channels: continue
        case .same: fits = own == .any || order == .any || own == order
        case .plain:
          fits = own == .any || own == .parts([channels])
          order = .parts([node.shape.channels])
        }
      }
      if !fits { node.inputs[position] = copy(input, for: node, position) }
      let read = node.inputs[position]
      if node.operation.isConcatenation {
        isPart[read.index] = true
        // From here on its place is known.
        if self.order(of: read) == .any { orders[root(read.index)] = .parts([channels]) }
        order = .parts(widths(order) + widths(self.order(of: read)))
      } else if definition.access(toInput: position).order == .plain {
        orders[root(read.index)] = .parts([channels])
      } else if order == .any {
        order = self.order(of: read)
      }
    }
    append(node, order)
    let new = result.nodes.count - 1
    for (position, input) in node.inputs.enumerated()
    where !node.operation.isConcatenation && definition.access(toInput: position).order == .same
      && result[input].shape.channels == node.shape.channels
    {
      leader[root(input.index)] = new
    }
    moved.append(NodeID(new))
  }

  private mutating func append(_ node: Node, _ order: Order) {
    leader.append(result.nodes.count)
    orders.append(order)
    isPart.append(false)
    result.nodes.append(node)
  }

  private mutating func copy(_ input: NodeID, for reader: Node, _ position: Int) -> NodeID {
    var copy = result[input]
    copy.name = "\(reader.name).copy\(position)"
    copy.stage = reader.stage
    copy.operation = .activation(.linear)
    copy.inputs = [input]
    copy.role = .follower
    append(copy, .any)
    return NodeID(result.nodes.count - 1)
  }

  private func widths(_ order: Order) -> [Int] { if case .parts(let widths) = order { widths } else { [] } }
  private func order(of id: NodeID) -> Order { orders[root(id.index)] }

  private func root(_ index: Int) -> Int {
    var root = index
    while leader[root] != root { root = leader[root] }
    return root
  }
}
