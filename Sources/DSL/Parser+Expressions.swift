// Integer expressions, and the lists of decimals in `preprocess`. A minus that begins `-d fc` belongs to the layer.

extension Parser {
  typealias Expression = Syntax.Expression

  /// expression = term { ( "+" | "-" ) term }
  mutating func expression() -> Expression? {
    guard var result = term() else { return nil }
    while current.kind == .plus && !isSumOfLayers || current.kind == .minus && !startsFullyConnected {
      let sign: Expression.Operator = advance().kind == .plus ? .add : .subtract
      guard let right = term() else { return nil }
      result.combine(sign, right)
    }
    return result
  }

  /// `3x3, 16 + 3x3, 16`: what follows is a layer and no number.
  private var isSumOfLayers: Bool {
    guard case .integer = peek().kind, peek(2).kind == .times, case .integer = peek(3).kind else { return false }
    return true
  }

  /// `-d fc`, also without its `fc`, so that the omission can be named.
  var startsFullyConnected: Bool {
    current.kind == .minus && text(peek()) == "d" && current.span.end == peek().span.start
      && (text(peek(2)) == "fc" || !declares("d"))
  }

  /// term = factor { ( "*" | "/" ) factor | factor }
  private mutating func term() -> Expression? {
    var isNumber = false
    if case .integer = current.kind { isNumber = true }
    guard var result = dimension() else { return nil }
    while true {
      let touches = isNumber && previous.span.end == current.span.start
      if current.kind == .star || current.kind == .slash {
        let sign: Expression.Operator = advance().kind == .star ? .multiply : .divide
        guard let right = dimension() else { return nil }
        result.combine(sign, right)
      } else if touches, current.kind == .word || current.kind == .leftParen {
        guard let right = dimension() else { return nil }
        result.combine(.multiply, right)
      } else if missingSign() {
        guard let right = dimension() else { return nil }
        result.combine(.multiply, right)
      } else {
        return result
      }
      isNumber = false
    }
  }

  /// `6 n`, `w n`: says that nothing stands between the two, and reads on as if it were a product.
  private mutating func missingSign() -> Bool {
    guard current.kind == .word, declares(text(current)), previous.span.end < current.span.start else { return false }
    report(
      Diagnostic(
        .unexpectedToken, "nothing says what \(describe(previous)) does with \(describe(current))",
        at: Label(current.span, "a number too"),
        fixIts: [FixIt("write '*' for their product", [.init(Span(previous.span.end, current.span.start), " * ")])]))
    return true
  }

  /// dimension = integer | name | "(" expression ")"
  mutating func dimension() -> Expression? {
    let token = current
    switch token.kind {
    case .integer(let value):
      advance()
      return Expression(steps: [.number(value)], span: token.span)
    case .word where isNumberName(text(token)):
      advance()
      return Expression(steps: [.name(source.text(token.span), token.span)], span: token.span)
    case .leftParen:
      return nested(token) { parser in
        parser.advance()
        guard var inner = parser.expression(), parser.close(token) else { return nil }
        inner.span = token.span.union(parser.previous.span)
        return inner
      }
    case .decimal:
      report(
        Diagnostic(
          .wholeNumber, "\(describe(token)) is not a whole number", at: Label(token.span, "a whole number stands here"))
      )
      advance()
      return nil
    default:
      expected("a number")
      return nil
    }
  }

  /// A decimal or whole number, with an optional minus.
  mutating func decimal() -> Located<Double>? {
    let start = current.span
    let isNegative = take(.minus)
    switch current.kind {
    case .integer(let value):
      return Located(isNegative ? -Double(value) : Double(value), start.union(advance().span))
    case .decimal(let value):
      return Located(isNegative ? -value : value, start.union(advance().span))
    default:
      expected("a number")
      return nil
    }
  }

  /// Runs a rule one bracket deeper, within the nesting limit.
  mutating func nested<Result>(_ opener: Token, _ rule: (inout Parser) -> Result?) -> Result? {
    guard closers.count < Limits.nesting, let closer = opener.kind.closer else {
      report(
        Diagnostic(
          .limitExceeded, "brackets are nested more than \(Limits.nesting) deep",
          at: Label(opener.span, "one too deep")))
      isLineAbandoned = true
      skipLine()
      return nil
    }
    closers.append(closer)
    defer { closers.removeLast() }
    let result = rule(&self)
    if result == nil { skipPast(closer) }
    return result
  }

  /// Leaves a bracket whose contents could not be read.
  private mutating func skipPast(_ closer: Token.Kind) {
    repeat {
      recover(atCommas: false)
      if take(closer) { return }
    } while take(.semicolon)
  }

  /// Consumes the bracket that closes `opener`. Where it is missing, says so and reads on as if it stood there; false
  /// only if something else stands in its way.
  mutating func close(_ opener: Token) -> Bool {
    guard let closer = opener.kind.closer else { return false }
    if take(closer) { return true }
    if current.kind == .invalid { return false }
    let sign = Parser.spelling(closer)
    let opened = Label(opener.span, "opened here")
    guard current.kind.isCloser || current.kind.endsLine || current.kind == .pipe || isRepeatOfUnclosed else {
      expected("'\(sign)'", secondary: [opened])
      return false
    }
    // A bracket that closes something further out is not a wrong one: ours is missing before it.
    let isWrong = current.kind.isCloser && !closers.dropLast().contains(current.kind)
    if isWrong, peek().kind == closer {
      unmatched()
      advance()
      return take(closer)
    }
    let place = isWrong ? current.span : Span(previous.span.end, previous.span.end)
    report(
      Diagnostic(
        .unclosedBracket,
        isWrong
          ? "\(describe(opener)) is closed by \(describe(current))" : "\(describe(opener)) is never closed",
        at: Label(place, "expected '\(sign)'"), secondary: [opened],
        fixIts: [FixIt("write '\(sign)'", [.init(place, sign)])]))
    if isWrong { advance() }
    return true
  }

  private static func spelling(_ closer: Token.Kind) -> String {
    switch closer {
    case .rightParen: ")"
    case .rightBracket: "]"
    default: "}"
    }
  }
}

extension Syntax.Expression {
  fileprivate mutating func combine(_ sign: Operator, _ right: Self) {
    span = span.union(right.span)
    steps += right.steps
    steps.append(.apply(sign, span))
  }
}
