// The parameter tensors of a graph, in the order in which its nodes use them.

/// A parameter tensor that a graph reads.
package struct Tensor: Hashable, Sendable {
  package var name: String
  package var shape: [Int]
}

extension Graph {
  /// Names and shapes of all parameters.
  package var tensors: [Tensor] { nodes.flatMap { $0.operation.definition.tensors(channels: $0.shape.channels) } }

  /// The names of those that are variances.
  package var variances: Set<String> {
    Set(nodes.compactMap { if case .batchNorm(let norm, _) = $0.operation { norm.runningVar } else { nil } })
  }
}
