// Option A's shortcut: every `stride`-th row and column, then zero channels before and after.

internal import ResNetDSL

package struct ZeroPad: Operator {
  package var stride: Int
  package var channelsBefore: Int
  package var channelsAfter: Int

  package init(stride: Int, channelsBefore: Int, channelsAfter: Int) {
    self.stride = stride
    self.channelsBefore = channelsBefore
    self.channelsAfter = channelsAfter
  }

  func check(_ node: inout NodeCheck) {
    node.require(padded(node.inputs[0]) == node.shape, "subsamples and pads to its shape")
  }

  /// What becomes of a value; `nil` where this makes no sense.
  func padded(_ input: Shape) -> Shape? {
    guard stride > 0, channelsBefore >= 0, channelsAfter >= 0 else { return nil }
    return Shape(
      channelsBefore + input.channels + channelsAfter, (input.height + stride - 1) / stride,
      (input.width + stride - 1) / stride)
  }

  func access(toInput position: Int) -> InputAccess { InputAccess(order: .plain) }
  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value { value(shape, inputs[0]) }

  func value(_ shape: Shape, _ x: Value) -> Value {
    Value(shape) { channel, row, column in
      let source = channel - channelsBefore
      guard (0..<x.shape.channels).contains(source) else { return 0 }
      return x[source, row * stride, column * stride]
    }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let x = graph.map(inputs[0])
    let every =
      stride == 1
      ? x
      : graph.add(
        .slice,
        [
          x, graph.integers([0, 0]), graph.integers([.max, .max]), graph.integers([2, 3]),
          graph.integers([stride, stride]),
        ],
        makes: .inner)
    let around = graph.integers([0, channelsBefore, 0, 0, 0, channelsAfter, 0, 0])
    return graph.add(.pad, [every, around, graph.number(0)], [.mode: .text("constant")], makes: .map(shape))
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    let step = stride == 1 ? "" : "[:, :, ::\(stride), ::\(stride)]"
    return place.value { "F.pad(\($0[0])\(step), (0, 0, 0, 0, \(channelsBefore), \(channelsAfter)))" }
  }

  func kind(of node: Node) -> LayerKind? { .zeroPad }
  func reads(_ inputs: [Shape]) -> [Double] { inputs.map { Double($0.count) / Double(stride * stride) } }
  func window(_ node: NodeShapes) -> SlidingWindow { SlidingWindow(stride: Stride(stride)) }
  var dump: (name: String, details: [String]) { ("zeropad", [text]) }
  var text: String { "stride \(stride), \(channelsBefore) zeros before, \(channelsAfter) after" }
  var table: TableRow? { TableRow("zeropad", ["stride \(stride)", "from \(channelsBefore)"]) }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs[0] }
  var summary: String { "zero-padded identity" }
}

extension LayerKind {
  package static let zeroPad = LayerKind(name: "zero pad")
}
