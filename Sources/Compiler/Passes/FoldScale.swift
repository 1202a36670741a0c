// Factors of the channels that a convolution produces, `[ ... ] scale`, can be multiplied into its weights and bias. Behind a
// batch norm that it took in they come after that.

extension Pass {
  package static let foldScale = Pass(
    "fold-scale", "makes a block's learned factors a part of the convolution before them"
  ) { graph in
    graph.fusing { node, graph, isSoleUse in
      guard case .scale(let scale) = node.operation, isSoleUse(node.inputs[0]) else { return nil }
      var fused = graph[node.inputs[0]]
      guard case .convolution(var convolution) = fused.operation, convolution.isLinear, convolution.residual == nil,
        convolution.terms.count == 1, convolution.terms[0].scale == nil
      else { return nil }
      convolution.terms[0].scale = scale.weight
      fused.operation = .convolution(convolution)
      return fused
    }
  }
}
