// Local response normalisation, as AlexNet has it: `lrn 5` divides each value by a power of what the channels around its
// own hold at its pixel. Frameworks differ in what alpha is divided by; here it is PyTorch's, by the window.

struct LocalResponseNormElement: ElementDefinition {
  var size: Syntax.Expression

  var expressions: [Syntax.Expression] { [size] }
  var channels: Syntax.Element.Channels { .kept }
  var attributes: [AttributeKey] { ResponseNormTerm.allCases.map(\.key) }
  var noun: String { "'lrn'" }
  func help(in model: SourceModel) -> String? { LayerWord.localResponseNorm.help }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    guard let size = resolver.integer(size, "the number of channels", in: 1...Limits.kernel, scope) else { return nil }
    func value(_ term: ResponseNormTerm) -> Double { attributes.responseNorm[term] ?? term.standard }
    return .localResponseNorm(
      LocalResponseNormLayer(size: size.value, alpha: value(.alpha), beta: value(.beta), k: value(.k)))
  }
}

extension LayerWord {
  static let localResponseNorm = LayerWord(
    "lrn", "`lrn 5`: each value over a power of the squares in five channels around it; `lrn 5, k 2` is AlexNet's.",
    template: "lrn ${1:5}", takesNumber: true
  ) { parser, _ in parser.expression().map { .localResponseNorm($0) } }
}

/// Each value `x` becomes `x / (k + alpha / size * s)^beta`, `s` the sum of squares of `size` channels around its own; of
/// an even number one more before it than after.
package struct LocalResponseNormLayer: Equatable, Sendable {
  package var size: Int
  package var alpha: Double
  package var beta: Double
  package var k: Double
}
