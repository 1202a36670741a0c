// How much of the image one value sees: a window that grows by (kernel - 1) steps at each layer, where a step is the
// product of all strides before. Halos and edges do not count; a field may be larger than the image.
import ResNetDSL

/// By node of a graph as lowered, in pixels of the image.
func receptiveFields(_ graph: Graph) -> [Extent] {
  var fields: [Extent] = []
  var steps: [Int] = []
  for node in graph.nodes {
    let inputs = node.inputs.map(\.index)
    let step = inputs.map { steps[$0] }.max() ?? 1
    let field = Extent(
      inputs.map { fields[$0].height }.max() ?? 1, inputs.map { fields[$0].width }.max() ?? 1)
    func grown(_ kernel: Extent, dilation: Int = 1) -> Extent {
      Extent(
        sum(field.height, product((kernel.height - 1) * dilation, step)),
        sum(field.width, product((kernel.width - 1) * dilation, step)))
    }
    switch node.operation {
    case .convolution(let convolution):
      let windows = convolution.terms.map { grown($0.kernel, dilation: $0.dilation) }
      fields.append(Extent(windows.map(\.height).max() ?? 1, windows.map(\.width).max() ?? 1))
      steps.append(product(step, convolution.terms.map(\.stride).max() ?? 1))
    case .maxPool(let pooling), .averagePool(let pooling):
      fields.append(grown(pooling.kernel))
      steps.append(product(step, pooling.stride))
    case .zeroPad(let pad):
      fields.append(field)
      steps.append(product(step, pad.stride))
    case .globalAveragePool, .linear:
      let shape = node.inputs.first.map { graph[$0].shape } ?? node.shape
      fields.append(grown(Extent(shape.height, shape.width)))
      steps.append(step)
    case .input, .batchNorm, .activation, .add, .dropout, .softmax:
      fields.append(field)
      steps.append(step)
    }
  }
  return fields
}
