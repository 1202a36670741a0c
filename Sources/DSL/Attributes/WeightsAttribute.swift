// `weights standardized` and `weights plain`: whether a convolution's weights are standardised before it uses them ("Micro-Batch
// Training with Batch-Channel Normalization and Weight Standardization", Qiao et al., 2019; BiT). The same words stand in
// the header, for all convolutions.

struct WeightsAttribute: AttributeDefinition {
  var isStandardized: Bool

  var key: AttributeKey { .weights }
  var help: String? { HeaderDescription.weights.help(isStandardized ? "standardized" : "plain") }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.isStandardized = isStandardized }
}

extension AttributeKey {
  static let weights = AttributeKey(
    "weights", noun: "word on its weights ('weights')", listed: "weights",
    Meaning(
      "`weights standardized`, `weights plain`",
      "whether each output channel's weights have their mean taken away and are divided by their deviation",
      default: "as the header says; `plain`"))
}

extension AttributeWord {
  static let weights = AttributeWord(
    "weights", .weights, template: "weights standardized",
    options: HeaderKey.weights.words(.start).map { ($0, HeaderDescription.weights.help($0) ?? "") }
  ) { parser in
    parser.option("weights", HeaderKey.weights.words(.start)).map { .weights(isStandardized: $0.value != "plain") }
  }
}

extension Syntax.WeightsOption {
  /// timm's, of a standardised convolution.
  static let standardEpsilon = 1e-6
}

extension Resolver.Attributes {
  /// What is added to the variance of standardised weights; `nil` for weights as they are.
  func standardization(_ header: Syntax.Header) -> Double? {
    let epsilon = if case .standardized(let epsilon)? = header.weights?.value { epsilon } else { nil as Double? }
    return isStandardized ?? (epsilon != nil) ? epsilon ?? Syntax.WeightsOption.standardEpsilon : nil
  }
}
