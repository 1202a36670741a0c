// A network as an ONNX file, as PyTorch's exporter would write it: the graph as lowered, so batch norms are operators of
// their own; tensors under the names that the network's checkpoints have, values under the names of the paper's layers.

/// What is written beside the graph itself.
package struct ONNXOptions: Sendable {
  package var batch: ONNXBatch
  /// Whether the file holds the values of tensors; otherwise they are inputs of the graph.
  package var holdsValues: Bool

  package init(batch: ONNXBatch = .fixed(1), holdsValues: Bool) {
    self.batch = batch
    self.holdsValues = holdsValues
  }
}

/// The file of a network. A softmax at its end is left off, as training has it: what is returned are logits.
package func exportONNX(_ compilation: Compilation, _ options: ONNXOptions) -> ONNXFile {
  let graph = compilation.lowered
  let answer = NetworkAnswer(graph)
  let named = graph.named.isEmpty ? [NamedOutput(name: answer.outputName, node: graph.output)] : graph.named
  let results = named.map { (name: $0.name, node: graph.beforeSoftmax($0.node)) }
  // One value may be returned under several names.
  let returned = Dictionary(results.map { ($0.node, $0.name) }, uniquingKeysWith: { first, _ in first })

  var onnx = ONNXGraph(reserved: Set(graph.tensors.map(\.name)).union(results.map(\.name)))
  var values: [ONNXValue] = []
  for (index, node) in graph.nodes.prefix(1 + (results.map(\.node.index).max() ?? 0)).enumerated() {
    onnx.name = node.name
    let inputs = node.inputs.map { values[$0.index] }
    var value = node.operation.definition.onnx(inputs, node.shape, &onnx)
    // What passes its input on keeps its name.
    let isOwn = !inputs.contains { $0.name == value.name }
    if let name = returned[NodeID(index)] {
      // What ends as one pixel ends as a row.
      let isPixel = node.shape.height * node.shape.width == 1
      if isPixel, !value.isRow { value = onnx.row(isOwn ? onnx.finish(value) : value) }
      value = onnx.finish(value, as: name)
    } else if isOwn {
      value = onnx.finish(value)
    }
    values.append(value)
  }
  var outputs = results.map { result in (name: result.name, value: values[result.node.index]) }
  for index in outputs.indices where outputs[index].value.name != outputs[index].name {
    outputs[index].value = onnx.finish(outputs[index].value, as: outputs[index].name)
  }
  return ONNXFile(
    onnx, name: graph.name, batch: options.batch, input: values[0], outputs: outputs.map(\.value),
    holdsValues: options.holdsValues)
}

extension NetworkAnswer {
  /// What the only value that is returned is called.
  fileprivate var outputName: String {
    switch self {
    case .softmax: "logits"
    case .sigmoid: "probabilities"
    case .values: "values"
    case .map: "features"
    }
  }
}

extension Graph {
  /// A value that is returned, before a softmax and what does nothing at inference.
  func beforeSoftmax(_ result: NodeID) -> NodeID {
    switch self[result].operation {
    case .softmax, .dropout: beforeSoftmax(self[result].inputs[0])
    default: result
    }
  }
}
