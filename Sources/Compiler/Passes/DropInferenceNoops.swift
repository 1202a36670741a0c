// Dropout is the identity at inference. A softmax at the end is left to `classify`: the network's output is its logits.

extension Pass {
  package static let dropInferenceNoops = Pass(
    "drop-inference-noops", "removes dropout, and the softmax that ends the network"
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
