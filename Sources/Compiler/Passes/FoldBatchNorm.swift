// Batch norm after a convolution or a fully connected layer is an affine map of its outputs, so it can be multiplied into the
// weights. The
// graph only records that; the numbers are folded, in double, when weights are loaded.

extension Pass {
  package static let foldBatchNorm = Pass(
    "fold-batch-norm", "makes batch norm a part of the convolution or the fully connected layer before it"
  ) { graph in
    graph.fusing { node, graph, isSoleUse in
      guard case .batchNorm(let norm, .linear) = node.operation, isSoleUse(node.inputs[0]) else { return nil }
      var fused = graph[node.inputs[0]]
      if case .linear(var linear) = fused.operation, linear.activation == .linear, linear.norm == nil {
        linear.norm = norm
        fused.operation = .linear(linear)
        return fused
      }
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
