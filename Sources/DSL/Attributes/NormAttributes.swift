// `norm batch`, `no norm` and `eps 1e-3`: the normalisation after a convolution.

struct NormAttribute: AttributeDefinition {
  var isPresent: Bool

  var key: AttributeKey { .norm }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.norm = isPresent }
}

struct EpsilonAttribute: AttributeDefinition {
  var value: Located<Double>

  var key: AttributeKey { .epsilon }

  func check(_ checker: inout Checker) {
    if let diagnostic = epsilonDiagnostic(value) { checker.sink.report(diagnostic) }
  }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.epsilon = value.value }
}

extension AttributeKey {
  static let norm = AttributeKey(
    "norm", noun: "normalisation", listed: "norm",
    Meaning(
      "`norm batch`, `no norm`", "batch normalisation after the convolution",
      default: "as the header says; `norm batch`"))
  static let epsilon = AttributeKey(
    "eps", listed: "eps",
    Meaning(
      "`eps 1e-3`", "what batch normalisation adds to the variance", default: "as the header says; `1e-5`"))
}

extension AttributeWord {
  static let norm = AttributeWord(
    "norm", .norm, template: "norm batch", options: [("batch", AttributeKey.norm.meaning.sentence)]
  ) { parser in
    if parser.take(word: "batch") { return .norm(true) }
    if parser.endsElement(parser.current.kind) {
      parser.normAlone(parser.previous)
      return nil
    }
    parser.unknownOption("norm", ["batch"], helps: ["without normalisation, write 'no norm'"])
    return nil
  }

  static let epsilon = AttributeWord("eps", .epsilon, template: "eps ${1:1e-5}") { parser in
    parser.decimal().map { .epsilon($0) }
  }
}

extension Parser {
  /// `norm` where a layer of its own may be meant.
  fileprivate mutating func normAlone(_ token: Token) {
    report(
      Diagnostic(
        .misplacedAttribute, "'norm' behind a convolution's comma does not say whether it is the convolution's own",
        at: Label(token.span, "its own, or a layer?"),
        helps: [
          "a convolution brings its norm by itself; where the header says 'norm none', '3x3, 64, norm batch' has one",
          "write ';' before 'norm' for one more, a layer of its own",
        ]))
  }
}

extension Resolver.Attributes {
  /// Batch normalisation's epsilon, from the layer, else the header, else 1e-5; `nil` without normalisation.
  func normEpsilon(_ header: Syntax.Header) -> Double? {
    let standard: Double?
    switch header.norm?.value {
    case .batch(let epsilon): standard = epsilon
    case .some(.none): standard = nil
    case nil: standard = 1e-5
    }
    switch norm {
    case false: return nil
    case true: return epsilon ?? standard ?? 1e-5
    case nil: return standard == nil ? epsilon : epsilon ?? standard
    }
  }
}

/// The epsilon is added to a variance.
func epsilonDiagnostic(_ value: Located<Double>) -> Diagnostic? {
  guard value.value <= 0 || value.value > 1 else { return nil }
  return Diagnostic(
    .numberOutOfRange, "an eps is above 0 and at most 1, not \(value.value)", at: Label(value.span, "out of range"))
}
