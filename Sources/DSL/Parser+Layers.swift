// Layers, groups and their attributes.

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
    guard current.kind == .word || current.kind == .leftBracket, previous.span.end < current.span.start else {
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
    let start = current.span
    var element = Element(kind: .invalid, span: start)
    if let attribute = leadingAttribute() {
      element.attributes.append(attribute)
    } else if let kind = elementKind() {
      element.kind = kind
    } else {
      recover()
    }
    element.span = start.union(index > 0 ? previous.span : start)
    if element.kind == .invalid { skipWidth() }
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

  /// The width of a convolution whose kernel could not be read.
  private mutating func skipWidth() {
    guard current.kind == .comma, case .integer = peek().kind else { return }
    switch peek(2).kind {
    case .comma, .semicolon, .pipe, .newline, .end, .rightParen, .rightBracket, .rightBrace:
      advance()
      advance()
    default: break
    }
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

  /// expression "-" "d" "fc"
  private mutating func fullyConnected() -> Element.Kind? {
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

  /// name [ "(" expression { "," expression } ")" ]
  private mutating func reference(_ name: Located<String>) -> Element.Kind? {
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
    switch current.kind {
    case .comma, .semicolon, .pipe, .newline, .end, .rightParen, .rightBracket, .rightBrace:
      return .reference(name, [])
    case .invalid: return nil
    default:
      unknownElement(name, blocks: blockNames)
      return nil
    }
  }

  /// Names of all block definitions of the file, also of those further down.
  private var blockNames: [String] {
    tokens.indices.dropLast(2).compactMap { at in
      text(tokens[at]) == "block" && (at == 0 || tokens[at - 1].kind == .newline) && tokens[at + 1].kind == .word
        ? text(tokens[at + 1]) : nil
    }
  }

  mutating func unknownElement(_ name: Located<String>, blocks: [String]) {
    report(unknownElementDiagnostic(name, blocks: blocks))
  }

  /// "[" elements "]" [ repeat ] | "(" elements ")" [ repeat ]
  private mutating func group(_ kind: Block.Kind) -> Element.Kind? {
    let opener = current
    return nested(opener) { parser in
      parser.advance()
      let elements = parser.body()
      return parser.close(opener) ? parser.repeats(kind, elements) : .block(kind, elements, repeats: nil)
    }
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

  /// Elements up to a closing bracket, also past what cannot be read.
  private mutating func body() -> [Element] {
    var result = elements()
    while !current.kind.isCloser, !current.kind.endsLine, current.kind != .pipe, !isRepeatOfUnclosed {
      if current.kind == .times { misplacedRepeat() } else { expected("',', ';' or a closing bracket") }
      recover(atCommas: false)
      if take(.semicolon) { result += elements() }
    }
    return result
  }

  /// repeat = "x" expression
  private mutating func repeats(_ kind: Block.Kind, _ elements: [Element]) -> Element.Kind? {
    if case .integer = current.kind {
      report(
        Diagnostic(
          .misplacedRepeat, "an 'x' is missing before the number of repeats", at: Label(current.span, "how often"),
          fixIts: [FixIt("write 'x'", [.init(Span(current.span.start, current.span.start), "x ")])]))
      advance()
      return .block(kind, elements, repeats: nil)
    }
    guard take(.times) else { return .block(kind, elements, repeats: nil) }
    return expression().map { .block(kind, elements, repeats: $0) }
  }

  /// "{" elements { "|" elements } "}"
  private mutating func branches() -> Element.Kind? {
    let opener = current
    return nested(opener) { parser in
      parser.advance()
      var branches = [parser.body()]
      while parser.take(.pipe) { branches.append(parser.body()) }
      return parser.close(opener) ? .branches(branches) : nil
    }
  }

  // MARK: Attributes

  /// One attribute; `.invalid` where it could not be read.
  private mutating func attribute() -> Syntax.Attribute {
    let start = current.span
    let kind = attributeKind()
    if kind == nil { recover() }
    return Syntax.Attribute(kind: kind ?? .invalid, span: start.union(previous.span))
  }

  private mutating func attributeKind() -> Syntax.Attribute.Kind? {
    let word = text(advance())
    if let activation = Activation(rawValue: word) { return .activation(activation) }
    switch word {
    case "stride": return dimension().map { .stride($0) }
    case "dilation": return dimension().map { .dilation($0) }
    case "groups": return dimension().map { .groups($0) }
    case "depthwise": return .depthwise
    case "bias": return .bias(true)
    case "ceil": return .ceil
    case "eps": return decimal().map { .epsilon($0) }
    case "pad": return pad()
    case "norm":
      if take(word: "batch") { return .norm(true) }
      unknownOption("norm", ["batch"], helps: ["without normalisation, write 'no norm'"])
      return nil
    case "no":
      if take(word: "bias") { return .bias(false) }
      if take(word: "norm") { return .norm(false) }
      unknownOption("no", ["bias", "norm"])
      return nil
    default: return nil
    }
  }

  /// "pad" dimension [ [ "x" ] dimension ]
  private mutating func pad() -> Syntax.Attribute.Kind? {
    guard let height = dimension() else { return nil }
    if take(.times) { return dimension().map { .pad(height, $0) } }
    if case .integer = current.kind { return dimension().map { .pad(height, $0) } }
    return .pad(height, nil)
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
