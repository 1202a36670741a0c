// From floats to whole numbers and back, where a layer of one kind reads a value of the other. The same value: what it is
// made of is its number type, which a pass puts there with it (`Passes/Quantize.swift`).

package struct Convert: Operator {
  package enum Direction: Hashable, Sendable {
    /// To whole numbers, ONNX's QuantizeLinear.
    case quantize
    /// To floats, ONNX's DequantizeLinear.
    case dequantize
  }

  package var direction: Direction

  func check(_ node: inout NodeCheck) {
    node.keepsItsShape()
    node.require(
      node.node.number.isQuantized == (direction == .quantize), "has the type that it converts to")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value { inputs[0] }
  /// Files for others are made of networks that know of no number types.
  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue { inputs[0] }
  func pytorch(_ place: PyTorchPlace) -> PyTorchValue { place.value { $0[0] } }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs[0] }
  func kind(of node: Node) -> LayerKind? { nil }
  var dump: (name: String, details: [String]) { (word, []) }
  var table: TableRow? { TableRow(word) }
  var summary: String { direction == .quantize ? "to whole numbers" : "to floats" }

  private var word: String {
    switch direction {
    case .quantize: "quantize"
    case .dequantize: "dequantize"
    }
  }
}
