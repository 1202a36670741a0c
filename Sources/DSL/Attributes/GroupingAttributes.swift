// `groups 32` and `depthwise`: convolutions that cut their channels into groups.

struct GroupsAttribute: AttributeDefinition {
  var count: Syntax.Expression

  var key: AttributeKey { .groups }
  var expressions: [Syntax.Expression] { [count] }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) {}
}

struct DepthwiseAttribute: AttributeDefinition {
  var key: AttributeKey { .depthwise }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) {}
}

extension AttributeKey {
  static let groups = AttributeKey(
    "groups", listed: nil,
    Meaning(
      "`groups 32`",
      "cuts the channels into so many groups, each of which reads its share of the input; not compiled yet",
      default: "1"))
  static let depthwise = AttributeKey(
    "depthwise", noun: "'depthwise'", listed: nil,
    Meaning("`depthwise`", "a group for each channel that enters; not compiled yet"))
}

extension AttributeWord {
  static let groups = AttributeWord("groups", .groups, template: "groups ${1:32}", takesNumber: true) { parser in
    parser.dimension().map { .groups($0) }
  }
  static let depthwise = AttributeWord("depthwise", .depthwise) { _ in .depthwise }
}
