// One convolution of a sum in the words of ONNX and of PyTorch.
import ResNetDSL

extension Convolution.Term {
  func onnx(_ x: ONNXValue, _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let dimensions = [shape.channels, groupChannels, kernel.height, kernel.width]
    var x = x
    if let order, case .map(let read) = x.kind { x = order.onnx([x], read, &graph) }
    var operands = [x, standardized(graph.parameter(Tensor(name: weight, shape: dimensions)), &graph)]
    if let bias { operands.append(graph.parameter(Tensor(name: bias, shape: [shape.channels]))) }
    var result = graph.add(
      .conv, operands,
      [
        .kernelShape: .ints([kernel.height, kernel.width]), .strides: .ints([stride.rows, stride.columns]),
        .pads: .ints([padding.top, padding.left, padding.bottom, padding.right]),
        .dilations: .ints([dilation, dilation]), .group: .int(groups),
      ], makes: .map(shape))
    if let norm { result = norm.onnx(result, &graph) }
    guard let scale else { return result }
    return ChannelScale(channels: shape.channels, weight: scale).onnx([result], shape, &graph)
  }

  func pytorch(_ outChannels: Int) -> PyTorchValue {
    var arguments = ["\(inChannels)", "\(outChannels)", kernel.pytorch]
    if stride != 1 { arguments.append("stride=\(stride.pytorch)") }
    if padding != .zero, padding.isEven { arguments.append("padding=\(padding.pytorch)") }
    if dilation != 1 { arguments.append("dilation=\(dilation)") }
    if groups != 1 { arguments.append("groups=\(groups)") }
    if bias == nil { arguments.append("bias=False") }
    if let standardization { arguments.append("eps=\(standardization)") }
    let kind = standardization == nil ? "nn.Conv2d" : "StandardizedConv2d"
    return PyTorchValue(
      module: PyTorchModule(of: weight, constructor: "\(kind)(\(arguments.joined(separator: ", ")))"),
      expression: { [padding] module, inputs in
        padding.isEven ? "\(module)(\(inputs[0]))" : "\(module)(F.pad(\(inputs[0]), \(padding.pytorchSides)))"
      })
  }

  /// Computed by the graph, so that the tensor is the checkpoint's own; engines do it once.
  private func standardized(_ weight: ONNXValue, _ graph: inout ONNXGraph) -> ONNXValue {
    guard let standardization else { return weight }
    func mean(_ x: ONNXValue) -> ONNXValue {
      graph.add(.reduceMean, [x], [.axes: .ints([1, 2, 3]), .keepdims: .int(1)])
    }
    let rest = graph.add(.sub, [weight, mean(weight)])
    let variance = mean(graph.add(.mul, [rest, rest]))
    let deviation = graph.add(.sqrt, [graph.add(.add, [variance, graph.number(standardization)])])
    return graph.add(.div, [rest, deviation])
  }
}
