// The parameter tensors of a graph, in the order in which its nodes use them.

/// A parameter tensor that a graph reads.
package struct Tensor: Hashable, Sendable {
  package var name: String
  package var shape: [Int]
}

extension Graph {
  /// Names and shapes of all parameters.
  package var tensors: [Tensor] { nodes.flatMap(\.tensors) }

  /// The names of those that are variances.
  package var variances: Set<String> {
    Set(nodes.compactMap { if case .batchNorm(let norm, _) = $0.operation { norm.runningVar } else { nil } })
  }
}

extension Node {
  /// Names and shapes of its parameters.
  var tensors: [Tensor] { operation.definition.tensors(channels: shape.channels) }
}
