// `stride 2`: the step of a window.

struct StrideAttribute: AttributeDefinition {
  var value: Syntax.Expression

  var key: AttributeKey { .stride }
  var expressions: [Syntax.Expression] { [value] }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) {
    attributes.stride = resolver.integer(value, "the stride", in: 1...Limits.stride, scope)
  }
}

extension AttributeKey {
  static let stride = AttributeKey(
    "stride", listed: "stride",
    Meaning("`stride 2`", "step in both directions", default: "decided by the row's size, else 1"), decidesSize: true)
}

extension AttributeWord {
  static let stride = AttributeWord("stride", .stride, template: "stride ${1:2}", takesNumber: true) { parser in
    (parser.pairedStride() ?? parser.dimension()).map { .stride($0) }
  }
}
