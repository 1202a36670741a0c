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
    let window = node.operation.definition.window(graph.shapes(around: node))
    fields.append(
      Extent(
        sum(field.height, product(window.extent.height - 1, step)),
        sum(field.width, product(window.extent.width - 1, step))))
    steps.append(product(step, window.stride))
  }
  return fields
}
