// Groups: residual blocks, plain groups, branches, and references to definitions.

extension Parser {
  /// name [ "(" expression { "," expression } ")" ]
  mutating func reference(_ name: Located<String>) -> Element.Kind? {
    let opener = current
    if opener.kind == .leftParen {
      return nested(opener) { parser in
        parser.advance()
        var arguments: [Expression] = []
        repeat {
          guard let argument = parser.expression() else { return nil }
          arguments.append(argument)
        } while parser.take(.comma)
        return parser.close(opener) ? .reference(name, arguments) : nil
      }
    }
    if startsFullyConnected {
      index -= 1
      return fullyConnected()
    }
    // A repeat without a bracket is answered where the element ends.
    if endsElement(current.kind) || current.kind == .times && isBlock(name.value) { return .reference(name, []) }
    if current.kind != .invalid { report(unknownElementDiagnostic(name, blocks: blockNames)) }
    return nil
  }

  /// A block's name that is reserved, as its definition has been told: its uses are no further errors.
  var isReservedBlock: Bool {
    let word = text(current)
    return Vocabulary.reserved.contains(word) && blockNames.contains(word)
      && (peek().kind == .leftParen || endsElement(peek().kind))
  }

  /// A definition's name that no parameter hides.
  func isBlock(_ word: String) -> Bool { blockNames.contains(word) && !declares(word) }

  /// The names that `block` lines define, found before anything is parsed.
  static func definedBlocks(_ source: SourceFile, _ tokens: [Token]) -> [String] {
    let names = tokens.indices.dropLast().lazy.compactMap { at -> String? in
      guard tokens[at].kind == .word, tokens[at + 1].kind == .word, at == 0 || tokens[at - 1].kind == .newline,
        source.text(tokens[at].span) == "block"
      else { return nil }
      return source.text(tokens[at + 1].span)
    }
    return Array(names.prefix(Limits.definitions))
  }

  /// "[" elements "]" [ repeat ] | "(" elements ")" [ repeat ]
  mutating func group(_ kind: Block.Kind) -> Element.Kind? {
    let opener = current
    let elements = nested(opener) { parser in
      parser.advance()
      let elements = parser.body()
      return parser.close(opener) ? elements : nil
    }
    return elements.map { .block(kind, $0, repeats: nil) }
  }

  /// What stands behind a closing bracket, without a comma: words that belong to each repetition, then how many there are.
  ///
  ///     { 3x3, 64, linear | identity } sum relu x 3
  mutating func behindBracket(_ element: inout Element) {
    let words = element.kind.definition.words
    while let word = bracketWord(among: words) { element.attributes.append(word) }
    element.span = element.span.union(previous.span)
    if case .branches(_, nil, _) = element.kind { skipActivationOfConcatenation() }
    let repeated: Element.Kind?
    switch element.kind {
    case .block(let kind, let elements, repeats: nil): repeated = repeats(kind, elements)
    case .branches where current.kind == .times:
      let inner = element
      element.attributes = []
      repeated = repeats(.plain, [inner])
    default: return
    }
    element.kind = repeated ?? .invalid
    if repeated == nil { recover() } else { wordsBehindRepeat(words, bracket: element.span.end) }
  }

  private mutating func bracketWord(among words: [AttributeKey]) -> Syntax.Attribute? {
    let start = current.span
    if words.contains(.activation), Vocabulary.activations.contains(text(current)), foreign(at: index) == nil {
      return attribute()
    }
    if let word = scaleWord(among: words) { return word }
    guard words.contains(.shortcut), take(word: "shortcut") else { return nil }
    let option = shortcutOption(isHeader: false)
    // Up to the repeat nothing else can be read.
    while option == nil, current.kind != .times, !endsElement(current.kind) { advance() }
    return Syntax.Attribute(kind: option.map { .shortcut($0.value) } ?? .invalid, span: start.union(previous.span))
  }

  /// `[ ... ] x 3 linear`
  private mutating func wordsBehindRepeat(_ words: [AttributeKey], bracket end: Int) {
    let start = current.span.start
    let repeatEnd = previous.span.end
    guard let first = bracketWord(among: words) else { return }
    var span = first.span
    while let next = bracketWord(among: words) { span = span.union(next.span) }
    let written = source.text(span)
    report(
      Diagnostic(
        .misplacedAttribute, "\(quoted(written)) belongs before the repeat",
        at: Label(Span(start, span.end), "behind the bracket"),
        fixIts: [
          FixIt(
            "write it there",
            [.init(Span(end, end), " " + written), .init(Span(repeatEnd, span.end), "")])
        ]))
  }

