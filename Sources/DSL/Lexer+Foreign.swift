// Characters with which other languages begin comments, name values and point at what follows. Each is one error with
// what stands for it here, and the line is read as it was meant.

extension Lexer {
  /// Reads such characters, if they are next.
  mutating func lexForeign(end: Int) -> Bool {
    let start = offset
    let byte = source.bytes[start]
    let next = self.byte(start + 1, end)
    let isFirst = tokens.last.map { $0.kind == .newline } ?? true
    switch byte {
    case UInt8(ascii: "/") where next == byte: comment(end: end)
    case UInt8(ascii: "/") where next == UInt8(ascii: "*"): openComment(end: end)
    case UInt8(ascii: "-") where next == byte && isFirst: comment(end: end)
    case UInt8(ascii: "-") where next == UInt8(ascii: ">"), UInt8(ascii: "=") where next == UInt8(ascii: ">"):
      arrow(length: 2, end: end)
    case 0xE2 where next == 0x86 && self.byte(start + 2, end) == 0x92: arrow(length: 3, end: end)
    case UInt8(ascii: "-"), 0xE2:
      return dash(end: end)
    case UInt8(ascii: ":"):
      guard !isFirst, let last = tokens.last, last.kind == .word || isBehindRowHead else { return false }
      let isTight = next != UInt8(ascii: " ") && start + 1 < end
      report(
        "no ':' stands after \(quoted(source.text(last.span)))", Span(start, start + 1), "not written",
        FixIt("remove it", [.init(Span(start, start + 1), isTight ? " " : "")]))
      offset += 1
    case UInt8(ascii: "@"): return at(end: end)
    case UInt8(ascii: "%"): return percent()
    case UInt8(ascii: "'"): return singleQuotes(end: end)
    case _ where isLetter(byte): return bareLabels(end: end) || lexCapitalTimes(end: end)
    default: return false
    }
    return true
  }

  private mutating func report(_ message: String, _ span: Span, _ label: String, _ fix: FixIt?) {
    sink.report(Diagnostic(.unexpectedCharacter, message, at: Label(span, label), fixIts: fix.map { [$0] } ?? []))
  }

  // MARK: Comments

  /// `// ...`, and `-- ...` where a line begins.
  private mutating func comment(end: Int) {
    let span = Span(offset, offset + 2)
    report("a comment begins with '#'", span, "expected '#'", FixIt("write '#'", [.init(span, "#")]))
    offset = end
  }

