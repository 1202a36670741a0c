// What leaves channels as they are and only takes some of them, or puts them in another order: `split { A | B }`, of whose
// branches each reads a share, and `shuffle g` (ShuffleNet: Zhang et al., 2017, and Ma et al., 2018).

struct ShuffleElement: ElementDefinition {
  var groups: Syntax.Expression

  var expressions: [Syntax.Expression] { [groups] }
  var channels: Syntax.Element.Channels { .kept }
  var noun: String { "a shuffle" }
  func help(in model: SourceModel) -> String? { LayerWord.shuffle.help }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    // One group would stay as it is.
    resolver.integer(groups, "the number of groups", in: 2...Limits.channels, scope).map { .shuffle($0) }
  }
}

extension LayerWord {
  static let shuffle = LayerWord(
    "shuffle",
    "`shuffle 2`: channels, cut into two groups, from each group by turns: the first of both, then the second of both.",
    template: "shuffle ${1:2}", takesNumber: true
  ) { parser, _ in parser.expression().map { .shuffle($0) } }

  static let split = LayerWord(
    "split",
    "`split { identity | 3x3, 58 }`: branches, of which each reads an equal, consecutive share of the channels.",
    template: "split { ${1:identity} | ${2:3x3, 58} }"
  ) { parser, token in parser.split(token) }
}

extension Parser {
  /// "split" "{" branch { "|" branch } "}" [ combiner ]
  fileprivate mutating func split(_ token: Token) -> Element.Kind? {
    guard current.kind == .leftBrace else {
      expected("'{'")
      return nil
    }
    guard case .branches(let branches, let combiner, _)? = branches() else { return nil }
    return .branches(branches, combiner, split: token.span)
  }
}
