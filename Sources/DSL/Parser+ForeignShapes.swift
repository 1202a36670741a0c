// Notations of other tools and papers that are no single word: `/2`, `conv3x3-16`, `10d fc`, `3 x [ ... ]`. Each is
// answered with how it is written here and, where one reading is sure, read so.

extension Parser {
  private mutating func written(
    _ message: String, at span: Span, label: String = "another notation", code: DiagnosticCode = .unexpectedToken,
    write replacement: String?
  ) {
    let fixIts = replacement.map { [FixIt($0.isEmpty ? "remove it" : "write '\($0)'", [.init(span, $0)])] } ?? []
    report(Diagnostic(code, message, at: Label(span, label), fixIts: fixIts))
  }

  // MARK: Strides

  /// `7x7/2, 64` and `3x3/2 max pool`, as Inception's tables have it: says so and reads on behind it.
  mutating func strideInKernel() {
    guard current.kind == .slash, case .integer(let value) = peek().kind, (2...8).contains(value) else { return }
    // '3x3/64' has a width there, which nothing follows.
    let hasWidth = peek(2).kind == .comma && !endsElement(peek(3).kind)
    guard hasWidth || LayerWord.named(text(peek(2)))?.windowed != nil else { return }
    let span = current.span.union(peek().span)
    index += 2
    // Up to the end of the layer: behind a convolution's width, or behind the pool.
    var end = index
    if tokens[end].kind == .comma { end += 1 }
    while !endsElement(tokens[end].kind) { end += 1 }
    let place = Span(tokens[end - 1].span.end, tokens[end - 1].span.end)
    report(
      Diagnostic(
        .unexpectedToken, "a stride is written 'stride \(value)', after the layer", at: Label(span, "another notation"),
        fixIts: [
          FixIt("write 'stride \(value)' there", [.init(span, ""), .init(place, ", stride \(value)")])
        ]))
  }

  /// `/2`, `s2`, `s=2`, `p1`: true if an attribute of that kind was read.
  mutating func foreignAttribute() -> Syntax.Attribute.Kind? {
    let start = current
    var key = "stride"
    var number: Int?
    var count = 2
    if start.kind == .slash, case .integer(let value) = peek().kind { number = value }
    let word = text(start)
    if let letter = word.first, letter == "s" || letter == "p", !isDefined(word) {
      key = letter == "s" ? "stride" : "pad"
      if let value = Int(word.dropFirst()) { (number, count) = (value, 1) }
      if word.count == 1, peek().kind == .equals, case .integer(let value) = peek(2).kind {
        (number, count) = (value, 3)
      }
    }
    guard let number, number <= Limits.number else { return nil }
    index += count
    let span = start.span.union(previous.span)
    let what = key == "stride" ? "a stride" : "padding"
    written("\(what) is written '\(key) \(number)'", at: span, write: "\(key) \(number)")
    let value = Expression(steps: [.number(number)], span: span)
    return key == "stride" ? .stride(value) : .pad([value])
  }

  /// `stride=2`: an '=' between a word and what belongs to it.
  mutating func noEquals(after word: String) {
    guard current.kind == .equals else { return }
    let span = Span(previous.span.end, peek().kind.endsLine ? current.span.end : peek().span.start)
    report(
      Diagnostic(
        .unexpectedToken, "no '=' stands after '\(word)'", at: Label(current.span, "not written"),
        fixIts: [FixIt("remove it", [.init(span, " ")])]))
    advance()
  }

  /// `stride (2, 2)`
  mutating func pairedStride() -> Syntax.Attribute.Kind? {
    let start = current
    guard start.kind == .leftParen, case .integer(let rows) = peek().kind, peek(2).kind == .comma,
      case .integer(let columns) = peek(3).kind, peek(4).kind == .rightParen
    else { return nil }
    index += 5
    let span = start.span.union(previous.span)
    let text = rows == columns ? "\(rows)" : "\(rows)x\(columns)"
    written("a stride is written 'stride \(text)'", at: span, write: text)
    let expressions = [rows, columns].map { Expression(steps: [.number($0)], span: span) }
    return rows == columns ? .stride(expressions[0]) : .stride(expressions[0], expressions[1])
  }

  // MARK: Convolutions

