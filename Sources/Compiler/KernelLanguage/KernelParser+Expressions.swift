// Values, by the precedence of their operators.

/// How strongly each operator binds.
private let strengths = [
  "||": 1, "&&": 2, "<": 3, ">": 3, "<=": 3, ">=": 3, "==": 3, "!=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
]

extension KernelParser {
  mutating func expression() throws(TemplateError) -> KernelExpression {
    skipComments()
    let condition = try sum(above: 0)
    guard isMark("?") else { return condition }
    advance()
    let first = try expression()
    try expect(":")
    return .choice(condition, first, try expression())
  }

  private mutating func sum(above strength: Int) throws(TemplateError) -> KernelExpression {
    var left = try prefixed()
    while true {
      skipInnerComments()
      guard case .mark(let mark) = token.kind, let own = strengths[mark], own > strength else { return left }
      advance()
      left = .infix(left, mark, try sum(above: own))
    }
  }

  /// Comments between the lines of a sum.
  private mutating func skipInnerComments() {
    var ahead = self
    ahead.skipComments()
    if case .mark(let mark) = ahead.token.kind, strengths[mark] != nil { self = ahead }
  }

  private mutating func prefixed() throws(TemplateError) -> KernelExpression {
    skipComments()
    for mark in ["-", "!"] where take(mark) { return .prefix(mark, try prefixed()) }
    return try suffixed()
  }

  private mutating func suffixed() throws(TemplateError) -> KernelExpression {
    var value = try primary()
    while true {
      if isMark("("), !token.beginsLine {
        advance()
        value = .call(value, try arguments(until: ")"))
      } else if isMark("["), !token.beginsLine {
        advance()
        let index = try expression()
        try expect("]")
        value = .element(value, index)
      } else if isMark(".") {
        advance()
        value = try member(of: value, try name())
      } else {
        return value
      }
    }
  }

  private mutating func member(
    of value: KernelExpression, _ name: String
  ) throws(TemplateError) -> KernelExpression {
    switch (value, name) {
    case (.name("V"), "zero"): return .vectorZero
    case (.name("Float"), "infinity"): return .infinity
    // `as: V.self`, which says nothing new.
    case (.name("V"), "self"): return .name("V")
    default:
      guard take("(") else { return .member(value, name) }
      return .method(value, name, try arguments(until: ")").filter { $0 != .name("V") })
    }
  }

  /// Labels say nothing that the order of arguments does not.
  private mutating func arguments(until end: String) throws(TemplateError) -> [KernelExpression] {
    var arguments: [KernelExpression] = []
    skipComments()
    while !take(end) {
      if case .name = token.kind, isLabel { advanceBehindLabel() }
      arguments.append(try expression())
      skipComments()
      guard take(",") || isMark(end) else { throw error("'\(end)' is missing") }
      skipComments()
    }
    return arguments
  }

  private var isLabel: Bool {
    var ahead = self
    ahead.advance()
    return ahead.isMark(":")
  }

  private mutating func advanceBehindLabel() {
    advance()
    advance()
  }

  private mutating func primary() throws(TemplateError) -> KernelExpression {
    switch token.kind {
    case .int(let text):
      advance()
      return .int(text)
    case .float(let text):
      advance()
      return .float(text)
    case .text(let text):
      advance()
      return .letters(text)
    case .name(let name):
      advance()
      return name == "true" || name == "false" ? .bool(name == "true") : .name(name)
    case .mark("."):
      // `.infinity`, whose type is plain.
      advance()
      guard takeName("infinity") else { throw error("a value without a type") }
      return .infinity
    case .mark("("):
      advance()
      let parts = try arguments(until: ")")
      return parts.count == 1 ? parts[0] : .tuple(parts)
    default: throw error("a value is missing")
    }
  }
}
