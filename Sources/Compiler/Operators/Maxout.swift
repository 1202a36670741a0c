// Maxout: of each group of consecutive channels the largest, pixel by pixel. In PyTorch it is written
// `x.view(n, c // k, k, h, w).max(2).values`.
import ResNetDSL

struct Maxout: Operator {
  /// Channels in a group.
  var size: Int

  func check(_ node: inout NodeCheck) {
    let input = node.inputs[0]
    node.require(size > 0 && input.channels == product(size, node.shape.channels), "divides its channels into groups")
    node.require(input.extent == node.shape.extent, "keeps its map")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    Value(shape) { channel, row, column in
      (channel * size..<(channel + 1) * size).reduce(-.infinity) { max($0, inputs[0][$1, row, column]) }
    }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let area = product(shape.height, shape.width)
    let groups = graph.reshape(graph.map(inputs[0]), [0, shape.channels, size, area], .inner)
    let largest = graph.add(.reduceMax, [groups], [.axes: .ints([2]), .keepdims: .int(0)])
    return graph.reshape(largest, [0, shape.channels, shape.height, shape.width], .map(shape))
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "\($0[0]).unflatten(1, (-1, \(size))).amax(2)" }
  }

  func kind(of node: Node) -> LayerKind? { .maxout }
  func access(toInput position: Int) -> InputAccess { InputAccess(order: .plain) }
  var dump: (name: String, details: [String]) { ("maxout", ["\(size)"]) }
  var table: TableRow? { TableRow("maxout \(size)") }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs[0] }
  var summary: String { "maxout" }
  var description: [String] { ["maxout", "of \(size) channels"] }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "maxout") }
}

extension LayerKind {
  package static let maxout = LayerKind(name: "maxout")
}

/// `maxout 2`
struct MaxoutLayer: LayerLowering {
  var size: Located<Int>

  var suffix: String? { "maxout" }
  var isModule: Bool { true }
  func tableText(_ usual: UsualAttributes) -> String { "maxout \(size.value)" }
  func output(of input: Shape, _ extent: Extent) -> Shape { Shape(max(1, input.channels / size.value), extent) }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { .maxout(size.value) }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    guard input.channels % size.value != 0 else { return [] }
    return [
      Diagnostic(
        .error, .arithmetic,
        "the \(input.channels) channels that enter a maxout of \(place.stage.name.value) are no multiple of \(size.value)",
        at: Label(size.span, "\(input.channels) / \(size.value) is not a whole number"),
        helps: ["maxout takes the largest of each \(size.value) channels: write a width that \(size.value) divides"])
    ]
  }
}
