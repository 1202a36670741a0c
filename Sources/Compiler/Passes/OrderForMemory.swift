// Chooses the order of execution inside each block. In a downsampling block of ResNet-50 whose projection is not
// merged, the main path first needs 1,304,576 floats, the projection first 1,605,632.
//
// Where only one value lives, everything before it is done and nothing after it has begun, so the nodes between two
// such points can be ordered by themselves. These regions are blocks, a dozen nodes with few valid orders, and the best
// is found exactly, by dynamic programming over the sets of nodes that can have run. A region with too many sets (more
// than 4,096) keeps its order.

extension Pass {
  package static let orderForMemory = Pass(
    "order-for-memory", "orders the nodes of each block so that the fewest values live at once"
  ) { graph in
    var order: [NodeID] = []
    for region in regions(graph) {
      order += (Region(graph, region).bestOrder() ?? Array(region)).map(NodeID.init)
    }
    return graph.reordered(order)
  }

  /// Ranges of nodes, each ending where only the last node's value lives on.
  private static func regions(_ graph: Graph) -> [Range<Int>] {
    let lastUse = Liveness(graph).lastUse
    var result: [Range<Int>] = []
    var start = 0
    var reach = 0
    for index in graph.nodes.indices {
      // `reach`: the last reader of anything before this node.
      if reach <= index {
        result.append(start..<index + 1)
        start = index + 1
      }
      reach = max(reach, lastUse[index])
    }
    if start < graph.nodes.count { result.append(start..<graph.nodes.count) }
    return result
  }
}

/// The nodes between two single values, to be ordered.
private struct Region {
  private let nodes: Range<Int>
  /// Values by local number: 0 is the one that enters, 1... are the region's own.
  private let sizes: [Int]
  private let inputs: [[Int]]
  private let overwritable: [[Int]]
  private let readers: [UInt64]

  init(_ graph: Graph, _ nodes: Range<Int>) {
    self.nodes = nodes
    func local(_ id: NodeID) -> Int { max(0, id.index - nodes.lowerBound + 1) }
    let own = nodes.map { graph.nodes[$0] }
    sizes = [nodes.lowerBound > 0 ? graph.nodes[nodes.lowerBound - 1].shape.count : 0] + own.map(\.shape.count)
    inputs = own.map { $0.inputs.map(local) }
    let sizes = sizes
    overwritable = own.map { node in
      node.overwritable.map { local(node.inputs[$0]) }.filter { sizes[$0] == node.shape.count }
    }
    var readers = [UInt64](repeating: 0, count: own.count + 1)
    if own.count <= 60 {
      for (index, inputs) in inputs.enumerated() { for input in inputs { readers[input] |= 1 << UInt64(index) } }
    }
    self.readers = readers
  }

  /// The first of the orders with the smallest peak; `nil` where there is only one, or too many to look at.
  func bestOrder() -> [Int]? {
    guard nodes.count > 2, nodes.count <= 60 else { return nil }
    var peaks: [UInt64: Int] = [:]
    guard let best = peak(after: 0, &peaks) else { return nil }
    var order: [Int] = []
    var done: UInt64 = 0
    while order.count < nodes.count {
      let next = inputs.indices.first { node in
        guard canRun(node, done), live(running: node, done) <= best,
          let rest = peaks[done | 1 << UInt64(node)]
        else { return false }
        return rest <= best
      }
      guard let next else { return nil }
      order.append(nodes.lowerBound + next)
      done |= 1 << UInt64(next)
    }
    return order
  }

  private func canRun(_ node: Int, _ done: UInt64) -> Bool {
    done & 1 << UInt64(node) == 0 && inputs[node].allSatisfy { $0 == 0 || done & 1 << UInt64($0 - 1) != 0 }
  }

  /// The smallest possible peak of what is left once `done` has run; `nil` with too many sets.
  private func peak(after done: UInt64, _ peaks: inout [UInt64: Int]) -> Int? {
    if let known = peaks[done] { return known }
    guard peaks.count < 4096 else { return nil }
    var best = Int.max
    var isLast = true
    for node in inputs.indices where canRun(node, done) {
      isLast = false
      guard let rest = peak(after: done | 1 << UInt64(node), &peaks) else { return nil }
      best = min(best, max(rest, live(running: node, done)))
    }
    if isLast { best = 0 }
    peaks[done] = best
    return best
  }

  /// Floats that live while `node` runs after `done`.
  private func live(running node: Int, _ done: UInt64) -> Int {
    let after = done | 1 << UInt64(node)
    var floats = sizes[node + 1]
    for value in 0...inputs.count where value == 0 || done & 1 << UInt64(value - 1) != 0 {
      // The region's last value has no reader here; it is only ever the node that runs last.
      if readers[value] & ~done != 0 { floats += sizes[value] }
    }
    let dies = overwritable[node].contains { readers[$0] & ~after == 0 }
    return dies ? floats - sizes[node + 1] : floats
  }
}
