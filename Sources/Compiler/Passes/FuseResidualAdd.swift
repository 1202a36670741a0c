// The sum of a residual block becomes a part of the main path's last convolution: the shortcut's value is added to the
// accumulators before they are stored, which saves writing and reading one feature map.

extension Pass {
  package static let fuseResidualAdd = Pass(
    "fuse-residual-add", "adds a block's shortcut inside the block's last convolution"
  ) { graph in
    graph.fusing { node, graph, isSoleUse in
      guard case .add(let function) = node.operation else { return nil }
      // The main path comes first; the other side is second choice.
      for (main, shortcut) in [(0, 1), (1, 0)] {
        let id = node.inputs[main]
        guard isSoleUse(id), case .convolution(var convolution) = graph[id].operation, convolution.isLinear,
          convolution.residual == nil
        else { continue }
        convolution.residual = .same
        convolution.activation = function
        var fused = graph[id]
        fused.operation = .convolution(convolution)
        fused.inputs.append(node.inputs[shortcut])
        return fused
      }
      return nil
    }
  }
}