  /// `conv 3x3, 16`, `conv3x3-16`, `Conv2d(3, 64, 7)`, `conv3-64`
  mutating func foreignConvolution() -> Element.Kind?? {
    let start = current
    guard start.kind == .word, !isDefined(text(start)) else { return nil }
    if let phrase = phrase(at: index, where: ForeignWord.isConvolution) {
      index += phrase.count
      if let call = call() {
        index = call.end
        let span = phrase.span.union(call.span)
        written(
          "a convolution is its kernel and its width: '3x3, 64'", at: span, code: .unknownName,
          write: call.asConvolution)
        return .some(nil)
      }
      if case .integer = current.kind, peek().kind == .times {
        report(
          Diagnostic(
            .unknownName, "a convolution has no word: it is its kernel and its width",
            at: Label(phrase.span, "not written"),
            fixIts: [FixIt("remove it", [.init(Span(phrase.span.start, current.span.start), "")])]))
        return .some(windowed())
      }
      report(
        Diagnostic(
          .unknownName, "a convolution has no word: it is its kernel and its width",
          at: Label(phrase.span, "not written"), helps: ["write for example '3x3, 64'"]))
      return .some(nil)
    }
    // `conv3x3`, whose `x` is part of the word.
    let word = text(start).lowercased()
    guard word.hasPrefix("conv") else { return nil }
    let sizes = word.dropFirst(4).split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard let height = sizes[0], let width = sizes.count == 2 ? sizes[1] : height, sizes.count <= 2 else { return nil }
    advance()
    var span = start.span
    var text = "\(height)x\(width)"
    if current.kind == .minus || current.kind == .comma, case .integer(let channels) = peek().kind,
      current.kind == .minus || endsElement(peek(2).kind)
    {
      advance()
      advance()
      span = span.union(previous.span)
      text += ", \(channels)"
    }
    written("a convolution has no word: it is its kernel and its width", at: span, code: .unknownName, write: text)
    return .some(nil)
  }

  /// `3x3 conv, 16`, `3x3x64`, `3x3-64`: what stands between a kernel and its comma. True if the width comes next.
  mutating func foreignAfterKernel() -> Bool {
    if let phrase = phrase(at: index, where: ForeignWord.isConvolution) {
      let before = previous.span.end
      index += phrase.count
      report(
        Diagnostic(
          .unknownName, "a convolution has no word: it is its kernel and its width",
          at: Label(phrase.span, "not written"),
          fixIts: [FixIt("remove it", [.init(Span(before, phrase.span.end), current.kind == .comma ? "" : ",")])]))
      if case .integer = current.kind { return true }
      return false
    }
    guard current.kind == .times || current.kind == .minus || current.kind == .slash, case .integer = peek().kind,
      previous.span.end == current.span.start, isLoneWidth(index + 1)
    else { return false }
    let span = Span(previous.span.end, peek().span.start)
    report(
      Diagnostic(
        .missingComma, "a comma stands between a kernel and its width", at: Label(current.span, "expected ','"),
        fixIts: [FixIt("write ','", [.init(span, ", ")])]))
    advance()
    return true
  }

  /// A number that is a width and not the head of something else: no word and no other number follow it.
  func isLoneWidth(_ at: Int) -> Bool {
    func kind(_ at: Int) -> Token.Kind { tokens[min(at, tokens.count - 1)].kind }
    guard endsElement(kind(at + 1)) else { return false }
    if kind(at + 1) == .comma, case .integer = kind(at + 2) { return !endsElement(kind(at + 3)) }
    return true
  }

  /// `3x3, 64 channels`
  mutating func foreignUnit() {
    guard let phrase = phrase(at: index, where: ForeignWord.isUnit), endsElement(peek(phrase.count).kind) else {
      return
    }
    let before = previous.span.end
    index += phrase.count
    report(
      Diagnostic(
        .unexpectedToken, "a width is a number alone", at: Label(phrase.span, "not written"),
        fixIts: [FixIt("remove it", [.init(Span(before, phrase.span.end), "")])]))
  }

  // MARK: Fully connected layers

  /// `10 fc`, `10d fc`, `10-d FC`, `1000-way fc`
  mutating func foreignFullyConnected() -> Element.Kind? {
    guard case .integer(let width) = current.kind else { return nil }
    let start = current
    var at = index + 1
    if tokens[at].kind == .minus { at += 1 }
    let units = ["d", "dim", "dimensional", "way", "class", "classes", "unit", "units", "neurons"]
    if at < tokens.count, units.contains(text(tokens[at]).lowercased()) { at += 1 }
    if at < tokens.count, tokens[at].kind == .minus { at += 1 }
    guard let phrase = phrase(at: at, where: ForeignWord.isFullyConnected) else { return nil }
    let isOurs = peek().kind == .minus && text(peek(2)) == "d" && at == index + 3 && phrase.text == "fc"
    guard !isOurs || peek().span.end != peek(2).span.start else { return nil }
    index = at + phrase.count
    let span = start.span.union(previous.span)
    written("a fully connected layer is written '\(width)-d fc'", at: span, write: "\(width)-d fc")
    return .fullyConnected(Expression(steps: [.number(width)], span: start.span))
  }

