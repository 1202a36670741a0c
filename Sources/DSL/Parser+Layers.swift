// Elements of a row or a block: layers with what belongs to them.

extension Parser {
  typealias Element = Syntax.Element

  /// elements = element { ( "," | ";" ) element }
  mutating func elements() -> [Element] {
    var result: [Element] = []
    repeat {
      result.append(element())
      while missingComma() { result.append(element()) }
    } while take(.comma) || take(.semicolon)
    return result
  }

  /// `3x3, 64 stride 2`: says that a comma is missing and reads on as if it stood there.
  private mutating func missingComma() -> Bool {
    guard current.kind == .word || current.kind == .leftBracket, previous.span.end < current.span.start, !isMissingPipe
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
  private mutating func element() -> Element {
    let first = current
    let start = first.span
    var element = Element(kind: .invalid, span: start)
    if let attribute = leadingAttribute() {
      element.attributes.append(attribute)
    } else if let kind = elementKind() {
      element.kind = kind
    } else {
      recover()
    }
    element.span = start.union(index > 0 ? previous.span : start)
    if isUnknown(element.kind) { skipWidth(after: first) }
    while true {
      if current.kind == .comma, startsAttribute(peek(), of: element) {
        advance()
      } else if startsAttribute(current, of: element), previous.span.end < current.span.start {
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

  /// The width of a convolution whose kernel could not be read.
  private mutating func skipWidth(after start: Token) {
    var wasNumber = start.kind == .times
    if case .integer = start.kind { wasNumber = true }
    guard current.kind == .comma, endsElement(peek(2).kind) else { return }
    switch peek().kind {
    case .integer: break
    case .word where wasNumber && !Vocabulary.elements.contains(text(peek())): break
    default: return
    }
    advance()
    advance()
  }

  func endsElement(_ kind: Token.Kind) -> Bool {
    kind == .comma || kind == .semicolon || kind == .pipe || kind.endsLine || kind.isCloser
  }

  /// `; stride 2`: an attribute where a layer should begin.
  private mutating func leadingAttribute() -> Syntax.Attribute? {
    guard Vocabulary.attributes.contains(text(current)) else { return nil }
    report(
      Diagnostic(
        .misplacedAttribute, "'\(text(current))' follows no layer", at: Label(current.span, "belongs to a layer"),
        helps: ["an attribute stands after its layer and a comma: '3x3, 64, stride 2'"]))
    return attribute()
  }

  private func startsAttribute(_ token: Token, of element: Element) -> Bool {
    let word = text(token)
    if Vocabulary.attributes.contains(word) { return true }
    guard Vocabulary.activations.contains(word) else { return false }
    switch element.kind {
    case .convolution, .fullyConnected, .invalid: return true
    default: return false
    }
  }

  private mutating func elementKind() -> Element.Kind? {
    let token = current
    switch token.kind {
    case .integer: return peek().kind == .times ? windowed() : fullyConnected()
    case .word where peek().kind == .times && !Vocabulary.reserved.contains(text(token)): return windowed()
    case .word where widthIsAhead, .leftParen where widthIsAhead: return fullyConnected()
    case .leftBracket: return group(.residual)
    case .leftParen: return group(.plain)
    case .leftBrace: return branches()
    case .word: return worded()
    case .decimal, .minus, .plus:
      return fullyConnected()
    default:
      expected("a layer")
      return nil
    }
  }

  /// kernel "," expression | kernel ( "max" | "average" ) "pool"
  private mutating func windowed() -> Element.Kind? {
    guard let height = dimension() else { return nil }
    advance()
    guard let width = dimension() else { return nil }
    let kernel = Syntax.Dimensions(height: height, width: width)
    switch current.kind {
    case .comma:
      switch peek().kind {
      case .integer, .leftParen, .decimal: break
      case .word where !Vocabulary.elements.contains(text(peek())): break
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
      guard ["max", "average"].contains(word.value) else {
        report(
          Diagnostic(
            .unknownName, "a window is followed by 'max pool', 'average pool' or a width, not by \(quoted(word.value))",
            at: Label(word.span, "unknown"), fixIts: spelling(word, among: ["max", "average"])))
        return nil
      }
      advance()
      guard pool() else { return nil }
      return word.value == "max" ? .maxPool(kernel) : .averagePool(kernel)
    default:
      return missingWidth(kernel)
    }
  }

  private mutating func missingWidth(_ kernel: Syntax.Dimensions) -> Element.Kind? {
    guard current.kind != .invalid else { return nil }
    // `3x3, , stride 2`: the first comma stands before the width that is not there.
    if current.kind == .comma, endsElement(peek().kind) { advance() }
    report(
      Diagnostic(
        .missingWidth, "the convolution \(quoted(source.text(kernel.span))) has no width",
        at: Label(kernel.span, "how many channels does it give?"),
        helps: ["write its number of output channels after a comma: '\(source.text(kernel.span)), 64'"]))
    return nil
  }

  private mutating func pool() -> Bool {
    if take(word: "pool") { return true }
    expected("'pool'")
    return false
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
        if Vocabulary.reserved.contains(text(token)) { return false }
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

  /// Layers that begin with a word, and names of blocks.
  private mutating func worded() -> Element.Kind? {
    let token = advance()
    let word = source.text(token.span)
    if let activation = Activation(rawValue: word) { return .activation(activation) }
    switch word {
    case "average": return pool() ? .globalAveragePool : nil
    case "softmax": return .softmax
    case "dropout": return decimal().map { .dropout($0) }
    case "maxout": return expression().map { .maxout($0) }
    case "lrn": return expression().map { .localResponseNorm($0) }
    case "se": return expression().map { .squeezeExcitation($0) }
    case "max":
      guard pool() else { return nil }
      report(
        Diagnostic(
          .missingWindow, "this max pool has no window", at: Label(token.span.union(previous.span), "over what?"),
          helps: ["write its window before it: '3x3 max pool, stride 2'"]))
      return nil
    case "fc": return swappedFullyConnected(token)
    case "gate": return gate()
    case "spatial": return spatialPyramidPool()
    default: return reference(Located(word, token.span))
    }
  }

  /// `fc 1000`, as other tools write it.
  private mutating func swappedFullyConnected(_ token: Token) -> Element.Kind? {
    let width = current
    guard case .integer = width.kind else {
      expected("a width before 'fc', as in '1000-d fc'")
      return nil
    }
    advance()
    report(
      Diagnostic(
        .unexpectedToken, "a fully connected layer is written with its width first",
        at: Label(token.span.union(width.span), "expected '\(source.text(width.span))-d fc'"),
        fixIts: [
          FixIt(
            "write '\(source.text(width.span))-d fc'",
            [.init(token.span.union(width.span), "\(source.text(width.span))-d fc")])
        ]))
    return nil
  }

  private mutating func gate() -> Element.Kind? {
    let opener = current
    guard opener.kind == .leftParen else {
      expected("'('")
      return nil
    }
    return nested(opener) { parser in
      parser.advance()
      let elements = parser.body()
      return parser.close(opener) ? .gate(elements) : nil
    }
  }

  private mutating func spatialPyramidPool() -> Element.Kind? {
    guard take(word: "pyramid") else {
      expected("'pyramid'")
      return nil
    }
    guard pool(), let first = dimension() else { return nil }
    var levels = [first]
    while case .integer = current.kind, let next = dimension() { levels.append(next) }
    return .spatialPyramidPool(levels)
  }
}

/// Something between commas that is neither layer nor attribute nor block.
func unknownElementDiagnostic(_ name: Located<String>, blocks: [String]) -> Diagnostic {
  let fixIts = spelling(name, among: Vocabulary.elements + blocks)
  return Diagnostic(
    .unknownName, "there is no layer, attribute or block named \(quoted(name.value))", at: Label(name.span, "unknown"),
    helps: fixIts.isEmpty && !blocks.isEmpty ? ["the file defines \(alternatives(blocks, joiner: "and"))"] : [],
    fixIts: fixIts)
}
