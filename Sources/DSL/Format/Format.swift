// `resnetc fmt`: one canonical layout. Tokens and comments stay what they are and in their order; only the space between
// them changes, so the program cannot. A byte order mark stays, and all lines end as the first one does. Rows of the table form columns, as in Table 1: names, sizes, then cells; layers of
// blocks stand below each other where a row is one cell.

/// The source in canonical layout; `nil` if it cannot be parsed, which `sink` then says.
package func formatted(_ source: SourceFile, _ sink: inout Diagnostics) -> String? {
  guard let model = parse(source, &sink), !sink.hasErrors else { return nil }
  let rows = Dictionary(model.rows.map { (source.line(at: $0.span.start), $0) }) { first, _ in first }
  var unused = Diagnostics()
  let tokens = Lexer.tokens(of: source, &unused)
  let lines = tokens.split(omittingEmptySubsequences: false) { $0.kind.endsLine }.enumerated()
    .filter { $0.offset < source.lineStarts.count }
    .map { FormattedLine(Array($0.element), line: $0.offset, row: rows[$0.offset], in: source) }
  var result: [String] = []
  var group: [FormattedLine] = []
  func close() {
    result += aligned(group)
    group = []
  }
  for line in lines {
    // Comments on lines of their own belong to the group around them.
    if let last = group.last(where: { $0.kind != .comment }), line.kind != .comment, line.isRow != last.isRow {
      close()
    }
    if line.kind == .blank {
      close()
      if !result.isEmpty, result.last != "" { result.append("") }
    } else {
      group.append(line)
    }
  }
  close()
  while result.last == "" { result.removeLast() }
  let mark = source.contentStart == 0 ? "" : "\u{FEFF}"
  let end = source.contents(ofLine: 0).end
  let newline = end < source.bytes.count && source.bytes[end] == UInt8(ascii: "\r") ? "\r\n" : "\n"
  return mark + result.map { $0 + newline }.joined()
}

/// A line, taken apart.
struct FormattedLine {
  enum Kind: Equatable {
    case blank, comment
    /// A line of the head: its key, and the rest.
    case setting(key: String, value: String)
    /// The line of a family's columns.
    case columns
    case row(name: String, size: String)
  }

  var kind: Kind
  /// Of a row, between `|` or as the only one.
  var cells: [Cell] = []
  var hasPipes = false
  /// With its `#`.
  var comment: String

  var isRow: Bool {
    switch kind {
    case .row, .columns: true
    case .blank, .comment, .setting: false
    }
  }

  struct Cell: Equatable {
    var text: String
    /// The layers of a cell that is one residual block, and what follows its bracket.
    var block: (layers: [String], rest: String)?

    static func == (a: Cell, b: Cell) -> Bool { a.text == b.text }
  }

  init(_ tokens: [Token], line: Int, row: Syntax.Row?, in source: SourceFile) {
    let contents = source.contents(ofLine: line)
    let rest = source.text(Span(tokens.last?.span.end ?? contents.start, contents.end))
    comment = rest.trimmed
    guard let first = tokens.first else {
      kind = comment.isEmpty ? .blank : .comment
      return
    }
    if first.kind == .pipe {
      kind = .columns
      hasPipes = true
      cells = Self.cells(tokens.dropFirst(), source)
    } else if let row {
      // `aux` goes along with the size.
      let word = row.auxiliary == row.name.span ? nil : row.auxiliary
      let end = word?.end ?? row.size?.span.end ?? row.name.span.end
      let layers = tokens.drop { $0.span.start < end }
      let size = row.size.map { sizeText($0.span, source) }
      kind = .row(
        name: source.text(row.name.span),
        size: [size, word.map { source.text($0) }].compactMap { $0 }.joined(separator: " "))
      hasPipes = layers.first?.kind == .pipe
      cells = Self.cells(hasPipes ? layers.dropFirst() : layers, source)
    } else {
      let key = source.text(first.span)
      kind = .setting(key: key, value: spaced(tokens.dropFirst(), isInput: key == "input", in: source))
    }
  }

