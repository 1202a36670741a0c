// Lines that are no lines of their own: parameters, steps of 'preprocess', layers without a row's name, and the rest of
// a row. They are read where they belong. Those of one kind share one answer, because they share one remedy.

struct StrayLines {
  var parameters: [(name: String, text: String, line: Span)] = []
  var steps: [(word: Span, line: Span)] = []
  /// Where the row or definition that is being read goes on, and what would join its lines.
  var continuation: Span?
  var joins: [FixIt.Edit] = []
}

extension Parser {
  /// Says what has been found on lines of its own.
  mutating func reportStrays() {
    isLineAbandoned = false
    reportParameters()
    reportSteps()
  }

  // MARK: Parameters

  /// `n = 18`, `let n = 3`: numbers alone behind the '='; a definition has layers there.
  mutating func strayParameter() -> Bool {
    let start = current.span
    var at = index
    let words = ["let", "var", "const", "set", "param", "parameter"]
    if words.contains(text(current).lowercased()), peek().kind == .word { at += 1 }
    guard tokens[at].kind == .word, tokens[at + 1].kind == .equals else { return false }
    var end = at + 2
    while isArithmetic(tokens[end]) { end += 1 }
    let name = text(tokens[at])
    guard end > at + 2, tokens[end].kind.endsLine, !Vocabulary.reserved.contains(name) else { return false }
    index = end
    let value = source.text(tokens[at + 2].span.union(previous.span))
    strays.parameters.append((name, "\(name) = \(value)", start.union(previous.span)))
    // They are known to the parser alone, and are not to be missed by others.
    model.hasDamagedParameters = true
    if strays.parameters.count > Limits.definitions { limitExceeded("parameters", Limits.definitions, at: start) }
    return true
  }

  /// What an expression consists of.
  func isArithmetic(_ token: Token) -> Bool {
    switch token.kind {
    case .integer, .plus, .minus, .star, .slash, .leftParen, .rightParen: true
    case .word: declares(text(token))
    default: false
    }
  }

  private mutating func reportParameters() {
    guard let first = strays.parameters.first else { return }
    let known = model.parameters.map { "\($0.name.value) = \(source.text($0.value.span))" }
    let list = (known + strays.parameters.map(\.text)).joined(separator: ", ")
    let name = model.name.value
    let line = "family \(name.isEmpty ? "NAME" : name)(\(list))"
    // The line of the model is ours to change where it is written as it should be.
    let isPlain = text(model.keyword.span) == "model" && known.isEmpty && text(model.name.span) == name && !name.isEmpty
    let end = Span(model.name.span.end, model.name.span.end)
    let edits = [FixIt.Edit(model.keyword.span, "family"), .init(end, "(\(list))")]
    report(
      Diagnostic(
        .unexpectedToken, "parameters stand behind the name of a family", at: Label(first.line, "a line of its own"),
        helps: isPlain ? [] : ["write '\(line)' as the first line, without lines for them"],
        fixIts: isPlain
          ? [FixIt("write '\(line)' as the first line", edits + strays.parameters.map { .init($0.line, "") })] : []))
  }

  private func text(_ span: Span) -> String { source.text(span) }

  // MARK: Steps of the input pipeline

  /// `mean 0.5 0.5 0.5` as a line.
  mutating func strayStep() -> Bool {
    let at = index + (peek().kind == .equals ? 2 : 1)
    guard Parser.commonSteps.contains(text(current)), at + 1 < tokens.count,
      isStepValue(tokens[at], after: tokens[at - 1]), tokens[at + 1].kind != .times
    else { return false }
    let word = current.span
    if !preprocess(Token(.word, Span(word.start, word.start))) { skipLine() }
    strays.steps.append((word, word.union(previous.span)))
    return true
  }

  private func isStepValue(_ token: Token, after before: Token) -> Bool {
    switch token.kind {
    case .integer, .decimal, .minus: true
    // A row may begin with a bracket.
    case .leftBracket, .leftParen: before.kind == .equals
    default: false
    }
  }

  private mutating func reportSteps() {
    guard let first = strays.steps.first else { return }
    let steps = strays.steps
    let word = source.text(first.word)
    let written = steps.map { source.text($0.line) }.joined(separator: ", ")
    if model.header.keys.contains(where: { $0.value == "preprocess" }) {
      return report(
        Diagnostic(
          .missingKey, "the steps of 'preprocess' stand on one line", at: Label(first.word, "begins a line of its own"),
          helps: ["write ', \(written)' at the end of the line 'preprocess ...'"]))
    }
    let gaps = zip(steps, steps.dropFirst()).map { Span($0.line.end, $1.line.start) }
    let start = Span(first.word.start, first.word.start)
    let edits = [FixIt.Edit(start, "preprocess ")] + gaps.map { .init($0, ", ") }
    let line = steps.count == 1 ? "preprocess" : "preprocess \(written)"
    report(
      Diagnostic(
        .missingKey, "'preprocess' is missing before '\(word)'", at: Label(first.word, "begins the line"),
        helps: gaps.allSatisfy { isBlank($0) } ? [] : ["write '\(line)' on one line"],
        fixIts: gaps.allSatisfy { isBlank($0) } ? [FixIt("write '\(line)'", edits)] : []))
  }

