// What a Highway network's gate does with two values: `T * h + (1 - T) * x`, computed as `x + T * (h - x)`.

struct Blend: Operator {
  /// What enters, what the convolution makes of it, the share of that.
  var arity: Int { 3 }

  func check(_ node: inout NodeCheck) {
    node.require(node.inputs.allSatisfy { $0 == node.shape }, "blends values of its shape")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    Value(
      shape,
      shape.indices.map { index in
        let (x, h, share) = (inputs[0].elements[index], inputs[1].elements[index], inputs[2].elements[index])
        return share * h + (1 - share) * x
      })
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let (x, h, share) = (graph.map(inputs[0]), graph.map(inputs[1]), graph.map(inputs[2]))
    let change = graph.add(.mul, [graph.add(.sub, [h, x]), share])
    return graph.add(.add, [x, change])
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "torch.lerp(\($0[0]), \($0[1]), \($0[2]))" }
  }

  func kind(of node: Node) -> LayerKind? { .blend }
  func overwritable(_ inputs: [NodeID]) -> [Int] { [1, 2, 0] }
  var dump: (name: String, details: [String]) { ("blend", []) }
  var table: TableRow? { TableRow("blend") }
  var summary: String { "blend" }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "blend") }
}

extension Shape {
  fileprivate var indices: Range<Int> { 0..<count }
}

extension LayerKind {
  package static let blend = LayerKind(name: "blend")
}
