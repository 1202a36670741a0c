// Branches side by side: each computes from the same value, and their results are put together by channels, in order.
import ResNetDSL

struct Concatenate: Operator {
  /// How many values it puts together.
  var arity: Int

  func check(_ node: inout NodeCheck) {
    node.require(arity > 0, "puts values together")
    node.require(node.inputs.allSatisfy { $0.extent == node.shape.extent }, "puts together maps of one size")
    node.require(node.inputs.reduce(0) { $0 + $1.channels } == node.shape.channels, "has the channels of all")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    Value(shape, inputs.flatMap(\.elements))
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let isRow = inputs.allSatisfy(\.isRow)
    let parts = isRow ? inputs : inputs.map { graph.map($0) }
    return graph.add(.concat, parts, [.axis: .int(1)], makes: isRow ? .row(shape.channels) : .map(shape))
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "torch.cat([\($0.joined(separator: ", "))], 1)" }
  }

  func access(toInput position: Int) -> InputAccess { InputAccess(order: .any) }
  func kind(of node: Node) -> LayerKind? { .concatenation }
  var dump: (name: String, details: [String]) { ("concat", []) }
  var table: TableRow? { TableRow("concat") }
  var summary: String { "concatenation" }
  var quantization: Quantization? { .keeps }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs.allSatisfy { $0 } }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "concat") }
}

extension LayerKind {
  package static let concatenation = LayerKind(name: "concat")
}
