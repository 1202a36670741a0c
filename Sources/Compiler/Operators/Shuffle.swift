// Channels in so many groups, taken from each group by turns (ShuffleNet: Zhang et al., 2017). In PyTorch it is written
// `x.view(n, g, c // g, h, w).transpose(1, 2)`.
import ResNetDSL

package struct Shuffle: Operator {
  var groups: Int

  /// Of a value with so many channels, as what passes make of it.
  func gather(_ channels: Int) -> Gather {
    let size = channels / max(1, groups)
    return Gather(runs: [
      Gather.Run(
        from: 0, out: 0, count: size, step: 1, outStep: groups, times: groups, listStep: size, outListStep: 1)
    ])
  }

  func check(_ node: inout NodeCheck) {
    node.keepsItsShape()
    node.require(groups > 0 && node.shape.channels % groups == 0, "groups divide its channels")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let size = shape.channels / groups
    return Value(shape) { channel, row, column in inputs[0][channel % groups * size + channel / groups, row, column] }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let area = product(shape.height, shape.width)
    let cut = graph.reshape(graph.map(inputs[0]), [0, groups, shape.channels / groups, area], .inner)
    let turns = graph.add(.transpose, [cut], [.perm: .ints([0, 2, 1, 3])])
    return graph.reshape(turns, [0, shape.channels, shape.height, shape.width], .map(shape))
  }

  func pytorch(_ place: PyTorchPlace) -> PyTorchValue {
    place.value { "\($0[0]).unflatten(1, (\(groups), -1)).transpose(1, 2).flatten(1, 2)" }
  }

  func kind(of node: Node) -> LayerKind? { .shuffle }
  func access(toInput position: Int) -> InputAccess { InputAccess(order: .any) }
  var dump: (name: String, details: [String]) { ("shuffle", ["\(groups)"]) }
  /// A gather by then.
  var table: TableRow? { nil }
  var summary: String { "shuffle" }
  var description: [String] { ["shuffle", "of \(groups) groups of channels"] }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "shuffle") }
}

extension LayerKind {
  package static let shuffle = LayerKind(name: "shuffle")
}

/// `shuffle 2`
struct ShuffleLayer: LayerLowering {
  var groups: Located<Int>

  var suffix: String? { "shuffle" }
  func tableText(_ usual: UsualAttributes) -> String { "shuffle \(groups.value)" }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { .shuffle(Shuffle(groups: groups.value)) }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    let groups = groups.value
    guard input.channels % groups != 0 else { return [] }
    return [
      Diagnostic(
        .error, .arithmetic,
        "the \(input.channels) channels that enter a shuffle of \(place.stage.name.value) are no multiple of \(groups)",
        at: Label(self.groups.span, "\(input.channels) / \(groups) is not a whole number"),
        helps: ["a shuffle cuts the channels into equal groups: write a width before it that \(groups) divides"])
    ]
  }
}
