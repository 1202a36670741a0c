// Numbers: overflow, division and ranges, each an error at the place that wrote it.

extension Resolver {
  typealias Scope = [String: Int]

  /// The value of an expression; nil if it has none, which has been reported here or, for unknown names, before.
  mutating func evaluate(_ expression: Syntax.Expression, _ scope: Scope) -> Int? {
    var stack: [Int] = []
    for step in expression.steps {
      switch step {
      case .number(let value): stack.append(value)
      case .name(let name, _):
        guard let value = scope[name] else { return nil }
        stack.append(value)
      case .apply(let sign, let span):
        guard let right = stack.popLast(), let left = stack.popLast(), let value = apply(sign, left, right, span)
        else { return nil }
        stack.append(value)
      }
    }
    return stack.last
  }

  /// Values stay within 32 bits, so 64-bit sums and products of two are exact.
  private mutating func apply(_ sign: Syntax.Expression.Operator, _ left: Int, _ right: Int, _ span: Span) -> Int? {
    let value: Int
    switch sign {
    case .add: value = left + right
    case .subtract: value = left - right
    case .multiply: value = left * right
    case .divide:
      guard right != 0, left % right == 0 else {
        report(
          Diagnostic(
            .arithmetic, right == 0 ? "\(left) is divided by 0" : "\(left) / \(right) is not a whole number",
            at: Label(span, "has no whole value")))
        return nil
      }
      value = left / right
    }
    guard abs(value) <= Limits.number else {
      report(
        Diagnostic(
          .arithmetic, "\(left) \(sign.rawValue) \(right) is beyond \(Limits.number)", at: Label(span, "too large")))
      return nil
    }
    return value
  }

  /// A value within a range.
  mutating func integer(
    _ expression: Syntax.Expression, _ what: String, in range: ClosedRange<Int>, _ scope: Scope
  ) -> Located<Int>? {
    guard let value = evaluate(expression, scope) else { return nil }
    guard range.contains(value) else {
      report(
        Diagnostic(
          .numberOutOfRange, "\(what) is \(value); it must be \(range.lowerBound) to \(range.upperBound)",
          at: Label(expression.span, "out of range")))
      return nil
    }
    return Located(value, expression.span)
  }
}
