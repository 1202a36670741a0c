// A range of a value's channels: what a branch of `split { A | B }` reads. In PyTorch it is written `x.chunk(2, dim=1)[0]`.
import ResNetDSL

package struct Share: Operator {
  var first: Int
  var count: Int

  /// As what passes make of it.
  var gather: Gather { Gather(runs: [Gather.Run(from: first, out: 0, count: count, step: 1, outStep: 1)]) }

  func check(_ node: inout NodeCheck) {
    node.require(first >= 0 && count > 0 && first + count <= node.inputs[0].channels, "reads channels that there are")
    node.require(node.shape == Shape(count, node.inputs[0].extent), "keeps its map and its channels")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let area = shape.height * shape.width
    return Value(shape, Array(inputs[0].elements[first * area..<(first + count) * area]))
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let kind = inputs[0].isRow ? ONNXValue.Kind.row(count) : .map(shape)
    return graph.slice(inputs[0], axis: 1, first..<first + count, makes: kind)
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "\($0[0])[:, \(first):\(first + count)]" }
  }

  func kind(of node: Node) -> LayerKind? { .split }
  func reads(_ inputs: [Shape]) -> [Double] { inputs.map { Double(count * $0.height * $0.width) } }
  func access(toInput position: Int) -> InputAccess { InputAccess(order: .any) }
  var dump: (name: String, details: [String]) { ("share", ["\(first)..<\(first + count)"]) }
  /// A gather by then.
  var table: TableRow? { nil }
  var summary: String { "channels \(first) to \(first + count - 1)" }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "split") }
}

extension LayerKind {
  package static let split = LayerKind(name: "split")
}

/// The share of a branch.
struct ShareLayer: LayerLowering {
  var index: Int
  var count: Int

  var suffix: String? { "split" }
  func tableText(_ usual: UsualAttributes) -> String { "" }
  func output(of input: Shape, _ extent: Extent) -> Shape { Shape(max(1, input.channels / count), extent) }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? {
    .share(Share(first: index * sized.output.channels, count: sized.output.channels))
  }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    guard input.channels % count != 0 else { return [] }
    return [
      Diagnostic(
        .error, .arithmetic,
        "the \(input.channels) channels that enter a split of \(place.stage.name.value) are no multiple of \(count)",
        at: Label(layer.span, "\(input.channels) / \(count) is not a whole number"),
        helps: ["each of the \(count) branches reads an equal share: write a width before it that \(count) divides"])
    ]
  }
}

extension Layer {
  /// What begins a branch of a split and is no layer of a model.
  var isShare: Bool { if case .share = kind { true } else { false } }
}
