// Softmax, which ends a network: what leaves it enters nothing.

struct SoftmaxElement: ElementDefinition {
  var noun: String { "softmax" }
  func help(in model: SourceModel) -> String? { LayerWord.softmax.help }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? { .softmax }
}

extension LayerWord {
  static let softmax = LayerWord(
    "softmax", "Ends a network: `classify` applies it, `logits` gives the values before it.", template: "softmax"
  ) { parser, _ in
    parser.noParentheses(after: "softmax")
    return .softmax
  }
}
