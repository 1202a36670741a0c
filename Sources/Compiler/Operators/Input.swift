// The image: the first node of every graph.

struct Input: Operator {
  var arity: Int { 0 }
  func check(_ node: inout NodeCheck) {}
  /// Given to the interpreter, not computed.
  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value { inputs[0] }
  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    ONNXValue(name: graph.name, kind: .map(shape))
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { _ in "x" }
  }

  func kind(of node: Node) -> LayerKind? { nil }
  var dump: (name: String, details: [String]) { ("input", []) }
  var table: TableRow? { TableRow("input") }
  var summary: String { "input" }
  var quantization: Quantization? { .image }
}
