// How much of the image one value sees: a window that grows by (kernel - 1) steps at each layer, where a step is the
// product of all strides before. Halos and edges do not count; a field may be larger than the image.
import ResNetDSL

/// What one value sees, and how far it is from there to the next one's.
struct ReceptiveField {
  var extent = Extent(square: 1)
  /// In pixels of the image. Between upsampled values it may be a part of one, and counts as 1.
  var step: Stride = 1
}

/// By node of a graph as lowered, in pixels of the image.
///
/// - Parameter entering: What a value of its input sees.
func receptiveFields(_ graph: Graph, entering: ReceptiveField = ReceptiveField()) -> [ReceptiveField] {
  var fields: [ReceptiveField] = []
  for node in graph.nodes {
    let inputs = node.inputs.isEmpty ? [entering] : node.inputs.map { fields[$0.index] }
    let step = Stride(inputs.map(\.step.rows).max() ?? 1, inputs.map(\.step.columns).max() ?? 1)
    let field = Extent(inputs.map(\.extent.height).max() ?? 1, inputs.map(\.extent.width).max() ?? 1)
    let window = node.operation.definition.window(graph.shapes(around: node))
    let next = step.times(window.stride)
    fields.append(
      ReceptiveField(
        extent: Extent(
          sum(field.height, product(window.extent.height - 1, step.rows)),
          sum(field.width, product(window.extent.width - 1, step.columns))),
        step: Stride(max(1, next.rows / window.upsampling), max(1, next.columns / window.upsampling))))
  }
  return fields
}
