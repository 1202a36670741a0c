// The numbers of a local response normalisation: `alpha 1e-4`, `beta 0.75`, `k 2`. They are words behind `lrn` alone;
// elsewhere they are names like others, since `k` is what a widening factor is called.

/// One of them.
package enum ResponseNormTerm: String, CaseIterable, Sendable {
  case alpha, beta, k

  /// PyTorch's, and what there is in a number's place.
  package var standard: Double {
    switch self {
    case .alpha: 1e-4
    case .beta: 0.75
    case .k: 1
    }
  }

  /// With a `k` of nothing, a pixel of zeros would be divided by zero.
  fileprivate var range: ClosedRange<Double> {
    switch self {
    case .alpha: 0...1_000
    case .beta: 0...10
    case .k: 1e-6...1_000
    }
  }

  var key: AttributeKey {
    switch self {
    case .alpha: .alpha
    case .beta: .beta
    case .k: .k
    }
  }
}

struct ResponseNormAttribute: AttributeDefinition {
  var term: ResponseNormTerm
  var value: Located<Double>

  var key: AttributeKey { term.key }

  func check(_ checker: inout Checker) {
    guard !term.range.contains(value.value) else { return }
    checker.sink.report(
      Diagnostic(
        .numberOutOfRange,
        "\(term.rawValue) of an 'lrn' is \(value.value); it must be \(term.range.lowerBound) to "
          + "\(term.range.upperBound)", at: Label(value.span, "out of range")))
  }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.responseNorm[term] = value.value }
}

extension AttributeKey {
  static let alpha = AttributeKey(
    "alpha", listed: "alpha",
    Meaning("`alpha 1e-4`", "factor of the mean of the squares", default: "`1e-4`"))
  static let beta = AttributeKey(
    "beta", listed: "beta", Meaning("`beta 0.75`", "the power that divides", default: "`0.75`"))
  static let k = AttributeKey(
    "k", listed: "k", Meaning("`k 2`", "what is added before the power; AlexNet's is 2", default: "`1`"))
}

extension AttributeWord {
  static let alpha = AttributeWord(.alpha, template: "alpha ${1:1e-4}")
  static let beta = AttributeWord(.beta, template: "beta ${1:0.75}")
  static let k = AttributeWord(.k, template: "k ${1:2}")

  private init(_ term: ResponseNormTerm, template: String) {
    self.init(term.rawValue, term.key, template: template, behind: .localResponseNorm) { parser in
      parser.decimal().map { .responseNorm(term, $0) }
    }
  }
}
