// Elements of a row or a block: layers with what belongs to them.

extension Parser {
  typealias Element = Syntax.Element

  /// elements = element { ( "," | ";" ) element }
  mutating func elements() -> [Element] {
    var result: [Element] = []
    repeat {
      _ = goesOnNextLine()
      if trailingSeparator() { break }
      result.append(element(after: result))
      while missingComma() || goesOnNextLine() && !current.kind.isCloser { result.append(element(after: result)) }
    } while take(.comma) || take(.semicolon)
    return result
  }

  /// `[3x3, 64; 3x3, 64;]`: nothing follows the last separator.
  private mutating func trailingSeparator() -> Bool {
    guard current.kind == closers.last, let last = tokens[..<index].last(where: { $0.kind != .newline }),
      last.kind == .comma || last.kind == .semicolon
    else { return false }
    report(
      Diagnostic(
        .unexpectedToken, "no \(describe(last)) stands after the last layer", at: Label(last.span, "not written"),
        fixIts: [FixIt("remove it", [.init(last.span, "")])]))
    return true
  }

  /// `3x3, 64 stride 2`: says that a comma is missing and reads on as if it stood there.
  private mutating func missingComma() -> Bool {
    foreignUnit()
    guard current.kind == .word || current.kind == .leftBracket, previous.span.end < current.span.start, !isMissingPipe,
      !isCombinerOfUnclosed
    else {
      return false
    }
    reportMissingComma()
    return true
  }

  mutating func reportMissingComma() {
    let place = Span(previous.span.end, previous.span.end)
    report(
      Diagnostic(
        .missingComma, "a comma is missing before \(describe(current))",
        at: Label(current.span, "starts something new"),
        fixIts: [FixIt("write ','", [.init(place, ",")])]))
  }

  /// element = layer { "," attribute } | group
  private mutating func element(after before: [Element]) -> Element {
    let first = current
    let opener = index
    let start = first.span
    var element = Element(kind: .invalid, span: start)
    if isReservedBlock {
      element.kind = reference(Located(text(current), advance().span)) ?? .invalid
    } else if preActivation(after: before) {
      // Nothing of its bracket is read.
    } else if let attribute = foreignAttribute() {
      element.attributes.append(Syntax.Attribute(kind: attribute, span: start.union(previous.span)))
    } else if !widthIsAhead, foreignElement() {
      recover()
    } else if let attribute = leadingAttribute() {
      element.attributes.append(attribute)
    } else if let kind = elementKind() {
      element.kind = kind
      element.span = start.union(previous.span)
      behindBracket(&element)
    } else {
      recover()
    }
    element.span = start.union(index > 0 ? previous.span : start)
    if isUnknown(element.kind) { skipWidth(after: first) }
    while true {
      if current.kind == .comma, startsAttribute(index + 1, of: element) {
        advance()
        if isMissingSum(element, from: opener) {
          recover()
          break
        }
      } else if startsAttribute(index, of: element), previous.span.end < current.span.start {
        reportMissingComma()
      } else {
        break
      }
      element.attributes.append(attribute())
    }
    element.span = start.union(index > 0 ? previous.span : start)
    return element
  }

  private func isUnknown(_ kind: Element.Kind) -> Bool {
    switch kind {
    case .invalid: true
    case .reference(let name, let arguments): arguments.isEmpty && !blockNames.contains(name.value)
    default: false
    }
  }

  /// The width of a convolution whose kernel could not be read, or the numbers of an unknown layer: `fire 16, 64, 64`.
  private mutating func skipWidth(after start: Token) {
    var wasNumber = start.kind == .times
    if case .integer = start.kind { wasNumber = true }
    while current.kind == .comma, endsElement(peek(2).kind) {
      switch peek().kind {
      case .integer: break
      case .word where wasNumber && !Vocabulary.elements.contains(text(peek())): break
      default: return
      }
      advance()
      advance()
      if wasNumber { return }
    }
  }

  func endsElement(_ kind: Token.Kind) -> Bool {
    kind == .comma || kind == .semicolon || kind == .pipe || kind.endsLine || kind.isCloser
  }

  /// `; stride 2`: an attribute where a layer should begin.
  private mutating func leadingAttribute() -> Syntax.Attribute? {
    guard Vocabulary.attributes.contains(text(current)) else { return nil }
    // A layer of its own.
    if isNormLayer(index) { return nil }
    report(
      Diagnostic(
        .misplacedAttribute, "'\(text(current))' follows no layer", at: Label(current.span, "belongs to a layer"),
        helps: ["an attribute stands after its layer and a comma: '3x3, 64, stride 2'"]))
    return attribute()
  }

  /// `[ ... ] x 2, linear`: meant for the sum, but a layer of its own would follow the sum's activation and do nothing.
  private mutating func isMissingSum(_ element: Element, from opener: Int) -> Bool {
    guard case .block(.residual, _, _) = element.kind, text(current) == "linear" else { return false }
    let bracket = matchingCloser(opener)?.span.end
    report(
      Diagnostic(
        .misplacedAttribute, "what follows a block's sum stands right behind its bracket, without a comma",
        at: Label(current.span, "a layer of its own here"),
        fixIts: bracket.map { end in
          [
            FixIt(
              "write '] linear'",
              [.init(Span(end, end), " linear"), .init(Span(tokens[index - 1].span.start, current.span.end), "")])
          ]
        } ?? []))
    return true
  }