  /// `/* ... */`, over several lines too.
  private mutating func openComment(end: Int) {
    let open = Span(offset, offset + 2)
    var edits = [FixIt.Edit(open, "#")]
    var at = offset + 2
    while at + 1 < source.bytes.count, !isCommentEnd(at) {
      if source.bytes[at] == UInt8(ascii: "\n") { edits.append(.init(Span(at + 1, at + 1), "# ")) }
      at += 1
    }
    let isClosed = at + 1 < source.bytes.count
    let after = self.byte(at + 2, source.bytes.count)
    // What follows on the same line would become part of the comment.
    let isLast = [0, UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains(after)
    edits.append(.init(Span(at, at + 2), ""))
    report(
      "a comment begins with '#' and ends with its line", open, "expected '#'",
      isClosed && isLast && edits.count < 100 ? FixIt("write '#' on its lines", edits) : nil)
    offset += 2
    isInComment = true
    skipComment(end: end)
  }

  private func isCommentEnd(_ at: Int) -> Bool {
    source.bytes[at] == UInt8(ascii: "*") && source.bytes[at + 1] == UInt8(ascii: "/")
  }

  /// To the end of the comment or of the line.
  mutating func skipComment(end: Int) {
    while offset < end {
      if offset + 1 < end, isCommentEnd(offset) {
        offset += 2
        isInComment = false
        return
      }
      offset += 1
    }
  }

  // MARK: Between words

  /// `3x3, 16 -> 3x3, 16`: layers follow each other.
  private mutating func arrow(length: Int, end: Int) {
    let span = Span(offset, offset + length)
    var before = offset
    while before > 0, source.bytes[before - 1] == UInt8(ascii: " ") { before -= 1 }
    report(
      "layers follow each other with ',' or ';' between them", span, "expected ';'",
      FixIt("write ';'", [.init(Span(before, span.end), ";")]))
    emit(.semicolon, length: length)
  }

  /// `c 32x32 – 3x3, 16`: a dash with space on both sides, between a row's name or size and its layers.
  private mutating func dash(end: Int) -> Bool {
    let start = offset
    let isPlain = source.bytes[start] == UInt8(ascii: "-")
    var length = 1
    if !isPlain {
      guard self.byte(start + 1, end) == 0x80, [0x93, 0x94].contains(self.byte(start + 2, end)) else { return false }
      length = 3
    } else if self.byte(start + 1, end) == UInt8(ascii: "-") {
      length = 2
    }
    let blank = UInt8(ascii: " ")
    guard start > 0, source.bytes[start - 1] == blank, self.byte(start + length, end) == blank, isBehindRowHead else {
      return false
    }
    var next = start + length
    while self.byte(next, end) == blank { next += 1 }
    report(
      "no dash stands before a row's layers", Span(start, start + length), "not written",
      FixIt("remove it", [.init(Span(start, next), "")]))
    offset += length
    return true
  }

  /// Whether the line so far is a name, or a name and a size.
  private var isBehindRowHead: Bool {
    // No more than the tokens of a head and the line end before it.
    var line = tokens.suffix(6)
    if let newline = line.lastIndex(where: { $0.kind == .newline }) { line = line[(newline + 1)...] }
    guard let name = line.first, name.kind == .word, HeaderKey(rawValue: source.text(name.span)) == nil else {
      return false
    }
    if line.count == 1 { return true }
    guard line.count == 4 else { return false }
    let parts = Array(line)
    guard case .integer = parts[1].kind, parts[2].kind == .times, case .integer = parts[3].kind else { return false }
    return true
  }

  /// `3x3@64`
  private mutating func at(end: Int) -> Bool {
    guard isDigit(self.byte(offset + 1, end)), offset > 0, isDigit(source.bytes[offset - 1]) else { return false }
    let span = Span(offset, offset + 1)
    report(
      "a comma stands between a kernel and its width", span, "expected ','", FixIt("write ','", [.init(span, ", ")]))
    emit(.comma, length: 1)
    return true
  }

  /// `224 X 224`, `32X32`, `[...] X n`: the times sign is a small letter.
  mutating func lexCapitalTimes(end: Int) -> Bool {
    guard byte(offset, end) == UInt8(ascii: "X"), let previous = tokens.last else { return false }
    let isRepeat = previous.kind.isCloser
    if case .integer = previous.kind {} else if !isRepeat { return false }
    var at = offset + 1
    while byte(at, end) == UInt8(ascii: " "), isRepeat || previous.span.end < offset { at += 1 }
    guard isDigit(byte(at, end)) || isRepeat && at > offset + 1 && isLetter(byte(at, end)) else { return false }
    let span = Span(offset, offset + 1)
    report("'times' is a small 'x'", span, "expected 'x'", FixIt("write 'x'", [.init(span, "x")]))
    emit(.times, length: 1)
    return true
  }

  /// `dropout 50%`
  private mutating func percent() -> Bool {
    guard let number = tokens.last, number.span.end == offset else { return false }
    var value: Double
    switch number.kind {
    case .integer(let written): value = Double(written)
    case .decimal(let written): value = written
    default: return false
    }
    value /= 100
    let span = number.span.union(Span(offset, offset + 1))
    report(
      "a rate is a part of one, not of a hundred", span, "percent", FixIt("write '\(value)'", [.init(span, "\(value)")])
    )
    tokens[tokens.count - 1] = Token(.decimal(value), span)
    offset += 1
    return true
  }

  // MARK: File names

  /// `'digits.txt'`
  private mutating func singleQuotes(end: Int) -> Bool {
    let start = offset
    guard let close = (start + 1..<max(end, start + 1)).first(where: { source.bytes[$0] == UInt8(ascii: "'") }) else {
      return false
    }
    report(
      "a file name stands in double quotes", Span(start, close + 1), "in single ones",
      FixIt("write '\"'", [.init(Span(start, start + 1), "\""), .init(Span(close, close + 1), "\"")]))
    emit(.string, length: close + 1 - start)
    return true
  }

  /// `labels digits.txt`: the rest of such a line is a file name.
  private mutating func bareLabels(end: Int) -> Bool {
    guard let key = tokens.last, key.kind == .word, source.text(key.span) == "labels",
      tokens.count < 2 || tokens[tokens.count - 2].kind == .newline
    else { return false }
    var close = offset
    while close < end, source.bytes[close] != UInt8(ascii: "#"), source.bytes[close] != UInt8(ascii: "\"") {
      close += 1
    }
    while close > offset, source.bytes[close - 1] == UInt8(ascii: " ") { close -= 1 }
    let span = Span(offset, close)
    guard source.text(span).contains(".") || source.text(span).contains("/") else { return false }
    report(
      "a file name stands in double quotes", span, "expected quotes",
      FixIt("write '\"'", [.init(Span(span.start, span.start), "\""), .init(Span(close, close), "\"")]))
    emit(.invalid, length: close - offset)
    return true
  }
}
