// Which values of a plan that multiplies halves are stored as such. Whoever makes a value may round it, as sums and means
// are in single precision until they are stored; whether it is depends on who reads it. Convolutions multiply halves if all
// that they sum over is; what adds or pools reads either. Everything else, and what is returned, stays in single precision.

/// The graph with a number type for each value.
///
/// - Parameter kept: names of layers that compute in single precision.
package func halved(_ graph: Graph, keeping kept: Set<String> = []) -> Graph {
  var isHalf = graph.nodes.indices.map { index in
    let node = graph.nodes[index]
    return node.writesHalves && !kept.contains(node.name) && !graph.results.contains(NodeID(index))
  }
  for node in graph.nodes {
    for (position, input) in node.inputs.enumerated() where !node.readsHalves(position) || kept.contains(node.name) {
      isHalf[input.index] = false
    }
  }
  // What goes together is of one kind: the inputs that a convolution sums over, and a concatenation and its parts.
  var hasChanged = true
  while hasChanged {
    hasChanged = false
    for (index, node) in graph.nodes.enumerated() {
      var together: [Int] = []
      if case .convolution(let convolution) = node.operation {
        together = node.inputs.prefix(convolution.terms.count).map(\.index)
      } else if node.operation.isConcatenation {
        together = node.inputs.map(\.index) + [index]
      }
      guard together.contains(where: { isHalf[$0] }), together.contains(where: { !isHalf[$0] }) else { continue }
      for other in together { isHalf[other] = false }
      hasChanged = true
    }
  }
  var result = graph
  for index in graph.nodes.indices where isHalf[index] { result.nodes[index].number = .float16 }
  return result
}

extension Node {
  /// Whether a kernel stores its value in half precision. Activations with exponentials are computed where sums were
  /// stored.
  fileprivate var writesHalves: Bool {
    switch operation {
    case .input: shape.channels <= 4
    case .convolution(let convolution): !convolution.activation.function.hasExponential
    case .maxPool, .averagePool, .globalAveragePool, .add, .concatenate: true
    default: false
    }
  }

  /// Whether a kernel reads its input at a position in half precision.
  fileprivate func readsHalves(_ position: Int) -> Bool {
    switch operation {
    case .convolution(let convolution):
      position >= convolution.terms.count || convolution.isDepthwise || convolution.terms.allSatisfy { $0.groups == 1 }
    case .maxPool, .averagePool, .globalAveragePool, .add, .concatenate: true
    default: false
    }
  }
}
