// `stride 2`, `stride 2x1`: the step of a window.

struct StrideAttribute: AttributeDefinition {
  var rows: Syntax.Expression
  /// Where it differs.
  var columns: Syntax.Expression?

  var key: AttributeKey { .stride }
  var expressions: [Syntax.Expression] { [rows] + (columns.map { [$0] } ?? []) }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) {
    let down = resolver.integer(rows, "the stride", in: 1...Limits.stride, scope)
    guard let columns else {
      attributes.stride = down.map { Located(Stride($0.value), $0.span) }
      return
    }
    let across = resolver.integer(columns, "the stride", in: 1...Limits.stride, scope)
    guard let down, let across else { return }
    attributes.stride = Located(Stride(down.value, across.value), rows.span.union(columns.span))
  }
}

extension AttributeKey {
  static let stride = AttributeKey(
    "stride", listed: "stride",
    Meaning(
      "`stride 2`, `stride 2x1`", "step in both directions; rows x columns",
      default: "decided by the row's size, else 1"),
    decidesSize: true)
}

extension AttributeWord {
  static let stride = AttributeWord("stride", .stride, template: "stride ${1:2}", takesNumber: true) { parser in
    if let pair = parser.pairedStride() { return pair }
    guard let rows = parser.dimension() else { return nil }
    if parser.take(.times) { return parser.dimension().map { .stride(rows, $0) } }
    return .stride(rows)
  }
}
