// Dropout: the identity at inference. Kept in the graph as lowered, because modules are counted with it.

struct Dropout: Operator {
  var rate: Double

  func check(_ node: inout NodeCheck) {
    node.keepsItsShape()
    node.require(rate >= 0 && rate <= 1, "rate is a probability")
  }
  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value { inputs[0] }
  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue { inputs[0] }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "F.dropout(\($0[0]), \(rate), self.training)" }
  }
  func kind(of node: Node) -> LayerKind? { .dropout }
  func overwritable(_ inputs: [NodeID]) -> [Int] { [0] }
  var dump: (name: String, details: [String]) { ("dropout", ["\(rate)"]) }
  var table: TableRow? { nil }
  var summary: String { "dropout" }
  var description: [String] { ["nothing at inference"] }
}

extension LayerKind {
  package static let dropout = LayerKind(name: "dropout")
}

/// `dropout 0.5`
struct DropoutLayer: LayerLowering {
  var rate: Double
  var suffix: String? { "dropout" }
  func tableText(_ usual: UsualAttributes) -> String { "dropout \(rate)" }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { .dropout(rate: rate) }
  var isModule: Bool { true }
}
