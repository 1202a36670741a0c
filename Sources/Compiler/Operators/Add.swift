// The sum at the end of a residual block, then its activation (section 3.2, Figure 2).

struct Add: Operator {
  var activation: Nonlinearity

  var arity: Int { 2 }
  func tensors(channels: Int) -> [Tensor] { activation.tensors(channels) }

  func check(_ node: inout NodeCheck) {
    node.require(node.inputs[0] == node.shape && node.inputs[1] == node.shape, "adds values of its shape")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    var sum = inputs[0]
    sum.add(inputs[1])
    return activation.value(sum, tensors)
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    // A row may meet a map of one pixel.
    let terms = inputs.allSatisfy(\.isRow) ? inputs : inputs.map { graph.map($0) }
    return activation.onnx(graph.add(.add, terms), &graph)
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "\($0[0]) + \($0[1])" }.activated(activation)
  }

  func kind(of node: Node) -> LayerKind? { .sum }
  func cost(_ node: NodeShapes) -> Cost { activation.cost(node.output) }
  func overwritable(_ inputs: [NodeID]) -> [Int] { inputs[0] == inputs[1] ? [0] : [0, 1] }
  var dump: (name: String, details: [String]) { ("add", activation.dump) }
  var table: TableRow? { TableRow("add", activation.dump) }
  var summary: String { "sum" }
  var quantization: Quantization? { activation.hasSlopes ? nil : .adds(isClamped: activation.isClamp) }
  func isNonnegative(_ inputs: [Bool]) -> Bool { activation.isNonnegative }
  /// Of branches; a residual block's is where its curve ends.
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "sum") }
}

extension LayerKind {
  package static let sum = LayerKind(name: "sum")
}
