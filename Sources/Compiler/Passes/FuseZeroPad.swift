// Option A's identity needs no copy: the block's last convolution reads the smaller value where it lies, every s-th
// row and column, and adds it to the channels that it belongs to.

extension Pass {
  package static let fuseZeroPad = Pass(
    "fuse-zero-pad", "lets the block's last convolution read option A's shortcut without a padded copy"
  ) { graph in
    graph.fusing { node, graph, isSoleUse in
      guard case .convolution(var convolution) = node.operation, convolution.residual == .same,
        let id = node.inputs.last, isSoleUse(id), case .zeroPad(let pad) = graph[id].operation
      else { return nil }
      convolution.residual = .zeroPadded(pad)
      var fused = node
      fused.operation = .convolution(convolution)
      fused.inputs[fused.inputs.count - 1] = graph[id].inputs[0]
      return fused
    }
  }
}
