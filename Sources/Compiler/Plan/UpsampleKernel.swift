// A map made so many times as high and as wide.
import ResNetDSL

package struct UpsampleKernel: Hashable, Sendable {
  package var upsample: Upsample
  package var batch: Int
  /// Of the value that is read.
  package var shape: Shape
  package var source: ConvolutionKernel.Source
  package var out: OutputMap

  package var units: Int { batch * out.blocks * out.height }
}

extension KernelEmitter {
  func upsample(_ kernel: UpsampleKernel) -> Parameters {
    var parameters: Parameters = [
      "batch": .int(kernel.batch), "factor": .int(kernel.upsample.factor),
      "bilinear": .int(kernel.upsample.method == .bilinear ? 1 : 0), "inHeight": .int(kernel.shape.height),
      "inWidth": .int(kernel.shape.width),
    ]
    add(kernel.source, to: &parameters)
    add(kernel.out, to: &parameters)
    return parameters
  }
}

extension Planner {
  mutating func upsample(_ upsample: Upsample, _ id: NodeID) -> Step {
    let input = graph[id].inputs[0]
    let kernel = UpsampleKernel(
      upsample: upsample, batch: batch, shape: graph[input].shape, source: source(input, stride: 1),
      out: OutputMap(layouts[id.index]))
    return Step(node: id, kernel: intern(.upsample(kernel)), sources: [input], residual: nil, weights: nil)
  }
}
