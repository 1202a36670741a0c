// A Highway network's gate as a source writes it: a convolution, a second one that says how much of its value is taken,
// and both blended with what entered.
import ResNetDSL

/// `gate(3x3, 16)`
struct GateLayer: LayerLowering {
  var convolution: ConvolutionLayer
  var suffix: String? { "gate" }
  var role: ParameterRole? { .gate }
  var isModule: Bool { true }
  /// Lowering writes out its parts.
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { nil }

  func tableText(_ usual: UsualAttributes) -> String { "gate(\(convolution.tableText(usual)))" }
  func weights(reading input: Shape) -> Int { convolution.weights(reading: input) }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    let window = Window(convolution)
    let leaving = window.output(of: input.extent, stride: stride).map { Shape(convolution.width.value, $0) }
    guard leaving != input else {
      return convolution.faults(layer, in: place, entering: input, leaving: extent)
    }
    return [
      Diagnostic(
        .error, .branchMismatch,
        "a gate of \(place.stage.name.value) mixes \(input.text) with "
          + (leaving.map { "the \($0.text) that its convolution leaves" } ?? "what its window does not fit into"),
        at: Label(layer.span, "\(input.text) enters here"),
        helps: [
          "a gate keeps the shape: write a convolution before it that leads to \(convolution.width.value) channels, "
            + "and strides there"
        ])
    ]
  }

  private var stride: Stride { convolution.stride?.value ?? 1 }

  /// H, and T with its sigmoid.
  func parts(of sized: SizedLayer) -> [(name: String, layer: SizedLayer)] {
    var gate = convolution
    (gate.bias, gate.norm, gate.activation, gate.standardization) = (true, nil, .sigmoid, nil)
    return [("conv", convolution), ("gate", gate)].map { name, convolution in
      let layer = Layer(.convolution(convolution), span: sized.layer.span)
      return (name, SizedLayer(layer: layer, stride: stride, input: sized.input, output: sized.output))
    }
  }
}
