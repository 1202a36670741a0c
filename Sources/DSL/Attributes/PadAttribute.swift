// `pad 1`, `pad 0x3`, `pad 0 0 1 1`, `pad same`: zeros around a map.

struct PadAttribute: AttributeDefinition {
  /// One, two or four of them; `nil` for TensorFlow's padding, which depends on the map.
  var sides: [Syntax.Expression]?

  var key: AttributeKey { .pad }
  var expressions: [Syntax.Expression] { sides ?? [] }
  var help: String? {
    sides == nil
      ? "TensorFlow's padding: the size is divided by the stride and rounded up; the smaller half of the zeros stands "
        + "before the map."
      : nil
  }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) {
    guard let sides else {
      attributes.padding = Located(.same, span)
      return
    }
    let values = sides.compactMap { resolver.integer($0, "the padding", in: 0...Limits.kernel, scope)?.value }
    guard values.count == sides.count, let top = values.first else { return }
    let padding =
      switch values.count {
      case 4: Padding(top: top, left: values[1], bottom: values[2], right: values[3])
      case 2: Padding(top, values[1])
      default: Padding(top, top)
      }
    attributes.padding = Located(.sides(padding), span)
  }
}

extension AttributeKey {
  static let pad = AttributeKey(
    "pad", noun: "padding ('pad')", listed: "pad",
    Meaning(
      "`pad 1`, `pad 0x3`, `pad 0 0 1 1`, `pad same`",
      "zeros on all sides; rows x columns; top, left, bottom, right; as TensorFlow has them",
      default: "keeps the size at stride 1, `dilation * (k - 1) / 2`, where `k` is odd; 0 where it is even"),
    decidesSize: true)
}

extension AttributeWord {
  static let pad = AttributeWord(
    "pad", .pad, template: "pad ${1:0}",
    options: [
      (
        "same",
        "TensorFlow's: as many zeros as make the size that of the map divided by the stride, rounded up, the smaller half "
          + "before."
      )
    ], takesNumber: true
  ) { parser in
    if parser.take(word: "same") { return .padSame }
    guard let first = parser.dimension() else { return nil }
    if parser.take(.times) { return parser.dimension().map { .pad([first, $0]) } }
    var sides = [first]
    while sides.count < 4, parser.isNumberAhead, let next = parser.dimension() { sides.append(next) }
    if sides.count == 3 {
      parser.report(
        Diagnostic(
          .unexpectedToken, "padding has one number, two or four, not three",
          at: Label(first.span.union(sides[2].span), "which side has none?"),
          helps: ["write four for top, left, bottom and right, or two for rows and columns: 'pad 0x3'"]))
      return nil
    }
    return .pad(sides)
  }
}

extension Parser {
  /// One more of several numbers: behind a number nothing else stands without a comma.
  fileprivate var isNumberAhead: Bool {
    switch current.kind {
    case .integer, .leftParen: true
    case .word: declares(text(current))
    default: false
    }
  }
}
