// Dropout is the identity at inference. A softmax at the end is left to `classify`: the network's output is its logits.
// Heads used in training only are no part of what is computed.

extension Pass {
  package static let dropInferenceNoops = Pass(
    "drop-inference-noops", "removes dropout, the softmax that ends the network, and heads used in training only"
  ) { graph in
    graph.replacingUses { id, node in
      switch node.operation {
      case .dropout: node.inputs[0]
      case .softmax where id == graph.output: node.inputs[0]
      case .activation(.linear): node.inputs[0]
      default: nil
      }
    }
  }
}
