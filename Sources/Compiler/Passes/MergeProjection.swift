// The sum of two convolutions is one convolution over both inputs. Merged into the block's last convolution, the
// projection's result is never stored: its products go to the same accumulators.
//
// Where it pays, in bytes: it saves storing the projection's result and loading it again, 2 x outputs. It costs
// streaming the projection's input through the cache next to the main path's, where the projection alone would have
// had the cache to itself: one load of every input value that a window touches. In ResNet-50's conv3_1 that is
// 2 x 512 x 28 x 28 against 256 x 28 x 28 values; at equal sizes it pays unless the inputs have more than twice the
// channels of the outputs.
//
// A 3x3 convolution of stride 1, the last one of a basic block, stays alone: Winograd computes it in a third of the time,
// and knows one input only. In ResNet-18 the merged conv3_1.2 took 1.64 ms where the two take 0.65.
import ResNetDSL

extension Pass {
  package static let mergeProjection = Pass(
    "merge-projection", "makes a block's projection a second term of its last convolution, where that saves traffic"
  ) { graph in
    graph.fusing { node, graph, isSoleUse in
      guard case .convolution(var convolution) = node.operation, convolution.residual == .same,
        convolution.terms.count == 1, !convolution.terms[0].allowsWinograd, convolution.terms[0].groups == 1,
        let id = node.inputs.last, isSoleUse(id),
        case .convolution(let projection) = graph[id].operation, projection.isLinear, projection.residual == nil,
        projection.terms.count == 1, projection.terms[0].groups == 1, let input = graph[id].inputs.first,
        pays(projection.terms[0], input: graph[input].shape, output: node.shape)
      else { return nil }
      convolution.terms += projection.terms
      convolution.residual = nil
      var fused = node
      fused.operation = .convolution(convolution)
      fused.inputs = [node.inputs[0], input]
      return fused
    }
  }

  private static func pays(_ term: Convolution.Term, input: Shape, output: Shape) -> Bool {
    let saved = 2 * output.count
    let positions = output.height * output.width * term.kernel.height * term.kernel.width
    let touched = input.channels * min(input.height * input.width, positions)
    return saved > touched
  }
}
