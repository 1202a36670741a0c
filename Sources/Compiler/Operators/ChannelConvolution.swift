// A convolution over the channels of a single pixel, with zeros beyond the first and the last, then an activation: what
// ECA-Net's channel attention makes its factors by. In PyTorch it is `nn.Conv1d(1, 1, k, padding=k // 2, bias=False)` of the
// means as a row, and its tensor is that module's.
import ResNetDSL

package struct ChannelConvolution: Operator {
  /// Weights; odd, so that a channel's own value is in the middle.
  package var size: Int
  /// Name of the tensor `[1, 1, size]`.
  package var weight: String
  var activation = Nonlinearity.linear

  private var tensor: Tensor { Tensor(name: weight, shape: [1, 1, size]) }
  func tensors(channels: Int) -> [Tensor] { [tensor] + activation.tensors(channels) }

  func check(_ node: inout NodeCheck) {
    node.keepsItsShape()
    node.require(node.shape.extent == Extent(square: 1), "reads one pixel")
    node.require(size > 0 && size % 2 == 1, "has a weight in the middle")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let (x, weight) = (inputs[0], tensors[weight])
    let sums = Value(shape) { channel, _, _ in
      (0..<size).reduce(0) { sum, tap in
        let other = channel + tap - size / 2
        return 0..<shape.channels ~= other ? sum + weight[tap] * x[other, 0, 0] : sum
      }
    }
    return activation.value(sums, tensors)
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let row = graph.reshape(inputs[0], [0, 1, shape.channels], .inner)
    let sums = graph.add(
      .conv, [row, graph.parameter(tensor)], [.kernelShape: .ints([size]), .pads: .ints([size / 2, size / 2])])
    return activation.onnx(graph.reshape(sums, [0, shape.channels, 1, 1], .map(shape)), &graph)
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    let made = "nn.Conv1d(1, 1, \(size), padding=\(size / 2), bias=False)"
    return PyTorchValue(
      module: PyTorchModule(of: weight, constructor: made),
      expression: { module, inputs in "\(module)(\(inputs[0]).flatten(2).mT).mT.unsqueeze(3)" }
    ).activated(activation)
  }

  func kind(of node: Node) -> LayerKind? { .channelConvolution }

  /// As of any convolution: products with the zeros beyond count.
  func cost(_ node: NodeShapes) -> Cost {
    var cost = activation.cost(node.output)
    cost.parameters = sum(cost.parameters, size)
    cost.macs = product(size, node.output.channels)
    cost.activations = node.output.count
    return cost
  }

  func access(toInput position: Int) -> InputAccess { InputAccess(order: .plain) }
  var dump: (name: String, details: [String]) {
    ("channelconv", ["\(size)", "weight \(weight)"] + activation.dump)
  }
  var table: TableRow? { TableRow("channelconv \(size)", activation.dump, tensors: ["weight \(weight)"]) }

  func unnamed() -> Self {
    ChannelConvolution(size: size, weight: "", activation: activation.unnamed)
  }

  var summary: String { "convolution over channels" }
  var description: [String] { ["convolution over \(size) channels"] }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "conv over \(size)") }
}

extension LayerKind {
  package static let channelConvolution = LayerKind(name: "channel convolution")
}

/// `eca`, of which lowering writes out the parts.
extension ChannelAttentionLayer: LayerLowering {
  var suffix: String? { "eca" }
  var role: ParameterRole? { .squeeze }
  var isModule: Bool { true }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { nil }

  func tableText(_ usual: UsualAttributes) -> String {
    (["eca" + (size.map { " \($0.value)" } ?? "")] + (gate == .sigmoid ? [] : [gate.text])).joined(separator: ", ")
  }

  func weights(reading input: Shape) -> Int { size(entering: input.channels) }
}
