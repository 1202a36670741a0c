// Bytes to tokens. The one delicate letter is `x`: alone, or between digits (`7x7`, `x3`), it means "times"; as part of a
// longer word (`conv2_x`, `max`) it is a letter. Right after a number it is always "times": `3xw` is 3 by w.
// Whatever is wrong becomes one diagnostic and an `.invalid` token, so that the parser does not complain again.

package struct Lexer: ~Copyable {
  let source: SourceFile
  var offset: Int
  var tokens: [Token] = []
  var sink: Diagnostics
  /// Inside a comment of C that a line before has opened.
  var isInComment = false

  /// All tokens of a file, ending in `.end`.
  package static func tokens(of source: SourceFile, _ sink: inout Diagnostics) -> [Token] {
    var lexer = Lexer(source: source, offset: source.contentStart, sink: sink)
    lexer.run()
    sink = lexer.sink
    return lexer.tokens
  }

  private init(source: SourceFile, offset: Int, sink: Diagnostics) {
    self.source = source
    self.offset = offset
    self.sink = sink
  }

  private mutating func run() {
    for line in source.lineStarts.indices where !sink.isFull {
      let contents = source.contents(ofLine: line)
      offset = contents.start
      if contents.end - contents.start > Limits.lineBytes {
        sink.report(
          Diagnostic(
            .limitExceeded,
            "line \(line + 1) has \(contents.end - contents.start) bytes; the limit is \(Limits.lineBytes)",
            at: Label(Span(contents.start + Limits.lineBytes, contents.start + Limits.lineBytes + 1), "over the limit"))
        )
        tokens.append(Token(.invalid, contents))
      } else {
        if isInComment { skipComment(end: contents.end) }
        while offset < contents.end { if !lexForeign(end: contents.end) { lexToken(end: contents.end) } }
      }
      if line + 1 < source.lineStarts.count {
        tokens.append(Token(.newline, Span(contents.end, source.lineStarts[line + 1])))
      }
    }
    tokens.append(Token(.end, Span(source.bytes.count, source.bytes.count)))
  }

  func byte(_ at: Int, _ end: Int) -> UInt8 { at < end ? source.bytes[at] : 0 }

  private mutating func lexToken(end: Int) {
    let start = offset
    let byte = source.bytes[start]
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"): offset += 1
    case UInt8(ascii: "#"): offset = end
    case UInt8(ascii: "\""): lexString(end: end)
    case _ where isDigit(byte): lexNumber(end: end)
    case _ where isLetter(byte): lexWord(end: end)
    case 0xC3 where self.byte(start + 1, end) == 0x97: emit(.times, length: 2)
    default:
      if let kind = Lexer.punctuation(byte) {
        emit(kind, length: 1)
      } else if !lexTypographicString(end: end) {
        lexUnexpected(end: end)
      }
    }
  }

  mutating func emit(_ kind: Token.Kind, length: Int) {
    tokens.append(Token(kind, Span(offset, offset + length)))
    offset += length
  }

  private static func punctuation(_ byte: UInt8) -> Token.Kind? {
    switch byte {
    case UInt8(ascii: ","): .comma
    case UInt8(ascii: ";"): .semicolon
    case UInt8(ascii: "|"): .pipe
    case UInt8(ascii: "="): .equals
    case UInt8(ascii: "+"): .plus
    case UInt8(ascii: "-"): .minus
    case UInt8(ascii: "*"): .star
    case UInt8(ascii: "/"): .slash
    case UInt8(ascii: "("): .leftParen
    case UInt8(ascii: ")"): .rightParen
    case UInt8(ascii: "["): .leftBracket
    case UInt8(ascii: "]"): .rightBracket
    case UInt8(ascii: "{"): .leftBrace
    case UInt8(ascii: "}"): .rightBrace
    default: nil
    }
  }

  private mutating func lexString(end: Int) {
    let start = offset
    var close = start + 1
    while close < end, source.bytes[close] != UInt8(ascii: "\"") { close += 1 }
    guard close < end else {
      sink.report(
        Diagnostic(
          .unterminatedString, "this string does not end on its line", at: Label(Span(start, end), "opened here"),
          helps: ["close it with a double quote"]))
      return emit(.invalid, length: end - start)
    }
    emit(.string, length: close + 1 - start)
  }

  private mutating func lexNumber(end: Int) {
    let start = offset
    var at = digits(from: start, end)
    var isDecimal = false
    if byte(at, end) == UInt8(ascii: "."), isDigit(byte(at + 1, end)) {
      isDecimal = true
      at = digits(from: at + 1, end)
    }
    if byte(at, end) | 0x20 == UInt8(ascii: "e") {
      let sign = byte(at + 1, end) == UInt8(ascii: "-") || byte(at + 1, end) == UInt8(ascii: "+")
      if isDigit(byte(at + (sign ? 2 : 1), end)) {
        isDecimal = true
        at = digits(from: at + (sign ? 2 : 1), end)
      }
    }
    let text = source.text(Span(start, at))
    if isDecimal, let value = Double(text), value.isFinite {
      emit(.decimal(value), length: at - start)
    } else if !isDecimal, let value = Int(text), value <= Limits.number {
      emit(.integer(value), length: at - start)
    } else {
      sink.report(
        Diagnostic(
          .numberOutOfRange, "this number is larger than \(Limits.number)", at: Label(Span(start, at), "too large")))
      emit(.invalid, length: at - start)
    }
    // `7x7`, `3xw`: an `x` right after a number separates.
    if lexCapitalTimes(end: end) { return }
    if byte(offset, end) == UInt8(ascii: "x") { emit(.times, length: 1) }
  }

  private func digits(from start: Int, _ end: Int) -> Int {
    var at = start
    while isDigit(byte(at, end)) { at += 1 }
    return at
  }

  private mutating func lexWord(end: Int) {
    let start = offset
    var at = start
    while isLetter(byte(at, end)) || isDigit(byte(at, end)) { at += 1 }
    // `x` alone, and `x3`.
    if source.bytes[start] == UInt8(ascii: "x"), digits(from: start + 1, end) == at { return emit(.times, length: 1) }
    guard at - start <= Limits.nameBytes else {
      sink.report(
        Diagnostic(
          .limitExceeded, "this name has \(at - start) bytes; the limit is \(Limits.nameBytes)",
          at: Label(Span(start, at), "too long")))
      return emit(.invalid, length: at - start)
    }
    emit(.word, length: at - start)
  }

  /// `“digits.txt”`, as word processors quote: one error for the whole string, which is then read as meant.
  private mutating func lexTypographicString(end: Int) -> Bool {
    let quotes: [[UInt8]] = [Array("\u{201C}".utf8), Array("\u{201D}".utf8)]
    func isQuote(_ at: Int) -> Bool { at + 3 <= end && quotes.contains(Array(source.bytes[at..<at + 3])) }
    let start = offset
    guard isQuote(start), let close = (start + 3..<end).first(where: { isQuote($0) }) else { return false }
    sink.report(
      Diagnostic(
        .unexpectedCharacter, "a file name stands in plain double quotes, not in typographic ones",
        at: Label(Span(start, close + 3), "not part of the language"),
        fixIts: [
          FixIt("write '\"'", [.init(Span(start, start + 3), "\""), .init(Span(close, close + 3), "\"")])
        ]))
    emit(.string, length: close + 3 - start)
    return true
  }

  /// One diagnostic for a whole run of characters that mean nothing here.
  private mutating func lexUnexpected(end: Int) {
    let start = offset
    var at = start
    while at < end, isUnexpected(at, end) { at += 1 }
    let text = source.text(Span(start, at))
    let replacement = Lexer.lookalikes[text]
    sink.report(
      Diagnostic(
        .unexpectedCharacter,
        text.unicodeScalars.count == 1
          ? "the character \(quoted(text)) has no meaning here" : "the characters \(quoted(text)) have no meaning here",
        at: Label(Span(start, at), "not part of the language"),
        fixIts: replacement.map { [FixIt("write '\($0)'", [.init(Span(start, at), $0)])] } ?? []))
    emit(Lexer.meanings[text] ?? .invalid, length: at - start)
  }

  private func isUnexpected(_ at: Int, _ end: Int) -> Bool {
    let byte = source.bytes[at]
    if byte == 0xC3, self.byte(at + 1, end) == 0x97 { return false }
    return byte >= 0x80
      || !(isDigit(byte) || isLetter(byte) || " \t#\"".utf8.contains(byte) || Lexer.punctuation(byte) != nil)
  }

  /// What word processors and PDF readers put in place of plain characters.
  private static let lookalikes = [
    "\u{2212}": "-", "\u{2013}": "-", "\u{2014}": "-", "\u{00B7}": "*",
    "\u{00A0}": " ", "\u{2217}": "*", "\u{2502}": "|",
  ]
  private static let meanings: [String: Token.Kind] = [
    "\u{2212}": .minus, "\u{2013}": .minus, "\u{2014}": .minus, "\u{00B7}": .star, "\u{2217}": .star, "\u{2502}": .pipe,
  ]
}

func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

func isLetter(_ byte: UInt8) -> Bool {
  (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
}

/// Source text for a message: short, one line, visible.
package func quoted(_ text: String) -> String {
  let shown = text.unicodeScalars.prefix(24).map(visible).joined()
  return text.unicodeScalars.count > 24 ? "'\(shown)...'" : "'\(shown)'"
}

/// A scalar as a terminal may see it: control and formatting characters become their code point.
func visible(_ scalar: Unicode.Scalar) -> String {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
    "U+" + String(repeating: "0", count: max(0, 4 - String(scalar.value, radix: 16).count))
      + String(scalar.value, radix: 16, uppercase: true)
  default: String(scalar)
  }
}