  private func startsAttribute(_ at: Int, of element: Element) -> Bool {
    let token = tokens[min(at, tokens.count - 1)]
    let word = text(token)
    let next = tokens[min(at + 1, tokens.count - 1)]
    if blockNames.contains(word), next.kind == .leftParen || endsElement(next.kind) { return false }
    if Vocabulary.attributes.contains(word) || Vocabulary.activations.contains(word), foreign(at: at) != nil {
      return false
    }
    if isNormLayer(at), !element.kind.takesNorm { return false }
    if word == "linear" {
      if case .block(.residual, _, _) = element.kind { return true }
      if case .integer = next.kind { return false }
      if next.kind == .leftParen { return false }
    }
    if Vocabulary.attributes.contains(word) || isCardinality(at) { return true }
    // A word behind this layer alone; `lrn 5, k` has lost its number, where the file has no `k`.
    if let key = AttributeWord.named(word)?.key, element.kind.definition.attributes.contains(key) {
      let isNegative = next.kind == .minus && isNumber(tokens[min(at + 2, tokens.count - 1)].kind)
      return isNumber(next.kind) || isNegative || !isDefined(word)
    }
    guard Vocabulary.activations.contains(word) else { return false }
    return element.kind == .invalid || element.kind.definition.attributes.contains(.activation)
  }

  private mutating func elementKind() -> Element.Kind? {
    let token = current
    if let kind = leadingRepeat() ?? foreignFullyConnected() { return kind }
    switch token.kind {
    case .integer: return peek().kind == .times ? windowed() : fullyConnected()
    case .word where peek().kind == .times && isNumberName(text(token)) && !isBlock(text(token)): return windowed()
    case .word where widthIsAhead, .leftParen where widthIsAhead: return fullyConnected()
    case .leftBracket: return group(.residual)
    case .leftParen: return group(.plain)
    case .leftBrace: return branches()
    case .word:
      if let kind = foreignConvolution() { return kind }
      return swappedFullyConnected() ?? worded()
    case .decimal, .minus, .plus:
      return fullyConnected()
    default:
      expected("a layer")
      return nil
    }
  }

  /// kernel "," expression | kernel ( "max" | "average" ) "pool"
  mutating func windowed() -> Element.Kind? {
    guard let height = dimension() else { return nil }
    advance()
    guard let width = dimension() else { return nil }
    let kernel = Syntax.Dimensions(height: height, width: width)
    strideInKernel()
    if foreignAfterKernel() { return expression().map { .convolution(kernel: kernel, width: $0) } }
    switch current.kind {
    case .comma:
      switch peek().kind {
      case .integer, .leftParen, .decimal: break
      case .word where isWidthName(index + 1): break
      case .invalid: return nil
      default: return missingWidth(kernel)
      }
      advance()
      return expression().map { .convolution(kernel: kernel, width: $0) }
    case .integer:
      reportMissingComma()
      return expression().map { .convolution(kernel: kernel, width: $0) }
    case .word:
      let word = Located(text(current), current.span)
      if let pool = foreignPool() { return pool.windowed?(kernel) }
      if foreign(at: index)?.word == .spelt("depthwise") || word.value == "depthwise" {
        return depthwiseFirst(kernel)
      }
      guard let layer = LayerWord.named(word.value), let windowed = layer.windowed else {
        let phrases = LayerWord.windowed.map { "'\($0.phrase)'" }.joined(separator: ", ")
        report(
          Diagnostic(
            .unknownName, "a window is followed by \(phrases) or a width, not by \(quoted(word.value))",
            at: Label(word.span, "unknown"), fixIts: spelling(word, among: LayerWord.windowed.map(\.word))))
        return nil
      }
      advance()
      return pool() ? windowed(kernel) : nil
    default:
      return missingWidth(kernel)
    }
  }

  /// Whether a word after a kernel's comma can be its width.
  private func isWidthName(_ at: Int) -> Bool {
    let word = text(tokens[at])
    return declares(word) || !Vocabulary.elements.contains(word) && foreign(at: at) == nil && !isForeignWidth(at)
  }

  /// `3x3, s2`: another tool's stride where the width should stand.
  private func isForeignWidth(_ at: Int) -> Bool {
    let word = text(tokens[at])
    return !declares(word) && (word.first == "s" || word.first == "p") && Int(word.dropFirst()) != nil
  }

  /// `3x3 maxpool`: says how it is written, and reads it so.
  private mutating func foreignPool() -> LayerWord? {
    guard let (phrase, word) = foreign(at: index), case .spelt(let pool) = word,
      let layer = LayerWord.windowed.first(where: { $0.phrase == pool })
    else { return nil }
    index += phrase.count
    report(
      Diagnostic(
        .unknownName, "\(quoted(source.text(phrase.span))) is written '\(pool)'",
        at: Label(phrase.span, "another tool's word"), fixIts: [FixIt("write '\(pool)'", [.init(phrase.span, pool)])]))
    return layer
  }

