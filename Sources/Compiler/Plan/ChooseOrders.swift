// In which order the channels of each value lie, and so how each grouped convolution is computed. Values that are added,
// pooled or activated keep the order of what they are made of; convolutions and fully connected layers read and write any
// order, since their weights are packed to suit; a concatenation lies as its parts do. What is left to choose are grouped
// convolutions:
//
// - with their groups in lanes: a vector of inputs times a vector of weights, no lane wasted where groups fill vectors.
//   Input and output have to be interleaved for it;
// - as several convolutions of whole blocks, with zeros for weights between groups that share a block: in plain order,
//   and the less wasteful the wider groups are.
internal import ResNetDSL

/// How a convolution with groups is computed.
enum GroupPlacement: Hashable {
  /// As so many convolutions of consecutive channels; one that is not grouped is one.
  case parts(Int)
  /// Lane by lane.
  case lanes
}

/// The order of each node's value, and the grouping of each convolution.
struct ChannelOrders {
  let orders: [ChannelOrder]
  let groupings: [GroupPlacement]

  init(_ graph: Graph, lanes: Int) {
    let classes = OrderClasses(graph)
    // What a class must be like: plain, or as a grouped convolution wants it.
    var wanted: [Int: ChannelOrder] = [:]
    for node in classes.plain { wanted[classes[node]] = .plain(graph[node].shape.channels) }
    // A concatenation, and its parts: all that are added to it have to be the same.
    let parted = Set(
      graph.nodes.indices.filter { graph.nodes[$0].operation.isConcatenation }.flatMap { index in
        (graph.nodes[index].inputs + [NodeID(index)]).map { classes[$0] }
      })
    var inLanes = Set<Int>()
    for (index, node) in graph.nodes.enumerated() {
      // Any order suits a convolution of each channel by itself.
      guard !node.operation.isDepthwise else {
        inLanes.insert(index)
        continue
      }
      // Words of whole numbers hold several lanes.
      guard let term = node.operation.groupedTerm, !graph[node.inputs[0]].number.isQuantized,
        term.fillsLanes(outChannels: node.shape.channels, lanes: lanes)
      else {
        continue
      }
      let ends = [(node.inputs[0], term.groupChannels), (NodeID(index), node.shape.channels / term.groups)]
      let orders = ends.map { id, size in ChannelOrder.interleaved(graph[id].shape.channels, groupSize: size) }
      let fits = zip(ends, orders).allSatisfy { end, order in
        wanted[classes[end.0]] ?? order == order && !parted.contains(classes[end.0])
      }
      // Input and output may be one class, which cannot be in two orders.
      guard fits, classes[ends[0].0] != classes[ends[1].0] || orders[0] == orders[1] else { continue }
      inLanes.insert(index)
      for (end, order) in zip(ends, orders) { wanted[classes[end.0]] = order }
    }

    var orders = graph.nodes.map { ChannelOrder.plain($0.shape.channels) }
    for index in graph.nodes.indices {
      if let order = wanted[classes[NodeID(index)]] { orders[index] = order }
    }
    // A class with a concatenation has more channels than any of the parts, so the narrow ones are known first.
    let concatenations = graph.nodes.indices.filter { graph.nodes[$0].operation.isConcatenation }
      .sorted { (graph.nodes[$0].shape.channels, $0) < (graph.nodes[$1].shape.channels, $1) }
    for index in concatenations {
      let order = ChannelOrder.joined(graph.nodes[index].inputs.map { orders[$0.index] }, lanes: lanes)
      let own = classes[NodeID(index)]
      for other in graph.nodes.indices where classes[NodeID(other)] == own { orders[other] = order }
    }

    self.orders = orders
    groupings = graph.nodes.enumerated().map { index, node in
      if inLanes.contains(index) { return .lanes }
      guard let term = node.operation.groupedTerm, orders[index].isPlain, orders[node.inputs[0].index].isPlain else {
        return .parts(1)
      }
      return .parts(term.parts(outChannels: node.shape.channels, lanes: lanes))
    }
  }
}

/// Nodes whose values' channels must lie alike.
struct OrderClasses {
  private var leader: [Int]
  /// Of these the order is plain: the image, and option A's zeros, which shift blocks.
  private(set) var plain: [NodeID] = []

  init(_ graph: Graph) {
    leader = Array(graph.nodes.indices)
    for (index, node) in graph.nodes.enumerated() {
      if node.operation == .input { plain.append(NodeID(index)) }
      let definition = node.operation.definition
      for (position, input) in node.inputs.enumerated() {
        switch definition.access(toInput: position).order {
        case .any: break
        case .plain: plain += [input, NodeID(index)]
        // A mask of one channel for all lies by itself.
        case .same: if graph[input].shape.channels == node.shape.channels { join(index, input.index) }
        }
      }
    }
    for index in leader.indices { leader[index] = find(index) }
  }

  subscript(id: NodeID) -> Int { leader[id.index] }

  private mutating func join(_ a: Int, _ b: Int) {
    let (a, b) = (find(a), find(b))
    leader[max(a, b)] = min(a, b)
  }

  private mutating func find(_ index: Int) -> Int {
    var root = index
    while leader[root] != root { root = leader[root] }
    leader[index] = root
    return root
  }
}

extension Operation {
  var isConcatenation: Bool { if case .concatenate = self { true } else { false } }

  /// The only term of a grouped convolution.
  var groupedTerm: Convolution.Term? {
    guard case .convolution(let convolution) = self, convolution.terms.count == 1, let term = convolution.terms.first,
      term.groups > 1
    else { return nil }
    return term
  }

  var isDepthwise: Bool { if case .convolution(let convolution) = self { convolution.isDepthwise } else { false } }
}

extension Convolution.Term {
  /// Vectors multiplied for a pixel, with groups in lanes and in parts.
  private func vectors(outChannels: Int, lanes: Int) -> (inLanes: Int, inParts: Int) {
    func vectors(_ count: Int) -> Int { (count + lanes - 1) / lanes }
    return (
      vectors(groups) * (outChannels / groups) * groupChannels,
      vectors(outChannels) * vectors(inChannels / parts(outChannels: outChannels, lanes: lanes)) * lanes
    )
  }

  /// How many times the multiply-adds that it needs are computed, rounded.
  func computed(outChannels: Int, lanes: Int) -> Int {
    let (inLanes, inParts) = vectors(outChannels: outChannels, lanes: lanes)
    let needed = max(1, outChannels * groupChannels)
    let vectors = fillsLanes(outChannels: outChannels, lanes: lanes) ? inLanes : inParts
    return (vectors * lanes + needed / 2) / needed
  }

  /// Whether its groups had better lie in lanes.
  fileprivate func fillsLanes(outChannels: Int, lanes: Int) -> Bool {
    func vectors(_ count: Int) -> Int { (count + lanes - 1) / lanes }
    let (inLanes, inParts) = self.vectors(outChannels: outChannels, lanes: lanes)
    // What lies in lanes that are partly empty costs the layers before and after, too: more than a fifth only for much.
    return inLanes * (groups * 5 < vectors(groups) * lanes * 4 ? 4 : 1) <= inParts
  }

  /// The most parts in which its groups can be computed one after another, each of whole blocks.
  fileprivate func parts(outChannels: Int, lanes: Int) -> Int {
    (1...groups).last { count in
      groups % count == 0 && inChannels / count % lanes == 0 && outChannels / count % lanes == 0
    } ?? 1
  }
}
