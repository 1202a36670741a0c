// What the source ends in decides what the generated `classify` says. Passes take a final softmax out, so it is read off
// the graph before them.

/// What a network's outputs are; the runtime's `Answer` has the same cases.
package enum NetworkAnswer: Sendable {
  /// Logits of classes that exclude each other: a softmax follows.
  case softmax
  /// Probabilities, each of its own class.
  case sigmoid
  /// Numbers of no particular meaning.
  case values
  /// A feature map.
  case map

  /// - Parameter lowered: the graph as written.
  init(_ lowered: Graph) {
    var node = lowered[lowered.output]
    if node.shape.height * node.shape.width > 1 {
      self = .map
      return
    }
    while case .dropout = node.operation { node = lowered[node.inputs[0]] }
    self =
      switch node.operation {
      case .softmax: .softmax
      case .activation(.sigmoid): .sigmoid
      default: .values
      }
  }
}
