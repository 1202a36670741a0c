// `pad 1`, `pad 0x3`: zeros around a map.

struct PadAttribute: AttributeDefinition {
  var height: Syntax.Expression
  /// Where it differs.
  var width: Syntax.Expression?

  var key: AttributeKey { .pad }
  var expressions: [Syntax.Expression] { [height] + (width.map { [$0] } ?? []) }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) {
    let rows = resolver.integer(height, "the padding", in: 0...Limits.kernel, scope)
    let columns = width.map { resolver.integer($0, "the padding", in: 0...Limits.kernel, scope) } ?? rows
    if let rows, let columns { attributes.padding = Located(Extent(rows.value, columns.value), span) }
  }
}

extension AttributeKey {
  static let pad = AttributeKey(
    "pad", noun: "padding ('pad')", listed: "pad",
    Meaning(
      "`pad 1`, `pad 0x3`", "zeros on all sides; rows x columns",
      default: "keeps the size at stride 1, `dilation * (k - 1) / 2`, where `k` is odd; 0 where it is even"),
    decidesSize: true)
}

extension AttributeWord {
  static let pad = AttributeWord("pad", .pad, template: "pad ${1:0}", takesNumber: true) { parser in
    guard let height = parser.dimension() else { return nil }
    if parser.take(.times) { return parser.dimension().map { .pad(height, $0) } }
    if case .integer = parser.current.kind { return parser.dimension().map { .pad(height, $0) } }
    return .pad(height, nil)
  }
}
