// What passes share. A pass rewrites the consuming node: where `relu` follows `conv`, the node of `relu` becomes the
// fused convolution and takes the convolution's name, and the convolution, now without a reader, goes away. Since
// consumers stand after everything they read, the order of nodes stays valid without sorting.

extension Graph {
  /// The graph with the nodes that its results need, in their order; the input always stays, and heads used in training
  /// only go.
  package func withoutDeadNodes() -> Graph {
    var isLive = [Bool](repeating: false, count: nodes.count)
    isLive[0] = true
    for result in results + [output] { isLive[result.index] = true }
    for index in nodes.indices.reversed() where isLive[index] {
      for input in nodes[index].inputs { isLive[input.index] = true }
    }
    return reordered(nodes.indices.filter { isLive[$0] }.map(NodeID.init))
  }

  /// The graph with the given nodes in the given order, which must hold everything that they read.
  package func reordered(_ order: [NodeID]) -> Graph {
    var position = [NodeID](repeating: NodeID(0), count: nodes.count)
    for (new, old) in order.enumerated() { position[old.index] = NodeID(new) }
    var result = Graph(
      name: name, nodes: [], output: position[output.index],
      named: named.map { NamedOutput(name: $0.name, node: position[$0.node.index]) })
    result.nodes = order.map { old in
      var node = self[old]
      node.inputs = node.inputs.map { position[$0.index] }
      return node
    }
    return result
  }

  /// The graph in which readers of a node read what `replacement` gives for it instead, an earlier node.
  package func replacingUses(_ replacement: (NodeID, Node) -> NodeID?) -> Graph {
    var result = self
    var value = nodes.indices.map(NodeID.init)
    for index in nodes.indices {
      result.nodes[index].inputs = nodes[index].inputs.map { value[$0.index] }
      if let other = replacement(NodeID(index), result.nodes[index]) { value[index] = value[other.index] }
    }
    result.output = value[output.index]
    for index in named.indices { result.named[index].node = value[named[index].node.index] }
    return result.withoutDeadNodes()
  }

  /// The graph in which `fuse` may turn a node and one of the values it alone reads into one node. It is offered every
  /// node in order, with a function that tells whether a value has no other use.
  package func fusing(_ fuse: (Node, Graph, _ isSoleUse: (NodeID) -> Bool) -> Node?) -> Graph {
    var result = self
    var uses = [Int](repeating: 0, count: nodes.count)
    for node in nodes { for input in node.inputs { uses[input.index] += 1 } }
    for result in results { uses[result.index] += 1 }
    for index in nodes.indices {
      guard let fused = fuse(result.nodes[index], result, { uses[$0.index] == 1 }) else { continue }
      result.nodes[index] = fused
    }
    return result.withoutDeadNodes()
  }
}

extension Convolution {
  /// The convolution as a plain linear map, to which more may be added.
  var isLinear: Bool { activation == .linear }
}
