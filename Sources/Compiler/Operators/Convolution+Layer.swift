// The convolution as a source writes it: kernel, width, attributes. It becomes one term, then a norm and an activation.
import ResNetDSL

extension ConvolutionLayer: LayerLowering {
  var suffix: String? { nil }

  func tableText(_ usual: UsualAttributes) -> String {
    var words = [kernel.text, "\(width.value)"]
    if let stride, stride.value != 1 { words.append("stride \(stride.value.text)") }
    words += padding.padText(unless: usualPadding)
    if dilation != 1 { words.append("dilation \(dilation)") }
    switch grouping {
    case .whole: break
    case .groups(let count): words.append("groups \(count.value)")
    case .depthwise: words.append("depthwise")
    }
    words += norm.text(unless: usual.norm)
    if standardization != usual.standardization {
      words.append(standardization == nil ? "weights plain" : "weights standardized")
    }
    if bias != (norm == nil) { words.append(bias ? "bias" : "no bias") }
    if activation != usual.activation { words.append(activation.text) }
    return words.joined(separator: ", ")
  }

  // MARK: Shape

  func window(entering map: Extent) -> Window? { Window(self) }
  func output(of input: Shape, _ extent: Extent) -> Shape { Shape(width.value, extent) }

  func weights(reading input: Shape) -> Int {
    product(width.value, (input.channels + groups(of: input) - 1) / groups(of: input), kernel.height, kernel.width)
  }

  private func groups(of input: Shape) -> Int {
    switch grouping {
    case .whole: 1
    case .groups(let count): count.value
    case .depthwise: input.channels
    }
  }

  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    let groups = groups(of: input)
    let span =
      switch grouping {
      case .whole: layer.span
      case .groups(let count): count.span
      case .depthwise(let span): span
      }
    let channels = [(input.channels, "enter"), (width.value, "leave")]
    let normed = norm?.faults(layer, in: place, of: isPreActivated ? input.channels : width.value) ?? []
    guard let (odd, what) = channels.first(where: { $0.0 % groups != 0 }) else { return normed }
    return normed + [
      Diagnostic(
        .error, .groupsDoNotDivide,
        "\(groups) groups do not divide the \(odd) channels that \(what) a convolution of \(place.stage.name.value)",
        at: Label(span, "\(odd) / \(groups) leaves \(odd % groups)"), secondary: [Label(width.span, "the width")],
        helps: [
          groups == input.channels
            ? "write a width that is a multiple of \(groups), the number of channels that enter"
            : "write a number of groups that divides both \(input.channels) and \(width.value)"
        ])
    ]
  }

  // MARK: Nodes

  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? {
    let window = Window(self).placed(on: sized.input.extent, by: sized.stride)
    let term = Convolution.Term(
      inChannels: sized.input.channels, kernel: window.kernel, stride: sized.stride, padding: window.padding,
      dilation: window.dilation, groups: groups(of: sized.input), weight: "\(paths.layer).weight",
      standardization: standardization, bias: bias ? "\(paths.layer).bias" : nil)
    return .convolution(Convolution(terms: [term], outChannels: sized.output.channels))
  }

  var normalization: Normalization? { norm }
  var role: ParameterRole? { .convolution }
  var isModule: Bool { true }
}
