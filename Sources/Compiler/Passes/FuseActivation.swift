// An activation is applied where the value is produced, while it is in a register.

extension Pass {
  package static let fuseActivation = Pass(
    "fuse-activation", "applies activations in the layer before them"
  ) { graph in
    graph.fusing { node, graph, isSoleUse in
      guard case .activation(let function) = node.operation, isSoleUse(node.inputs[0]) else { return nil }
      var fused = graph[node.inputs[0]]
      switch fused.operation {
      case .convolution(var convolution) where convolution.isLinear:
        convolution.activation = function
        fused.operation = .convolution(convolution)
      case .linear(var linear) where linear.activation == .linear:
        linear.activation = function
        fused.operation = .linear(linear)
      case .channelConvolution(var convolution) where convolution.activation == .linear:
        convolution.activation = function
        fused.operation = .channelConvolution(convolution)
      case .add(.linear):
        fused.operation = .add(function)
      case .multiply(.linear):
        fused.operation = .multiply(function)
      case .batchNorm(let norm, .linear):
        fused.operation = .batchNorm(norm, function)
      case .sampleNorm(let norm, .linear):
        fused.operation = .sampleNorm(norm, function)
      default: return nil
      }
      return fused
    }
  }
}