  private func isBlank(_ span: Span) -> Bool { source.text(span).allSatisfy(\.isWhitespace) }

  // MARK: Rows

  static func namesOfLines(_ source: SourceFile, _ tokens: [Token]) -> Set<String> {
    Set(
      tokens.indices.lazy
        .filter { tokens[$0].kind == .word && ($0 == 0 || tokens[$0 - 1].kind == .newline) }
        .map { source.text(tokens[$0].span) })
  }

  /// `dropout 0.2`, `relu`, `average pool`: layers alone. Gives their row a name that no line has.
  mutating func missingRowName() -> Located<String>? {
    guard let stem = stemOfLayers else { return nil }
    // Few, so that no file makes the search long.
    let name = "\(stem)\((1...99).first { !lineNames.contains("\(stem)\($0)") } ?? 100)"
    lineNames.insert(name)
    let start = Span(current.span.start, current.span.start)
    var end = index
    while !endsElement(tokens[end].kind) { end += 1 }
    let layer = source.text(current.span.union(tokens[end - 1].span))
    report(
      Diagnostic(
        .unexpectedToken, "a row begins with a name", at: Label(current.span, "a layer"),
        fixIts: [FixIt("write '\(name) \(layer)'", [.init(start, "\(name) ")])]))
    return Located(name, start)
  }

  /// What a row of the layers that begin here could be called; nil where a name stands.
  private var stemOfLayers: String? {
    let next = peek()
    func ends(_ token: Token) -> Bool { endsElement(token.kind) && token.kind != .pipe }
    switch text(current) {
    case "dropout" where isNumber(next.kind) && ends(peek(2)): return "drop"
    case "average" where text(next) == "pool" && ends(peek(2)): return "pool"
    case "softmax" where ends(next): return "prob"
    case let word where Vocabulary.activations.contains(word) && ends(next): return "act"
    default: return nil
    }
  }

  /// `flatten` as a line.
  mutating func needlessLine() -> Bool {
    guard let (phrase, word) = foreign(at: index), case .needless = word, peek(phrase.count).kind.endsLine else {
      return false
    }
    return foreignElement()
  }

  // MARK: The rest of a row

  /// Whether layers begin at a token, and no name, size of an input or list of columns.
  func startsLayer(_ at: Int) -> Bool {
    let next = tokens[min(at + 1, tokens.count - 1)].kind
    switch tokens[at].kind {
    case .leftBracket, .leftParen, .leftBrace: return true
    case .integer where next == .minus: return true
    case .integer where next == .times: return tokens[min(at + 3, tokens.count - 1)].kind != .times
    default: return false
    }
  }

  /// Reads on behind the end of a line where a row or a definition does, in a bracket or behind a separator.
  mutating func goesOnNextLine() -> Bool {
    // No row goes on for so long that this should be.
    guard current.kind == .newline, !isLineAbandoned, strays.joins.count < 100 else { return false }
    var next = index
    while tokens[next].kind == .newline { next += 1 }
    let isSeparated = previous.kind == .comma || previous.kind == .semicolon
    let closes = tokens[next].kind == closers.last
    guard closes || startsLayer(next) && (isSeparated || !closers.isEmpty) else { return false }
    let isTight = closes || previous.kind.closer != nil
    let gap = Span(previous.span.end, tokens[next].span.start)
    if strays.continuation == nil { strays.continuation = tokens[next].span }
    strays.joins.append(.init(gap, isTight ? "" : isSeparated ? " " : "; "))
    index = next
    return true
  }

  /// One answer for all lines of a row.
  mutating func reportContinuation() {
    guard let place = strays.continuation else { return }
    // A comment would swallow what is put behind it.
    let canJoin = strays.joins.allSatisfy { isBlank($0.span) }
    report(
      Diagnostic(
        .unexpectedToken, "a row or a definition is one line", at: Label(place, "goes on here"),
        helps: canJoin ? [] : ["write all of it on the line where it begins"],
        fixIts: canJoin ? [FixIt("write all of it on one line", strays.joins)] : []))
    strays.continuation = nil
    strays.joins = []
  }
}