  /// `fc 10`, `fc10`, `fc-10`, `dense 10`, `Linear(512, 10)`
  mutating func swappedFullyConnected() -> Element.Kind? {
    let start = current
    guard start.kind == .word, !isDefined(text(start)) else { return nil }
    var width: String?
    var end = index
    if let phrase = phrase(at: index, where: ForeignWord.isFullyConnected) {
      index += phrase.count
      if let call = call() {
        width = (call.arguments.first { $0.name == "outfeatures" || $0.name == "units" } ?? call.arguments.last)?.text
        if call.arguments.last?.name == "bias" { width = nil }
        end = call.end
      } else if case .integer = current.kind, peek().kind != .times {
        width = source.text(current.span)
        end = index + 1
      } else if current.kind == .minus, case .integer = peek().kind {
        width = source.text(peek().span)
        end = index + 2
      }
      index -= phrase.count
      // `linear` alone is no activation at all.
      if end == index { return nil }
    } else {
      let letters = text(start).prefix { $0.isLetter }
      guard ForeignWord.isFullyConnected(String(letters)), Int(text(start).dropFirst(letters.count)) != nil else {
        return nil
      }
      width = String(text(start).dropFirst(letters.count))
      end = index + 1
    }
    index = end
    let span = start.span.union(previous.span)
    let fix = width.flatMap { Int($0) }.map { "\($0)-d fc" }
    report(
      Diagnostic(
        .unexpectedToken, "a fully connected layer is written with its width first",
        at: Label(span, "expected '\(fix ?? "1000-d fc")'"),
        fixIts: fix.map { [FixIt("write '\($0)'", [.init(span, $0)])] } ?? []))
    let number = width.flatMap { Int($0) }.map { Expression(steps: [.number($0)], span: span) }
    return .fullyConnected(number ?? Expression(steps: [.number(1)], span: span))
  }

  // MARK: Sums and repeats

  /// `[ ... ] + [ ... ]`
  mutating func straySum() {
    report(
      Diagnostic(
        .unexpectedToken, "layers are not added with '+': '[ ... ]' adds its input to what its layers give",
        at: Label(current.span, "another notation")))
  }

  /// `3 x [ ... ]`, `x3 [ ... ]`, `repeat 3 [ ... ]`, `3 * ( ... )`
  mutating func leadingRepeat() -> Element.Kind? {
    let start = current
    var at = index
    if ["repeat", "times"].contains(text(tokens[at])), !isDefined(text(tokens[at])) { at += 1 }
    if tokens[at].kind == .times { at += 1 }
    guard at < tokens.count, case .integer(let count) = tokens[at].kind else { return nil }
    let number = tokens[at]
    at += 1
    if at < tokens.count, tokens[at].kind == .times || tokens[at].kind == .star { at += 1 }
    guard at < tokens.count, at > index + 1, tokens[at].kind == .leftBracket || tokens[at].kind == .leftParen,
      // `2(n + 1)` is a number.
      tokens[at].kind == .leftBracket || tokens[at - 1].span.end < tokens[at].span.start || start.kind == .times,
      // `3 x (n)` is a kernel.
      tokens[at].kind == .leftBracket || !holdsNumber(at)
    else { return nil }
    let opener = tokens[at]
    var edits = [FixIt.Edit(Span(start.span.start, opener.span.start), "")]
    if let close = matchingCloser(at) { edits.append(.init(Span(close.span.end, close.span.end), " x \(count)")) }
    report(
      Diagnostic(
        .misplacedRepeat, "a repeat stands after its bracket",
        at: Label(start.span.union(tokens[at - 1].span), "belongs behind it"),
        fixIts: edits.count == 2 ? [FixIt("write 'x \(count)' there", edits)] : []))
    index = at
    let group = group(opener.kind == .leftBracket ? .residual : .plain)
    // With a repeat of its own, too, it has that one.
    guard case .block(let kind, let inner, nil)? = group, current.kind != .times else { return group }
    return .block(kind, inner, repeats: Expression(steps: [.number(count)], span: number.span))
  }

  /// Whether a parenthesis holds a number: `(n + 1)`.
  private func holdsNumber(_ opener: Int) -> Bool {
    var depth = 0
    for token in tokens[opener...] {
      if !isArithmetic(token) { return false }
      if token.kind == .leftParen { depth += 1 }
      if token.kind == .rightParen { depth -= 1 }
      if depth == 0 { return true }
    }
    return false
  }

  func matchingCloser(_ opener: Int) -> Token? {
    var depth = 0
    for token in tokens[opener...] {
      if token.kind.endsLine { return nil }
      if token.kind.closer != nil { depth += 1 }
      if token.kind.isCloser { depth -= 1 }
      if depth == 0 { return token }
    }
    return nil
  }
}
