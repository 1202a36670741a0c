// Upsampling: a map becomes so many times as high and as wide, on the way up of a feature pyramid or a U-shaped network.

struct UpsampleElement: ElementDefinition {
  var factor: Syntax.Expression
  var method: UpsampleLayer.Method

  var expressions: [Syntax.Expression] { [factor] }
  var channels: Syntax.Element.Channels { .kept }
  var noun: String { "an upsampling" }
  func help(in model: SourceModel) -> String? { LayerWord.upsample.help }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    resolver.integer(factor, "the factor", in: 2...Limits.kernel, scope).map {
      .upsample(UpsampleLayer(factor: $0.value, method: method))
    }
  }
}

/// How many times as high and as wide a map becomes, and what is between its values.
package struct UpsampleLayer: Equatable, Sendable {
  package enum Method: String, CaseIterable, Hashable, Sendable {
    /// Each value so many times.
    case nearest
    /// Along straight lines between the middles of values, PyTorch's `align_corners=False`.
    case bilinear
  }
  package var factor: Int
  package var method: Method
}

extension LayerWord {
  static let upsample = LayerWord(
    "upsample",
    "`upsample 2`: twice as high and as wide, each value four times; `upsample 2 bilinear` runs straight between them.",
    template: "upsample ${1:2}", takesNumber: true
  ) { parser, _ in
    guard let factor = parser.dimension() else { return nil }
    for method in UpsampleLayer.Method.allCases where parser.take(word: method.rawValue) {
      return .upsample(factor, method)
    }
    return .upsample(factor, .nearest)
  }
}