  private static func cells(_ tokens: ArraySlice<Token>, _ source: SourceFile) -> [Cell] {
    parted(tokens, at: .pipe).map { Cell(text: spaced($0, isInput: false, in: source), block: block($0, source)) }
  }

  private static func block(_ tokens: ArraySlice<Token>, _ source: SourceFile) -> (layers: [String], rest: String)? {
    guard tokens.first?.kind == .leftBracket else { return nil }
    var depth = 0
    let closing = tokens.firstIndex { token in
      depth += token.kind.opening
      return depth == 0
    }
    guard let end = closing else { return nil }
    let layers = parted(tokens[tokens.startIndex + 1..<end], at: .semicolon)
    guard layers.count > 1 else { return nil }
    // The bracket goes along, so that what follows keeps its distance.
    let rest = spaced(tokens[end...], isInput: false, in: source).dropFirst()
    return (layers.map { spaced($0, isInput: false, in: source) }, String(rest))
  }

  /// At each `separator` outside of brackets.
  private static func parted(_ tokens: ArraySlice<Token>, at separator: Token.Kind) -> [ArraySlice<Token>] {
    var depth = 0
    return tokens.split(omittingEmptySubsequences: false) { token in
      depth += token.kind.opening
      return token.kind == separator && depth == 0
    }
  }
}

extension Token.Kind {
  /// 1 for a bracket that opens, -1 for one that closes.
  fileprivate var opening: Int { closer != nil ? 1 : isCloser ? -1 : 0 }
}

/// Tokens with one space where the language reads best, and none elsewhere.
private func spaced(_ tokens: ArraySlice<Token>, isInput: Bool, in source: SourceFile) -> String {
  var text = ""
  for index in tokens.indices {
    let token = tokens[index]
    if index > tokens.startIndex, hasSpace(tokens, before: index, isInput: isInput, in: source) { text += " " }
    text += token.kind == .times ? "x" : source.text(token.span)
  }
  return text
}

private func hasSpace(_ tokens: ArraySlice<Token>, before index: Int, isInput: Bool, in source: SourceFile) -> Bool {
  let (left, right) = (tokens[index - 1], tokens[index])
  /// Whether the author left room on either side of an operator.
  func isLoose(_ at: Int) -> Bool {
    let before = at > tokens.startIndex && tokens[at - 1].span.end < tokens[at].span.start
    return before || at + 1 < tokens.endIndex && tokens[at].span.end < tokens[at + 1].span.start
  }
  /// The minus of `-d fc`, which is none.
  func isHyphen(_ at: Int) -> Bool {
    at + 2 < tokens.endIndex && source.text(tokens[at + 1].span) == "d" && source.text(tokens[at + 2].span) == "fc"
  }
  switch (left.kind, right.kind) {
  case (.minus, _) where isHyphen(index - 1), (_, .minus) where isHyphen(index): return false
  case (_, .comma), (_, .semicolon), (_, .rightParen), (_, .rightBracket), (_, .rightBrace): return false
  case (.leftParen, _), (.leftBracket, _), (.leftBrace, _): return false
  case (.comma, _), (.semicolon, _), (.equals, _), (_, .equals), (.pipe, _), (_, .pipe): return true
  case (_, .times), (.times, _):
    // `7x7`, but `3 x 224 x 224` for an input, `] x 3` for a repeat, and `w x 3`, since `wx3` were a word.
    let at = right.kind == .times ? index : index - 1
    guard !isInput, at > tokens.startIndex, case .integer = tokens[at - 1].kind else { return true }
    return false
  case (.plus, _), (.minus, _), (.star, _), (.slash, _): return isLoose(index - 1)
  case (_, .plus), (_, .minus), (_, .star), (_, .slash): return isLoose(index)
  default: return left.span.end < right.span.start
  }
}

extension String {
  /// Without space at either end.
  fileprivate var trimmed: String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
    let start = drop(while: isSpace)
    guard let last = start.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(start[...last])
  }
}

/// A row's size with its digits as they are: `056 × 56` is `056x56`.
private func sizeText(_ span: Span, _ source: SourceFile) -> String {
  String(source.text(span).map { $0 == "×" ? "x" : $0 }.filter { $0 != " " && $0 != "\t" })
}
