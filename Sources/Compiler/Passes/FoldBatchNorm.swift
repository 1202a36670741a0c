// Batch norm after a convolution is an affine map of its output channels, so it can be multiplied into the weights. The
// graph only records that; the numbers are folded, in double, when weights are loaded.

extension Pass {
  package static let foldBatchNorm = Pass(
    "fold-batch-norm", "makes batch norm a part of the convolution before it"
  ) { graph in
    graph.fusing { node, graph, isSoleUse in
      guard case .batchNorm(let norm, .linear) = node.operation, isSoleUse(node.inputs[0]) else { return nil }
      var fused = graph[node.inputs[0]]
      guard case .convolution(var convolution) = fused.operation, convolution.isLinear,
        convolution.residual == nil, convolution.terms.count == 1, convolution.terms[0].norm == nil,
        convolution.terms[0].scale == nil
      else { return nil }
      convolution.terms[0].norm = norm
      fused.operation = .convolution(convolution)
      return fused
    }
  }
}
