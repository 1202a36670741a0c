// Maxout: of each group of consecutive channels the largest, in place of an activation (Goodfellow et al., 2013).

struct MaxoutElement: ElementDefinition {
  var size: Syntax.Expression

  var expressions: [Syntax.Expression] { [size] }
  var noun: String { "maxout" }
  func help(in model: SourceModel) -> String? { LayerWord.maxout.help }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    // One channel is the largest of itself.
    resolver.integer(size, "the size of maxout's groups", in: 2...Limits.channels, scope).map { .maxout($0) }
  }
}

extension LayerWord {
  static let maxout = LayerWord(
    "maxout", "`maxout 2`: the largest of each two consecutive channels, in place of an activation.",
    template: "maxout ${1:2}", takesNumber: true
  ) { parser, _ in parser.expression().map { .maxout($0) } }
}
