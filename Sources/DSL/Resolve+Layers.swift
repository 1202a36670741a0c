// One layer: its numbers computed, the header's defaults filled in.

extension Resolver {
  /// The layer, and whether it names its activation itself; nil for what is in error or not built.
  mutating func layer(_ element: Syntax.Element, _ scope: Scope) -> (Layer, hasOwnActivation: Bool)? {
    let attributes = attributes(element.attributes, scope)
    let kind: Layer.Kind
    switch element.kind {
    case .convolution(let kernel, let width):
      guard let convolution = convolution(kernel, width, attributes, scope) else { return nil }
      kind = .convolution(convolution)
    case .maxPool(let kernel):
      guard let pool = pool(kernel, attributes, scope) else { return nil }
      kind = .maxPool(pool)
    case .averagePool(let kernel):
      guard let pool = pool(kernel, attributes, scope) else { return nil }
      kind = .averagePool(pool)
    case .fullyConnected(let width):
      guard let width = integer(width, "the width", in: 1...Limits.channels, scope) else { return nil }
      kind = .fullyConnected(
        FullyConnectedLayer(width: width, bias: attributes.bias ?? true, activation: attributes.activation ?? .linear))
    case .globalAveragePool: kind = .globalAveragePool
    case .activation(let activation): kind = .activation(activation)
    case .dropout(let rate): kind = .dropout(rate.value)
    case .softmax: kind = .softmax
    default: return nil
    }
    return (Layer(kind, span: element.span), attributes.activation != nil)
  }

  private struct Attributes {
    var stride: Located<Int>?
    var padding: Located<Extent>?
    var dilation = 1
    var bias: Bool?
    var norm: Bool?
    var epsilon: Double?
    var activation: Activation?
    var ceil = false
    var countsPadding: Bool?
  }

  private mutating func attributes(_ list: [Syntax.Attribute], _ scope: Scope) -> Attributes {
    var result = Attributes()
    for attribute in list {
      switch attribute.kind {
      case .stride(let value): result.stride = integer(value, "the stride", in: 1...Limits.stride, scope)
      case .dilation(let value):
        result.dilation = integer(value, "the dilation", in: 1...Limits.dilation, scope)?.value ?? 1
      case .pad(let height, let width):
        let rows = integer(height, "the padding", in: 0...Limits.kernel, scope)
        let columns = width.map { integer($0, "the padding", in: 0...Limits.kernel, scope) } ?? rows
        if let rows, let columns { result.padding = Located(Extent(rows.value, columns.value), attribute.span) }
      case .bias(let value): result.bias = value
      case .norm(let value): result.norm = value
      case .epsilon(let value): result.epsilon = value.value
      case .activation(let value): result.activation = value
      case .ceil: result.ceil = true
      case .countsPadding(let value): result.countsPadding = value
      case .groups, .depthwise, .invalid: break
      }
    }
    return result
  }

  private mutating func convolution(
    _ kernel: Syntax.Dimensions, _ width: Syntax.Expression, _ attributes: Attributes, _ scope: Scope
  ) -> ConvolutionLayer? {
    let extent = window(kernel, "the kernel", scope)
    let width = integer(width, "the width", in: 1...Limits.channels, scope)
    guard let extent, let width else { return nil }
    let epsilon = epsilon(attributes)
    return ConvolutionLayer(
      kernel: extent, width: width, stride: attributes.stride, padding: attributes.padding?.value,
      dilation: attributes.dilation, bias: attributes.bias ?? (epsilon == nil), normEpsilon: epsilon,
      activation: attributes.activation ?? model.header.activation?.value ?? .relu)
  }

  /// Batch normalisation's epsilon, from the layer, else the header, else 1e-5.
  private func epsilon(_ attributes: Attributes) -> Double? {
    let standard: Double?
    switch model.header.norm?.value {
    case .batch(let epsilon): standard = epsilon
    case .some(.none): standard = nil
    case nil: standard = 1e-5
    }
    switch attributes.norm {
    case false: return nil
    case true: return attributes.epsilon ?? standard ?? 1e-5
    case nil: return standard == nil ? attributes.epsilon : attributes.epsilon ?? standard
    }
  }

  private mutating func pool(
    _ kernel: Syntax.Dimensions, _ attributes: Attributes, _ scope: Scope
  ) -> PoolLayer? {
    guard let extent = window(kernel, "the window", scope) else { return nil }
    if let padding = attributes.padding,
      padding.value.height > extent.height / 2 || padding.value.width > extent.width / 2
    {
      report(
        Diagnostic(
          .numberOutOfRange, "a pool's padding is at most half its window",
          at: Label(padding.span, "more than half of \(extent.height)x\(extent.width)"),
          secondary: [Label(kernel.span, "the window")]))
    }
    return PoolLayer(
      kernel: extent, stride: attributes.stride, padding: attributes.padding?.value, ceilMode: attributes.ceil,
      countsPadding: attributes.countsPadding)
  }

  private mutating func window(_ written: Syntax.Dimensions, _ what: String, _ scope: Scope) -> Extent? {
    let height = integer(written.height, "\(what)'s height", in: 1...Limits.kernel, scope)
    let width = integer(written.width, "\(what)'s width", in: 1...Limits.kernel, scope)
    guard let height, let width else { return nil }
    return Extent(height.value, width.value)
  }
}
