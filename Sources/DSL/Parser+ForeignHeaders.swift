// The head of a file as other tools write it: `input 224 x 224 x 3`, `model ResNet-50`, `mean [0.5, 0.5, 0.5]`.

extension Parser {
  /// An input that is not three numbers with an 'x' between, or has its channels last. Says how it is written and, where
  /// one reading is sure, reads it so; nil where the grammar should speak.
  mutating func foreignInput() -> Located<Syntax.Input>? {
    var at = index
    var numbers: [(value: Int, span: Span)] = []
    var isPlain = true
    scan: while true {
      switch tokens[at].kind {
      case .integer(let value): numbers.append((value, tokens[at].span))
      case .comma, .leftParen, .rightParen, .leftBracket, .rightBracket: isPlain = false
      case .times: break
      case .word where text(tokens[at]) == "N" && at == index && !declares("N"): numbers.append((1, tokens[at].span))
      default: break scan
      }
      at += 1
    }
    guard tokens[at].kind.endsLine, at > index else { return nil }
    let span = current.span.union(tokens[at - 1].span)
    if numbers.count == 4, numbers[0].value == 1 {
      let written = numbers.dropFirst().map { "\($0.value)" }.joined(separator: " x ")
      return input(
        "an input is one image: channels x height x width", at: span, written, Array(numbers.dropFirst()), at)
    }
    guard numbers.count == 3 else { return numbers.count == 2 && isPlain ? missingChannels(numbers, span, at) : nil }
    let (a, b, c) = (numbers[0].value, numbers[1].value, numbers[2].value)
    // A map of at most 4 pixels a side is no picture, and its channels may well be as many.
    if c == 3 && min(a, b) > 16 || (c == 1 || c == 3) && a == b && a > 4 {
      return input(
        "channels come first: channels x height x width", at: span, "\(c) x \(a) x \(b)",
        [numbers[2], numbers[0], numbers[1]], at)
    }
    let isSeparated = (index..<at).filter { tokens[$0].kind == .times }.count == 2
    guard !isPlain || !isSeparated else { return nil }
    // `3 x (32 x 32` is an unclosed bracket.
    guard !isSeparated else { return nil }
    return input("an input is written channels x height x width", at: span, "\(a) x \(b) x \(c)", numbers, at)
  }

  private mutating func input(
    _ message: String, at span: Span, _ written: String, _ numbers: [(value: Int, span: Span)], _ end: Int
  ) -> Located<Syntax.Input> {
    report(
      Diagnostic(
        .unexpectedToken, message, at: Label(span, "expected '\(written)'"),
        fixIts: [FixIt("write '\(written)'", [.init(span, written)])]))
    index = end
    let parts = numbers.map { Expression(steps: [.number($0.value)], span: $0.span) }
    return Located(Syntax.Input(channels: parts[0], height: parts[1], width: parts[2]), span)
  }

  private mutating func missingChannels(
    _ numbers: [(value: Int, span: Span)], _ span: Span, _ end: Int
  ) -> Located<Syntax.Input>? {
    guard numbers[0].value > 4 else { return nil }
    report(
      Diagnostic(
        .unexpectedToken, "an input states its channels first", at: Label(span, "how many channels?"),
        helps: ["write for pictures in colour '3 x \(numbers[0].value) x \(numbers[1].value)'"]))
    index = end
    let parts = [(3, span)] + numbers.map { ($0.value, $0.span) }
    let expressions = parts.map { Expression(steps: [.number($0.0)], span: $0.1) }
    return Located(Syntax.Input(channels: expressions[0], height: expressions[1], width: expressions[2]), span)
  }

  /// `model ResNet-50`, `model ResNet 50`, `model "ResNet 50"`: the name that can be a Swift type.
  mutating func dashedName() -> Located<String>? {
    guard let (name, end) = typeName(at: index), end > index + 1 || current.kind == .string else { return nil }
    report(
      Diagnostic(
        .modelName, "the model's name becomes a Swift type: letters, digits and '_'",
        at: Label(name.span, "cannot be a name"), fixIts: [.didYouMean(name.value, at: name.span)]))
    index = end
    return name
  }

