// Lines whose first word is not what it should be: a header key misspelt, or left out. They are read as meant, so that
// what they define is known and their other errors are found.

extension Parser {
  /// `act silu`, which would read as a row that activates the picture, and `preact`.
  mutating func foreignKey() -> Bool {
    let key = current.span
    if let phrase = phrase(at: index, where: { ["preact", "preactivation"].contains(ForeignWord.normalised($0)) }),
      peek(phrase.count).kind.endsLine
    {
      index += phrase.count
      isPreActivated = true
      report(
        Diagnostic(
          .unknownHeader, "pre-activation is written 'order pre'", at: Label(phrase.span, "another tool's word"),
          fixIts: [FixIt("write 'order pre'", [.init(phrase.span, "order pre")])]))
      return true
    }
    let at = index + (peek().kind == .equals ? 2 : 1)
    // Between rows, a row of that name may well hold an activation.
    guard ForeignWord.isActivationKey(text(current)), model.rows.isEmpty,
      let word = phrase(at: at, where: ForeignWord.isActivation), tokens[at + word.count].kind.endsLine
    else { return false }
    report(
      Diagnostic(
        .unknownHeader, "\(quoted(source.text(key))) is written 'activation' in the header",
        at: Label(key, "another tool's word"),
        fixIts: [
          FixIt(
            "write 'activation \(source.text(word.span))'",
            [.init(Span(key.start, word.span.start), "activation ")])
        ]))
    index = at
    header(.activation, Token(.word, key))
    return true
  }

  /// A row whose name resembles a header key and whose line does not read as a row.
  mutating func misspeltHeader() -> Bool {
    let word = Located(text(current), current.span)
    // `block1` and `aux_head` are names; a misspelt key has letters alone.
    guard word.value.utf8.allSatisfy({ $0 | 0x20 >= UInt8(ascii: "a") && $0 != UInt8(ascii: "_") }),
      let key = slip(of: word.value, among: HeaderKey.allWords), !looksLikeRow(insteadOf: key)
    else {
      return false
    }
    report(
      Diagnostic(
        .unknownHeader, "there is no header key \(quoted(word.value))", at: Label(word.span, "unknown"),
        fixIts: [.didYouMean(key, at: word.span)]))
    if let key = HeaderKey(rawValue: key) { header(key, advance()) }
    return true
  }

  private func looksLikeRow(insteadOf key: String) -> Bool {
    if case .integer = peek(1).kind, peek(2).kind == .times, case .integer = peek(3).kind {
      // A size; the third number of an input makes it none.
      return peek(4).kind != .times
    }
    let token = peek()
    switch token.kind {
    case .leftBracket, .leftParen, .leftBrace, .pipe: return true
    case .integer: return peek(2).kind == .times || peek(2).kind == .minus && text(peek(3)) == "d"
    case .word:
      if key == "activation", peek(2).kind.endsLine { return false }
      return Vocabulary.layers.contains(text(token)) || Vocabulary.activations.contains(text(token))
        || peek(2).kind == .leftParen && key != "block"
    default: return false
    }
  }

  /// A line that begins with what follows a header key, or with the names of columns.
  mutating func missingKey() -> Bool {
    guard let key = probableKey else { return false }
    let start = current.span.start
    report(
      Diagnostic(
        .missingKey, "'\(key?.rawValue ?? "|")' is missing before \(describe(current))",
        at: Label(current.span, "begins the line"),
        fixIts: [
          FixIt("write '\(key?.rawValue ?? "|")'", [.init(Span(start, start), "\(key?.rawValue ?? "|") ")])
        ]))
    if let key { header(key, Token(.word, Span(start, start))) } else { columns() }
    if key == nil { model.hasDamagedColumns = false }
    return true
  }

  /// The key that such a line wants; `.some(nil)` for the line of the columns.
  private var probableKey: HeaderKey?? {
    let next = peek()
    switch current.kind {
    case .string: return .some(.labels)
    case .integer where next.kind == .times && peek(3).kind == .times: return .some(.input)
    case .integer where next.kind == .pipe: return .some(nil)
    case .word: break
    default: return nil
    }
    switch text(current) {
    case "on": return text(next) == "first" || next.kind == .integer(3) && peek(4).kind.endsLine ? .some(.stride) : nil
    case "none" where model.header.keys.contains { $0.value == "shortcut" }:
      return next.kind.endsLine ? .some(.norm) : nil
    case "A", "B", "C", "identity", "none": return next.kind.endsLine || next.kind == .comma ? .some(.shortcut) : nil
    default: return definesBlock ? .some(.block) : nil
    }
  }

  /// `basic(w) = 3x3, w`
  private var definesBlock: Bool {
    if peek().kind == .equals { return true }
    guard peek().kind == .leftParen else { return false }
    var at = index
    while !tokens[at].kind.endsLine, tokens[at].kind != .rightParen { at += 1 }
    return at + 1 < tokens.count && tokens[at].kind == .rightParen && tokens[at + 1].kind == .equals
  }
}
