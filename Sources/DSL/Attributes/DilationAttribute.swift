// `dilation 2`: a kernel with gaps.

struct DilationAttribute: AttributeDefinition {
  var value: Syntax.Expression

  var key: AttributeKey { .dilation }
  var expressions: [Syntax.Expression] { [value] }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) {
    attributes.dilation = resolver.integer(value, "the dilation", in: 1...Limits.dilation, scope)?.value ?? 1
  }
}

extension AttributeKey {
  static let dilation = AttributeKey(
    "dilation", listed: "dilation", Meaning("`dilation 2`", "distance between the kernel's taps", default: "1"),
    decidesSize: true)
}

extension AttributeWord {
  static let dilation = AttributeWord("dilation", .dilation, template: "dilation ${1:2}", takesNumber: true) {
    parser in
    parser.dimension().map { .dilation($0) }
  }
}