  /// `{ ... } relu x 3`
  private mutating func skipActivationOfConcatenation() {
    guard let activation = Activation.beginning(with: text(current)),
      peek(activation.tail == nil ? 1 : 2).kind == .times
    else { return }
    let start = advance().span
    if activation.tail != nil { advance() }
    report(
      Diagnostic(
        .misplacedAttribute, "branches that are concatenated have no activation of their own",
        at: Label(start.union(previous.span), "of what?"),
        helps: [
          "write 'sum \(activation.phrase)' or 'product \(activation.phrase)' if that is what becomes of their values",
          "write it in a group with them, behind ';', if they are concatenated: '({ ... }; \(activation.phrase)) x 3'",
        ]))
  }

  /// `[3x3, 64; 3x3, 64 x 3`: the repeat shows where the bracket should have been closed.
  var isRepeatOfUnclosed: Bool {
    guard current.kind == .times else { return false }
    var next = index
    while !tokens[next].kind.endsLine, tokens[next].kind != .pipe {
      if tokens[next].kind.isCloser { return false }
      next += 1
    }
    return true
  }

  /// `{ 3x3, 64 | 1x1, 64 sum`: so does what stands behind a brace.
  var isCombinerOfUnclosed: Bool {
    guard closers.last == .rightBrace, CombinerWord(rawValue: text(current)) != nil else { return false }
    return !tokens[index...].prefix { !$0.kind.endsLine }.contains { $0.kind == .rightBrace }
  }

  /// Elements up to a closing bracket, also past what cannot be read.
  mutating func body() -> [Element] {
    var result = elements()
    while !current.kind.isCloser, !current.kind.endsLine, current.kind != .pipe, !isRepeatOfUnclosed,
      !isCombinerOfUnclosed
    {
      switch current.kind {
      case .times: misplacedRepeat()
      case .plus: straySum()
      default: expected("',', ';' or a closing bracket")
      }
      recover(atCommas: false)
      if take(.semicolon) { result += elements() }
    }
    return result
  }

  /// repeat = "x" expression
  mutating func repeats(_ kind: Block.Kind, _ elements: [Element]) -> Element.Kind? {
    if current.kind == .star {
      report(
        Diagnostic(
          .misplacedRepeat, "a repeat is written with 'x'", at: Label(current.span, "expected 'x'"),
          fixIts: [FixIt("write 'x'", [.init(current.span, "x")])]))
      advance()
      return expression().map { .block(kind, elements, repeats: $0) }
    }
    if isRepeatCount {
      report(
        Diagnostic(
          .misplacedRepeat, "an 'x' is missing before the number of repeats", at: Label(current.span, "how often"),
          fixIts: [FixIt("write 'x'", [.init(Span(current.span.start, current.span.start), "x ")])]))
      return expression().map { .block(kind, elements, repeats: $0) }
    }
    guard take(.times) else { return .block(kind, elements, repeats: nil) }
    return expression().map { .block(kind, elements, repeats: $0) }
  }

  /// `] 3`, `] n`: a count without its `x`.
  private var isRepeatCount: Bool {
    switch current.kind {
    case .integer: true
    case .word:
      endsElement(peek().kind) && !Vocabulary.elements.contains(text(current)) && !blockNames.contains(text(current))
        && CombinerWord(rawValue: text(current)) == nil
    default: false
    }
  }

  /// "{" branch { "|" branch } "}" [ combiner ]
  mutating func branches() -> Element.Kind? {
    let opener = current
    let branches = nested(opener) { parser -> [[Element]]? in
      parser.advance()
      var branches = [parser.branch()]
      while parser.take(.pipe) { branches.append(parser.branch()) }
      return parser.close(opener) ? branches : nil
    }
    return branches.map { .branches($0, combiner()) }
  }

  /// branch = [ "+" ] ( elements | "identity" ) | source [ elements ]; `identity` has many names elsewhere
  private mutating func branch() -> [Element] {
    let read = readRow()
    if !read.isEmpty { return read + ([.pipe, .rightBrace].contains(current.kind) ? [] : body()) }
    let carry = carry()
    guard let phrase = phrase(at: index, where: ForeignWord.isIdentity),
      [.pipe, .rightBrace].contains(peek(phrase.count).kind)
    else { return carry + body() }
    index += phrase.count
    return carry
  }
}
