// A learned factor for each channel, the tensor `[channels]`: `[ ... ] scale`. Where a convolution comes before it, it is
// folded into the weights.

package struct ChannelScale: Operator {
  package var channels: Int
  /// Name of the tensor.
  package var weight: String

  func tensors(channels: Int) -> [Tensor] { [Tensor(name: weight, shape: [channels])] }

  func check(_ node: inout NodeCheck) {
    node.keepsItsShape()
    node.require(channels == node.shape.channels, "scales its channels")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let factors = tensors[weight]
    return Value(shape) { channel, row, column in inputs[0][channel, row, column] * factors[channel] }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let factors = graph.perChannel(Tensor(name: weight, shape: [channels]), of: inputs[0])
    return graph.add(.mul, [inputs[0], factors])
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    PyTorchValue(
      module: PyTorchModule(path: weight, constructor: "nn.Parameter(torch.ones(\(channels)))"),
      expression: { module, inputs in "\(inputs[0]) * \(module)[:, None, None]" })
  }

  func kind(of node: Node) -> LayerKind? { .scale }
  func cost(_ node: NodeShapes) -> Cost {
    var cost = Cost()
    cost.parameters = channels
    return cost
  }

  func overwritable(_ inputs: [NodeID]) -> [Int] { [0] }
  var dump: (name: String, details: [String]) { ("scale", [weight]) }
  var table: TableRow? { TableRow("scale", tensors: ["weight \(weight)"]) }
  func unnamed() -> Self { ChannelScale(channels: channels, weight: "") }
  var summary: String { "scale of each channel" }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "scale") }
}

extension LayerKind {
  package static let scale = LayerKind(name: "scale")
}
