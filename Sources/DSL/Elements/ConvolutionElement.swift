// The convolution: a kernel, a width, and what becomes of both with the header's norm and activation.

struct ConvolutionElement: ElementDefinition {
  var kernel: Syntax.Dimensions
  var width: Syntax.Expression

  var expressions: [Syntax.Expression] { [kernel.height, kernel.width, width] }
  var window: Syntax.Dimensions? { kernel }
  var channels: Syntax.Element.Channels { .own(width) }
  var noun: String { "a convolution" }

  var attributes: [AttributeKey] {
    [.stride, .pad, .dilation, .groups, .depthwise, .bias, .norm, .epsilon, .weights, .activation]
  }

  func help(in model: SourceModel) -> String? {
    "a convolution: kernel, width (the number of output channels), attributes."
  }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    let extent = resolver.extent(kernel, "the kernel", scope)
    let width = resolver.integer(width, "the width", in: 1...Limits.channels, scope)
    guard let extent, let width else { return nil }
    let header = resolver.model.header
    let norm = attributes.normalization(resolver.headerNorm)
    return .convolution(
      ConvolutionLayer(
        kernel: extent, width: width, stride: attributes.stride, padding: attributes.padding?.value,
        dilation: attributes.dilation, grouping: attributes.grouping, bias: attributes.bias ?? (norm == nil),
        norm: norm, standardization: attributes.standardization(header),
        activation: attributes.activation ?? header.activation?.value ?? .relu,
        statesActivation: attributes.activation != nil,
        isPreActivated: resolver.isPreActivated && resolver.brackets > 0))
  }
}

extension Snippet {
  static let convolution = Snippet(
    "convolution", "${1:3x3}, ${2:64}", "A convolution: kernel and width.")
}
