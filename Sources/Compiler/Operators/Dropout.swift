// Dropout: the identity at inference. Kept in the graph as lowered, because modules are counted with it.

struct Dropout: Operator {
  var rate: Double

  func check(_ node: inout NodeCheck) {
    node.keepsItsShape()
    node.require(rate >= 0 && rate <= 1, "rate is a probability")
  }
  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value { inputs[0] }
  func kind(of node: Node) -> LayerKind? { .dropout }
  func overwritable(_ inputs: [NodeID]) -> [Int] { [0] }
  var dump: (name: String, details: [String]) { ("dropout", ["\(rate)"]) }
  var table: (word: String, details: [String])? { nil }
  var summary: String { "dropout" }
}
