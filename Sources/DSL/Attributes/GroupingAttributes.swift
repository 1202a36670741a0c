// `groups 32` and `depthwise`: convolutions that cut their channels into groups.

struct GroupsAttribute: AttributeDefinition {
  var count: Syntax.Expression

  var key: AttributeKey { .groups }
  var expressions: [Syntax.Expression] { [count] }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) {
    let count = resolver.integer(count, "the number of groups", in: 1...Limits.channels, scope)
    if let count { attributes.grouping = .groups(Located(count.value, span)) }
  }
}

struct DepthwiseAttribute: AttributeDefinition {
  var key: AttributeKey { .depthwise }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.grouping = .depthwise(span) }
}

extension AttributeKey {
  static let groups = AttributeKey(
    "groups", listed: nil,
    Meaning(
      "`groups 32`",
      "cuts the channels into so many groups, each of which reads its share of the input",
      default: "1"))
  static let depthwise = AttributeKey(
    "depthwise", noun: "'depthwise'", listed: nil,
    Meaning("`depthwise`", "a group for each channel that enters"))
}

extension AttributeWord {
  static let groups = AttributeWord("groups", .groups, template: "groups ${1:32}", takesNumber: true) { parser in
    parser.dimension().map { .groups($0) }
  }
  static let depthwise = AttributeWord("depthwise", .depthwise) { _ in .depthwise }
}

extension Parser {
  /// `C=32`, ResNeXt's cardinality.
  func isCardinality(_ at: Int) -> Bool {
    guard at + 2 < tokens.count, tokens[at + 1].kind == .equals, case .integer = tokens[at + 2].kind else {
      return false
    }
    let word = text(tokens[at])
    return ["C", "G", "g"].contains(word) && !isDefined(word)
  }

  /// Says how it is written, and reads it so.
  mutating func cardinality() -> Syntax.Attribute.Kind? {
    let start = advance().span
    advance()
    guard let count = dimension() else { return nil }
    let span = start.union(previous.span)
    let written = "groups \(source.text(count.span))"
    report(
      Diagnostic(
        .unexpectedToken, "the number of groups is written '\(written)'", at: Label(span, "another notation"),
        fixIts: [FixIt("write '\(written)'", [.init(span, written)])]))
    return .groups(count)
  }
}

extension Checker {
  /// `groups 4, depthwise`
  mutating func checkGroupingConflict(_ attributes: [Syntax.Attribute]) {
    let grouping = attributes.filter { [.groups, .depthwise].contains($0.kind.definition?.key) }
    guard let first = grouping.first, let second = grouping.first(where: { !$0.kind.isLike(first.kind) }) else {
      return
    }
    sink.report(
      Diagnostic(
        .duplicateAttribute, "'depthwise' is groups, one for each channel", at: Label(second.span, "groups again"),
        secondary: [Label(first.span, "first here")]))
  }
}

extension Syntax.Attribute.Kind {
  fileprivate func isLike(_ other: Self) -> Bool { definition?.key == other.definition?.key }
}
