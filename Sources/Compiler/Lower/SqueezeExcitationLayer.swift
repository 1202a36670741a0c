// Squeeze-and-excitation as a source writes it: four nodes, whose tensors are those of torchvision's module.
import ResNetDSL

/// `se /16`
extension SqueezeExcitationLayer: LayerLowering {
  var suffix: String? { "se" }
  var role: ParameterRole? { .squeeze }
  var isModule: Bool { true }
  /// Lowering writes out its parts.
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { nil }

  func tableText(_ usual: UsualAttributes) -> String {
    let squeeze =
      switch width {
      case .channels(let width): "se \(width.value)-d"
      case .part(let divisor): "se /\(divisor.value)"
      }
    return ([squeeze] + (inner == .relu ? [] : [inner.text]) + (gate == .sigmoid ? [] : [gate.text]))
      .joined(separator: ", ")
  }

  func weights(reading input: Shape) -> Int { product(input.channels, squeezed(input.channels)) }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    guard case .part(let divisor) = width, input.channels % divisor.value != 0 else { return [] }
    return [
      Diagnostic(
        .error, .arithmetic,
        "the \(input.channels) channels that enter an 'se' of \(place.stage.name.value) are no multiple of \(divisor.value)",
        at: Label(divisor.span, "\(input.channels) / \(divisor.value) is not a whole number"),
        helps: ["write the width that is meant: 'se \(squeezed(input.channels))-d'"])
    ]
  }

  private func squeezed(_ channels: Int) -> Int {
    switch width {
    case .channels(let width): width.value
    case .part(let divisor): max(1, channels / divisor.value)
    }
  }

  /// The branch that computes the factors, of a value.
  func gate(of input: Shape, _ span: Span) -> [SizedLayer] {
    let pooled = Shape(input.channels, 1, 1)
    let narrow = Shape(squeezed(input.channels), 1, 1)
    func convolution(_ width: Int, _ activation: Activation) -> Layer {
      Layer(
        .convolution(
          ConvolutionLayer(
            kernel: Extent(square: 1), width: Located(width, span), stride: Located(1, span), bias: true,
            norm: nil, activation: activation, statesActivation: true)),
        span: span)
    }
    return [
      .mean(of: input, span),
      SizedLayer(layer: convolution(narrow.channels, inner), stride: 1, input: pooled, output: narrow),
      SizedLayer(layer: convolution(input.channels, gate), stride: 1, input: narrow, output: pooled),
    ]
  }
}

extension SizedLayer {
  /// The mean of each channel, of which a gate makes its factors.
  static func mean(of input: Shape, _ span: Span) -> SizedLayer {
    SizedLayer(
      layer: Layer(.adaptivePool(.wholeMap(.average)), span: span), stride: 1, input: input,
      output: Shape(input.channels, 1, 1))
  }
}
