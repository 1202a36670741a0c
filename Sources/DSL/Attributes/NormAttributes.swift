// `norm batch`, `norm layer`, `norm group 32`, `no norm` and `eps 1e-3`: the normalisation after a convolution.

struct NormAttribute: AttributeDefinition {
  /// `nil` for none.
  var kind: Syntax.NormKind?

  var key: AttributeKey { .norm }
  var expressions: [Syntax.Expression] { kind?.expressions ?? [] }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) {
    guard let kind else { return attributes.norm = .absent }
    if let kind = resolver.normalization(kind, scope) { attributes.norm = .kind(kind) }
  }
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
      "`norm batch`, `norm layer`, `norm group 32`, `no norm`", "the [normalisation](#norms) after the convolution",
      default: "as the header says; `norm batch`"))
  static let epsilon = AttributeKey(
    "eps", listed: "eps",
    Meaning(
      "`eps 1e-3`", "what normalisation adds to the variance", default: "as the header says of its kind; `1e-5`"))
}

extension AttributeWord {
  static let norm = AttributeWord(
    "norm", .norm, template: "norm ${1:batch}",
    options: Syntax.NormKind.words.map { ($0, HeaderDescription.norm.help($0) ?? "") }
  ) { parser in
    if Syntax.NormKind.words.contains(parser.text(parser.current)) { return parser.normKind().map { .norm($0) } }
    if parser.endsElement(parser.current.kind) {
      parser.normAlone(parser.previous)
      return nil
    }
    parser.unknownOption("norm", Syntax.NormKind.words, helps: ["without normalisation, write 'no norm'"])
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

extension Syntax.NormKind {
  static let words = ["batch", "layer", "group"]

  var expressions: [Syntax.Expression] { if case .group(let count) = self { [count] } else { [] } }
}

extension Syntax.Norm {
  package var kind: Syntax.NormKind? { if case .kind(let kind, _) = self { kind } else { nil } }
}

extension Parser {
  /// `batch`, `layer` or `group 32`, where one of the words stands.
  mutating func normKind() -> Syntax.NormKind? {
    let word = text(advance())
    switch word {
    case "batch": return .batch
    case "layer": return .layer
    default:
      guard !endsElement(current.kind) else {
        expected("a number of groups, such as 'norm group 32'")
        return nil
      }
      return dimension().map { .group($0) }
    }
  }

  /// `norm`, `norm layer`: a layer, where no convolution stands before it.
  func isNormLayer(_ at: Int) -> Bool {
    guard text(tokens[at]) == "norm" else { return false }
    let next = tokens[min(at + 1, tokens.count - 1)]
    return endsElement(next.kind) || Syntax.NormKind.words.contains(text(next))
  }
}

extension Resolver.Attributes {
  /// As a layer says it.
  enum Norm {
    case absent
    case kind(Normalization.Kind)
  }

  /// The normalisation: from the layer, else the header; `nil` without. An epsilon goes with the kind that it was written
  /// for.
  func normalization(_ header: Normalization?) -> Normalization? {
    func of(_ kind: Normalization.Kind) -> Normalization {
      let standard = header?.isOfKind(kind) == true ? header?.epsilon : nil
      return Normalization(kind, epsilon: epsilon ?? standard ?? Normalization.standardEpsilon)
    }
    switch norm {
    case .absent: return nil
    case .kind(let kind): return of(kind)
    case nil: return header.map { of($0.kind) } ?? epsilon.map { Normalization(epsilon: $0) }
    }
  }
}

extension Resolver {
  /// A kind with its number of groups.
  mutating func normalization(_ kind: Syntax.NormKind, _ scope: Scope) -> Normalization.Kind? {
    switch kind {
    case .batch: return .batch
    case .layer: return .layer
    case .group(let count):
      return integer(count, "the number of groups", in: 1...Limits.channels, scope).map { .group($0.value) }
    }
  }

  /// The header's norm, its number computed; the usual one where no line says it.
  mutating func resolveHeaderNorm() -> Normalization? {
    guard let norm = model.header.norm?.value else { return Normalization() }
    guard case .kind(let kind, let epsilon) = norm else { return nil }
    return normalization(kind, parameters).map { Normalization($0, epsilon: epsilon) }
  }
}

/// The epsilon is added to a variance.
func epsilonDiagnostic(_ value: Located<Double>) -> Diagnostic? {
  guard value.value <= 0 || value.value > 1 else { return nil }
  return Diagnostic(
    .numberOutOfRange, "an eps is above 0 and at most 1, not \(value.value)", at: Label(value.span, "out of range"))
}
