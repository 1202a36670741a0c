// Dropout, kept for the sake of the architecture.

struct DropoutElement: ElementDefinition {
  var rate: Located<Double>

  var channels: Syntax.Element.Channels { .kept }
  var noun: String { "dropout" }
  func help(in model: SourceModel) -> String? { LayerWord.dropout.help }

  func check(_ span: Span, _ checker: inout Checker) -> Bool {
    if rate.value < 0 || rate.value >= 1 {
      checker.sink.report(
        Diagnostic(
          .numberOutOfRange, "a dropout rate is at least 0 and below 1, not \(rate.value)",
          at: Label(rate.span, "out of range")))
    }
    return true
  }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? { .dropout(rate.value) }
}

extension LayerWord {
  static let dropout = LayerWord(
    "dropout", "Kept for the sake of the architecture; at inference it does nothing.",
    template: "dropout ${1:0.5}"
  ) { parser, token in parser.dropout(token) }
}

extension Parser {
  /// `dropout 0.5`, and without its rate.
  fileprivate mutating func dropout(_ token: Token) -> Element.Kind? {
    if let call = call() {
      let text = call.asLayer("dropout")
      index = call.end
      report(
        Diagnostic(
          .unexpectedToken, "the rate of a dropout stands without parentheses", at: Label(call.span, "not written"),
          fixIts: text.map { [FixIt("write '\($0)'", [.init(token.span.union(call.span), $0)])] } ?? []))
      return nil
    }
    noEquals(after: "dropout")
    guard !endsElement(current.kind) else {
      report(
        Diagnostic(
          .unexpectedToken, "this dropout has no rate", at: Label(token.span, "how much?"),
          helps: ["write the part that is dropped, for example 'dropout 0.5'"]))
      return nil
    }
    return decimal().map { .dropout($0) }
  }
}
