// The product of two values, of which the second may have one pixel for all of a map (a factor for each channel, as
// squeeze-and-excitation has) or one channel for all (a mask), then its activation.

struct Multiply: Operator {
  var activation: Nonlinearity

  var arity: Int { 2 }
  func tensors(channels: Int) -> [Tensor] { activation.tensors(channels) }

  func check(_ node: inout NodeCheck) {
    node.require(node.inputs[0] == node.shape, "has the shape of its first value")
    node.require(Multiply.spreads(node.inputs[1], over: node.shape), "has a second value that spreads over the first")
  }

  /// Whether each value of `shape` has a factor in `factors`: its own, its channel's or its pixel's.
  static func spreads(_ factors: Shape, over shape: Shape) -> Bool {
    factors == shape || factors == Shape(shape.channels, 1, 1) || factors == Shape(1, shape.height, shape.width)
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let (x, factors) = (inputs[0], inputs[1])
    let hasPixels = factors.shape.extent == shape.extent
    let hasChannels = factors.shape.channels == shape.channels
    let product = Value(shape) { channel, row, column in
      x[channel, row, column] * factors[hasChannels ? channel : 0, hasPixels ? row : 0, hasPixels ? column : 0]
    }
    return activation.value(product, tensors)
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let factors = inputs.allSatisfy(\.isRow) ? inputs : inputs.map { graph.map($0) }
    return activation.onnx(graph.add(.mul, factors), &graph)
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "\($0[0]) * \($0[1])" }.activated(activation)
  }

  func kind(of node: Node) -> LayerKind? { .product }
  func cost(_ node: NodeShapes) -> Cost { activation.cost(node.output) }
  func overwritable(_ inputs: [NodeID]) -> [Int] { [0] }
  var dump: (name: String, details: [String]) { ("multiply", activation.dump) }
  var table: TableRow? { TableRow("multiply", activation.dump) }
  func unnamed() -> Self { Multiply(activation: activation.unnamed) }
  var quantization: Quantization? { activation.hasSlopes ? nil : .multiplies(isClamped: activation.isClamp) }
  func isNonnegative(_ inputs: [Bool]) -> Bool {
    activation.isNonnegative || activation == .linear && inputs.allSatisfy { $0 }
  }
  var summary: String { "product" }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "product") }
}

extension LayerKind {
  package static let product = LayerKind(name: "product")
}
