// `bias` and `no bias`: whether a value is added for each channel.

struct BiasAttribute: AttributeDefinition {
  var isPresent: Bool

  var key: AttributeKey { .bias }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.bias = isPresent }
}

extension AttributeKey {
  static let bias = AttributeKey(
    "bias", listed: "bias",
    Meaning("`bias`, `no bias`", "a value added for each channel", default: "only without normalisation"))
}

extension AttributeWord {
  static let bias = AttributeWord("bias", .bias, answersEquals: true) { parser in
    .bias(!parser.isSetToFalse(parser.previous))
  }

  /// Begins two attributes.
  static let no = AttributeWord(
    "no", nil, help: "`no bias` or `no norm`.", template: "no ${1:bias}",
    options: [
      ("bias", AttributeKey.bias.meaning.sentence), ("norm", AttributeKey.norm.meaning.sentence),
    ]
  ) { parser in
    if parser.take(word: "bias") { return .bias(false) }
    if parser.take(word: "norm") { return .norm(nil) }
    parser.unknownOption("no", ["bias", "norm"])
    return nil
  }
}

extension Parser {
  /// `bias=False`
  fileprivate mutating func isSetToFalse(_ keyword: Token) -> Bool {
    let value = text(current.kind == .equals ? peek() : current).lowercased()
    let isFalse = ["false", "none", "no", "off"].contains(value)
    guard isFalse || value == "true", endsElement(peek(current.kind == .equals ? 2 : 1).kind) else { return false }
    _ = take(.equals)
    let span = keyword.span.union(advance().span)
    let spelling = isFalse ? "no bias" : "bias"
    report(
      Diagnostic(
        .unexpectedToken, "this is written '\(spelling)'", at: Label(span, "another notation"),
        fixIts: [FixIt("write '\(spelling)'", [.init(span, spelling)])]))
    return isFalse
  }
}
