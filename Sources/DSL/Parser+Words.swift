// Layers that begin with a word of their own: pools over the whole map, activations, dropout, and what is not built yet.

extension Parser {
  /// Layers that begin with a word, and names of blocks.
  mutating func worded() -> Element.Kind? {
    let token = advance()
    let word = source.text(token.span)
    if let activation = Activation(rawValue: word) {
      noParentheses(after: word)
      return .activation(activation)
    }
    switch word {
    case "average":
      guard pool() else { return nil }
      return pooled(token).map { .averagePool($0) } ?? .globalAveragePool
    case "softmax":
      noParentheses(after: word)
      return .softmax
    case "dropout": return dropout(token)
    case "maxout": return expression().map { .maxout($0) }
    case "lrn": return expression().map { .localResponseNorm($0) }
    case "se": return expression().map { .squeezeExcitation($0) }
    case "max":
      guard pool() else { return nil }
      if let window = pooled(token) { return .maxPool(window) }
      report(
        Diagnostic(
          .missingWindow, "this max pool has no window", at: Label(token.span.union(previous.span), "over what?"),
          helps: [
            "write its window before it: '3x3 max pool, stride 2'; over a whole map of 7x7, '7x7 max pool, stride 1'"
          ]))
      return nil
    case "fc":
      expected("a width before 'fc', as in '1000-d fc'")
      return nil
    case "gate": return gate()
    case "spatial": return spatialPyramidPool()
    default: return reference(Located(word, token.span))
    }
  }

  /// `max pool 2x2`: says that the window comes first, and reads it.
  private mutating func pooled(_ token: Token) -> Syntax.Dimensions? {
    guard let window = windowBehind else { return nil }
    let pool = token.span.union(previous.span)
    let written = "\(source.text(window)) \(source.text(pool))"
    guard let height = dimension(), take(.times), let width = dimension() else { return nil }
    report(
      Diagnostic(
        .unexpectedToken, "the window of a pool stands before it", at: Label(window, "belongs before the pool"),
        fixIts: [FixIt("write '\(written)'", [.init(pool.union(window), written)])]))
    return Syntax.Dimensions(height: height, width: width)
  }

  /// `dropout 0.5`, and without its rate.
  private mutating func dropout(_ token: Token) -> Element.Kind? {
    if let call = call() {
      let text = call.asLayer("dropout")
      index = call.end
      report(
        Diagnostic(
          .unexpectedToken, "the rate of a dropout stands without parentheses", at: Label(call.span, "not written"),
          fixIts: text.map { [FixIt("write '\($0)'", [.init(token.span.union(call.span), $0)])] } ?? []))
      return nil
    }
    noEquals(after: "dropout")
    guard !endsElement(current.kind) else {
      report(
        Diagnostic(
          .unexpectedToken, "this dropout has no rate", at: Label(token.span, "how much?"),
          helps: ["write the part that is dropped, for example 'dropout 0.5'"]))
      return nil
    }
    return decimal().map { .dropout($0) }
  }

  private mutating func gate() -> Element.Kind? {
    let opener = current
    guard opener.kind == .leftParen else {
      expected("'('")
      return nil
    }
    let elements = nested(opener) { parser in
      parser.advance()
      let elements = parser.body()
      return parser.close(opener) ? elements : nil
    }
    guard let elements else { return nil }
    guard current.kind == .times else { return .gate(elements) }
    return repeats(.plain, [Element(kind: .gate(elements), span: opener.span.union(previous.span))])
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
