// How much memory an order of execution needs: at each node, the values that are still to be read, and the node's own.
//
// A node may write over an input that nobody reads later if it reads each of that input's values before it writes the
// same one: element-wise operations, and a convolution over its residual (`Operator.overwritable`). The same rule
// serves the memory plan.
import ResNetDSL

extension Node {
  /// Positions of the inputs that the node may write over if they die with it.
  package var overwritable: [Int] { operation.definition.overwritable(inputs) }
}

/// The lifetimes of a graph's values, in its order.
package struct Liveness: Sendable {
  /// For each node the index of the last node that reads its value; the output lives to the end.
  package let lastUse: [Int]
  /// For each node the number of floats that live while it runs, its own value included.
  package let liveFloats: [Int]

  /// The largest number of floats that live at once.
  package var peak: Int { liveFloats.max() ?? 0 }

  package init(_ graph: Graph) {
    var lastUse = Array(graph.nodes.indices)
    for (index, node) in graph.nodes.enumerated() {
      for input in node.inputs { lastUse[input.index] = index }
    }
    let results = Set(graph.results)
    for result in results { lastUse[result.index] = graph.nodes.count - 1 }
    var live = 0
    var liveFloats: [Int] = []
    for (index, node) in graph.nodes.enumerated() {
      let dying = Set(node.inputs).filter { lastUse[$0.index] == index && !results.contains($0) }
      let dyingFloats = dying.reduce(0) { $0 + graph[$1].shape.count }
      let inPlace = node.overwritable.contains { position in
        dying.contains(node.inputs[position]) && graph[node.inputs[position]].shape == node.shape
      }
      // Values that are put together lie where they are.
      let absorbed = node.operation.isConcatenation ? dyingFloats : 0
      liveFloats.append(live + (inPlace ? 0 : node.shape.count) - absorbed)
      live += node.shape.count - dyingFloats
      // A value that nobody reads is gone at once.
      if lastUse[index] == index, !results.contains(NodeID(index)) { live -= node.shape.count }
    }
    self.lastUse = lastUse
    self.liveFloats = liveFloats
  }
}