  /// `3x3 depthwise, 64`
  private mutating func depthwiseFirst(_ kernel: Syntax.Dimensions) -> Element.Kind? {
    guard peek().kind == .comma, case .integer(let width) = peek(2).kind, endsElement(peek(3).kind) else {
      return missingDepthwiseWidth(kernel)
    }
    let span = kernel.span.union(peek(2).span)
    let fix = "\(source.text(kernel.span)), \(width), depthwise"
    report(
      Diagnostic(
        .unexpectedToken, "'depthwise' stands after the width", at: Label(current.span, "too early"),
        fixIts: [FixIt("write '\(fix)'", [.init(span, fix)])]))
    for _ in 0..<3 { advance() }
    return nil
  }

  /// `3x3 depthwise`, `3x3, depthwise`: elsewhere it takes its width from what enters it.
  private mutating func missingDepthwiseWidth(_ kernel: Syntax.Dimensions) -> Element.Kind? {
    report(
      Diagnostic(
        .missingWidth, "the depthwise convolution \(quoted(source.text(kernel.span))) has no width",
        at: Label(kernel.span, "how many channels enter it?"),
        helps: ["write the number of channels that enter it: '\(source.text(kernel.span)), 64, depthwise'"]))
    return nil
  }

  private mutating func missingWidth(_ kernel: Syntax.Dimensions) -> Element.Kind? {
    guard current.kind != .invalid else { return nil }
    if current.kind == .comma, text(peek()) == "depthwise" { return missingDepthwiseWidth(kernel) }
    // `3x3, , stride 2`: the first comma stands before the width that is not there.
    if current.kind == .comma, endsElement(peek().kind) { advance() }
    report(
      Diagnostic(
        .missingWidth, "the convolution \(quoted(source.text(kernel.span))) has no width",
        at: Label(kernel.span, "how many channels does it give?"),
        helps: ["write its number of output channels after a comma: '\(source.text(kernel.span)), 64'"]))
    return nil
  }

  /// Whether an expression up to `-d fc` stands here, and not a block's name or a group. Stops at the first token that no
  /// expression has there, so that elements of a line are not read again and again.
  private var widthIsAhead: Bool {
    var next = index
    var depth = 0
    var wantsFactor = true
    while true {
      let token = tokens[next]
      let touches = next > index && tokens[next - 1].span.end == token.span.start
      var isAfterNumber = false
      if touches, case .integer = tokens[next - 1].kind { isAfterNumber = true }
      switch token.kind {
      case .integer where wantsFactor: wantsFactor = false
      case .word where wantsFactor || isAfterNumber:
        if !isNumberName(text(token)) { return false }
        wantsFactor = false
      case .leftParen where wantsFactor || isAfterNumber:
        depth += 1
        wantsFactor = true
      case .rightParen where !wantsFactor && depth > 0: depth -= 1
      case .minus where !wantsFactor && depth == 0 && isFullyConnected(next): return true
      case .plus where !wantsFactor, .minus where !wantsFactor, .star where !wantsFactor, .slash where !wantsFactor:
        wantsFactor = true
      default: return false
      }
      next += 1
    }
  }

  /// `-d fc`, whole.
  private func isFullyConnected(_ minus: Int) -> Bool {
    guard minus + 2 < tokens.count else { return false }
    let (d, fc) = (tokens[minus + 1], tokens[minus + 2])
    return text(d) == "d" && text(fc) == "fc" && tokens[minus].span.end == d.span.start
  }

  /// expression "-" "d" "fc"
  mutating func fullyConnected() -> Element.Kind? {
    guard let width = expression() else { return nil }
    guard startsFullyConnected else {
      let help = "a convolution is written '3x3, 64', a fully connected layer '1000-d fc'"
      guard current.kind != .invalid else { return nil }
      report(
        Diagnostic(
          .unexpectedToken, "\(quoted(source.text(width.span))) is no layer by itself",
          at: Label(width.span, "expected a layer"), helps: [help]))
      return nil
    }
    advance()
    advance()
    guard take(word: "fc") else {
      let place = Span(previous.span.end, previous.span.end)
      expected("'fc'", fixIts: current.kind == .word ? [] : [FixIt("write 'fc'", [.init(place, " fc")])])
      return nil
    }
    return .fullyConnected(width)
  }
}

extension Syntax.Element.Kind {
  /// `norm` behind it would be its own.
  fileprivate var takesNorm: Bool { self == .invalid || definition.attributes.contains(.norm) }
}

/// Something between commas that is neither layer nor attribute nor block.
func unknownElementDiagnostic(_ name: Located<String>, blocks: [String]) -> Diagnostic {
  let fixIts = spelling(name, among: Vocabulary.elements + blocks)
  return Diagnostic(
    .unknownName, "there is no layer, attribute or block named \(quoted(name.value))", at: Label(name.span, "unknown"),
    helps: fixIts.isEmpty && !blocks.isEmpty ? ["the file defines \(alternatives(blocks, joiner: "and"))"] : [],
    fixIts: fixIts)
}
