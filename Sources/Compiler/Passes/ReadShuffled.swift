// A shuffle that only convolutions and fully connected layers read is no copy: the sum over input channels is the same in any
// order, so their weights are put into that of the value before it, when they load.
//
// A convolution in groups keeps the copy. Its groups' channels lie together, or each in a lane, and in the order before the
// shuffle they do neither: it would have to be computed as one without groups, whose weights between groups are zeros, and
// multiply so many times as often, where the copy is a load and a store of each value.

extension Pass {
  package static let readShuffled = Pass(
    "read-shuffled",
    "puts the weights of convolutions and fully connected layers into the order of what is shuffled before them"
  ) { graph in
    var result = graph
    let consumers = graph.consumers()
    for (index, node) in graph.nodes.enumerated() {
      let id = NodeID(index)
      guard case .gather(let gather) = node.operation, !graph.results.contains(id), !consumers[index].isEmpty,
        node.shape.channels == graph[node.inputs[0]].shape.channels, gather.isPermutation(of: node.shape.channels)
      else { continue }
      let readers = consumers[index].map { result[$0].reading(id, from: node.inputs[0], in: gather) }
      guard !readers.contains(where: { $0 == nil }) else { continue }
      for (reader, node) in zip(consumers[index], readers) { if let node { result[reader] = node } }
    }
    return result.withoutDeadNodes()
  }
}

extension Gather {
  /// All channels of what it reads, each once.
  fileprivate func isPermutation(of count: Int) -> Bool { Set(channels(count)) == Set(0..<count) }
}

extension Node {
  /// The same value from what was shuffled; `nil` if the order matters.
  fileprivate func reading(_ shuffled: NodeID, from source: NodeID, in order: Gather) -> Node? {
    var node = self
    if case .linear(var linear) = operation, linear.order == nil {
      linear.order = order
      node.operation = .linear(linear)
      node.inputs = [source]
      return node
    }
    guard case .convolution(var convolution) = operation else { return nil }
    for (position, input) in inputs.enumerated() where input == shuffled {
      guard convolution.terms.indices.contains(position), convolution.terms[position].groups == 1,
        convolution.terms[position].order == nil
      else { return nil }
      convolution.terms[position].order = order
      node.inputs[position] = source
    }
    node.operation = .convolution(convolution)
    return node
  }
}