  /// A name for a Swift type out of what stands from a token to the end of the line or to parameters.
  private func typeName(at start: Int) -> (name: Located<String>, end: Int)? {
    var end = start
    scan: while end < tokens.count {
      switch tokens[end].kind {
      case .word, .string: break
      case .integer, .decimal, .minus, .slash, .plus, .times: if end == start { return nil }
      case .newline, .end, .leftParen: break scan
      default: return nil
      }
      end += 1
    }
    guard end > start else { return nil }
    let span = tokens[start].span.union(tokens[end - 1].span)
    let joined = String(
      source.text(span).unicodeScalars.filter {
        $0 == "_" || $0.isASCII && $0.properties.isAlphabetic || ("0"..."9").contains($0)
      })
    guard let first = joined.utf8.first, !isDigit(first) else { return nil }
    return (Located(joined.prefix(1).uppercased() + joined.dropFirst(), span), end)
  }

  /// `network ResNet18`: another tool's word for 'model', or for 'family' where parameters or columns follow.
  mutating func modelByAnotherName() -> Bool {
    let key = current
    let at = index + (peek().kind == .equals ? 2 : 1)
    guard ForeignWord.isModelKey(text(key)), let (name, end) = typeName(at: at),
      !Vocabulary.elements.contains(text(tokens[at]))
    else { return false }
    let hasParameters = tokens[end].kind == .leftParen && tokens[min(end + 2, tokens.count - 1)].kind == .equals
    let hasColumns = zip(tokens, tokens.dropFirst()).contains { $0.kind == .newline && $1.kind == .pipe }
    let keyword = hasParameters || hasColumns ? SourceModel.Keyword.family : .model
    var edits = [FixIt.Edit(key.span, keyword.rawValue), .init(name.span, name.value)]
    if peek().kind == .equals { edits.append(.init(peek().span, "")) }
    // `def resnet18()`
    if tokens[end].kind == .leftParen, !hasParameters {
      let last = tokens[end...].prefix { !$0.kind.endsLine }.last ?? tokens[end]
      edits.append(.init(Span(name.span.end, last.span.end), ""))
    }
    report(
      Diagnostic(
        .missingModel, "a file begins with the line 'model NAME' or 'family NAME'",
        at: Label(key.span, "another tool's word"),
        fixIts: [FixIt("write '\(keyword.rawValue) \(name.value)'", edits)]))
    model.header.keys.append(Located("model", key.span))
    model.keyword = Located(keyword, key.span)
    model.name = name
    index = end
    model.hasDamagedParameters = hasParameters ? !parameters() : !current.kind.endsLine
    skipLine()
    return true
  }

  /// `mean = [0.5, 0.5, 0.5]`: the brackets and commas of other tools around a list of numbers. Says so once; the list is
  /// then read. Nil where it stands as it should.
  mutating func foreignList(_ word: String) -> Located<[Double]>? {
    var at = index
    var edits: [FixIt.Edit] = []
    var values: [Double] = []
    var sign = 1.0
    var end = index
    scan: while true {
      let token = tokens[at]
      switch token.kind {
      case .integer(let value): (values, sign, end) = (values + [sign * Double(value)], 1, at + 1)
      case .decimal(let value): (values, sign, end) = (values + [sign * value], 1, at + 1)
      case .minus: sign = -1
      case .equals, .leftBracket, .leftParen, .leftBrace: edits.append(.init(token.span, ""))
      case .rightBracket, .rightParen, .rightBrace:
        edits.append(.init(token.span, ""))
        end = at + 1
      case .comma:
        // `mean 1 1 1, 2 2 2` lacks a 'std'.
        guard values.count < 2 || edits.count == values.count - 1 || edits.first?.span.start == current.span.start
        else {
          break scan
        }
        guard isNumber(tokens[at + 1].kind) || tokens[at + 1].kind == .minus else { break scan }
        let isTight = token.span.end == tokens[at + 1].span.start
        edits.append(.init(token.span, isTight ? " " : ""))
      default: break scan
      }
      at += 1
    }
    guard !edits.isEmpty, !values.isEmpty else { return nil }
    let span = current.span.union(tokens[end - 1].span)
    report(
      Diagnostic(
        .unexpectedToken, "the values of '\(word)' stand side by side, without '=', brackets or commas",
        at: Label(span, "another notation"),
        fixIts: [FixIt("write the numbers alone", edits.filter { $0.span.end <= span.end })]))
    index = end
    return Located(values, span)
  }

  func isNumber(_ kind: Token.Kind) -> Bool {
    switch kind {
    case .integer, .decimal: true
    default: false
    }
  }
}
