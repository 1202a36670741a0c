// Fully connected layers: `1000-d fc`. Their width begins them, so the word alone is a mistake.

struct FullyConnectedElement: ElementDefinition {
  var width: Syntax.Expression

  var expressions: [Syntax.Expression] { [width] }
  var attributes: [AttributeKey] { [.bias, .activation] }
  var noun: String { "a fully connected layer" }
  func help(in model: SourceModel) -> String? { "a fully connected layer; a map that enters it is flattened." }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    guard let width = resolver.integer(width, "the width", in: 1...Limits.channels, scope) else { return nil }
    return .fullyConnected(
      FullyConnectedLayer(
        width: width, bias: attributes.bias ?? true, activation: attributes.activation ?? .linear,
        statesActivation: attributes.activation != nil))
  }
}

extension LayerWord {
  static let fullyConnected = LayerWord(
    "fc", lead: "d", "`1000-d fc`: a fully connected layer with 1000 outputs."
  ) { parser, _ in
    parser.expected("a width before 'fc', as in '1000-d fc'")
    return nil
  }
}

extension Snippet {
  static let fullyConnected = Snippet("fully connected", "${1:1000}-d fc", LayerWord.fullyConnected.help)
}
