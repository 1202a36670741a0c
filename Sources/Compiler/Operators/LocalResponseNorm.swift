// Local response normalisation: each value over a power of what the channels around its own hold at its pixel. As in
// PyTorch alpha is divided by the window, and channels beyond the first and the last are zeros that count in it.
import ResNetDSL

package struct LocalResponseNorm: Operator {
  /// Channels of the window, its own among them; of an even number one more lies before it than after.
  var size: Int
  var alpha: Double
  var beta: Double
  var k: Double

  func check(_ node: inout NodeCheck) {
    node.keepsItsShape()
    node.require(size > 0, "has a window")
    node.require(k > 0 && alpha >= 0, "divides by more than zero")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let x = inputs[0]
    return Value(shape) { channel, row, column in
      let window = max(0, channel - size / 2)..<min(shape.channels, channel - size / 2 + size)
      let squares = window.reduce(0) { $0 + x[$1, row, column] * x[$1, row, column] }
      return x[channel, row, column] / power(k + alpha / Double(size) * squares, beta)
    }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let x = graph.map(inputs[0])
    guard size % 2 == 0 else {
      let numbers: KeyValuePairs<ONNXAttribute, ONNXAttributeValue> = [
        .size: .int(size), .alpha: .float(alpha), .beta: .float(beta), .bias: .float(k),
      ]
      return graph.add(.lrn, [x], numbers)
    }
    // ONNX has the odd channel of an even window on the other side.
    let area = product(shape.height, shape.width)
    let squares = graph.reshape(
      graph.add(.mul, [x, x]), [0, 1, shape.channels, area], .map(Shape(1, shape.channels, area)))
    let means = graph.add(
      .averagePool, [squares],
      [
        .kernelShape: .ints([size, 1]), .pads: .ints([size / 2, 0, size - 1 - size / 2, 0]), .strides: .ints([1, 1]),
        .countIncludePad: .int(1),
      ])
    let sum = graph.add(.add, [graph.add(.mul, [means, graph.number(alpha)]), graph.number(k)])
    let divisor = graph.add(.pow, [sum, graph.number(beta)])
    return graph.add(.div, [x, graph.reshape(divisor, [0, shape.channels, shape.height, shape.width], .map(shape))])
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "F.local_response_norm(\($0[0]), \(size), \(alpha), \(beta), \(k))" }
  }

  func kind(of node: Node) -> LayerKind? { .localResponseNorm }
  /// What tools count that look into PyTorch's function: a mean over channels and those beyond, two products, a sum.
  func cost(_ node: NodeShapes) -> Cost {
    var cost = Cost()
    let area = node.output.height * node.output.width
    cost.softened = sum(product(node.output.channels + size - 1, area), product(3, node.output.count))
    return cost
  }

  func access(toInput position: Int) -> InputAccess { InputAccess(order: .plain) }
  var dump: (name: String, details: [String]) { ("lrn", ["\(size)", "alpha \(alpha)", "beta \(beta)", "k \(k)"]) }
  var table: TableRow? { TableRow("lrn \(size)", ["alpha \(alpha)", "beta \(beta)", "k \(k)"]) }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs[0] }
  var summary: String { "local response norm" }
  var description: [String] { ["local response norm", "over \(size) channels"] }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "lrn") }
}

extension LayerKind {
  package static let localResponseNorm = LayerKind(name: "local response norm")
}

/// `lrn 5, k 2`
extension LocalResponseNormLayer: LayerLowering {
  var suffix: String? { "lrn" }
  var isModule: Bool { true }

  func tableText(_ usual: UsualAttributes) -> String {
    let terms: [(ResponseNormTerm, Double)] = [(.alpha, alpha), (.beta, beta), (.k, k)]
    let unusual = terms.filter { $0.1 != $0.0.standard }.map { "\($0.0.rawValue) \($0.1)" }
    return (["lrn \(size)"] + unusual).joined(separator: ", ")
  }

  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? {
    .localResponseNorm(LocalResponseNorm(size: size, alpha: alpha, beta: beta, k: k))
  }
}
