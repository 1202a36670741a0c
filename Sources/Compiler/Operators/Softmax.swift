// Softmax over channels. It only ends a network, where `classify` computes it from the logits.

struct Softmax: Operator {
  func check(_ node: inout NodeCheck) { node.keepsItsShape() }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let x = inputs[0]
    return Value(shape) { channel, row, column in
      let column = (0..<x.shape.channels).map { x[$0, row, column] }
      let largest = column.reduce(-.infinity) { max($0, $1) }
      let total = column.reduce(0) { $0 + exponential($1 - largest) }
      return exponential(column[channel] - largest) / total
    }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    graph.add(.softmax, inputs, [.axis: .int(1)])
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "\($0[0]).softmax(1)" }
  }

  func kind(of node: Node) -> LayerKind? { .softmax }

  func cost(_ node: NodeShapes) -> Cost {
    var cost = Cost()
    cost.softened = node.output.count
    return cost
  }

  func overwritable(_ inputs: [NodeID]) -> [Int] { [0] }
  var dump: (name: String, details: [String]) { ("softmax", []) }
  var table: TableRow? { nil }
  var summary: String { "softmax" }
}

extension LayerKind {
  package static let softmax = LayerKind(name: "softmax")
}

/// `softmax`
struct SoftmaxLayer: LayerLowering {
  var suffix: String? { "softmax" }
  func tableText(_ usual: UsualAttributes) -> String { "softmax" }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { .softmax }
}
