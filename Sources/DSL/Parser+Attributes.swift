// Attributes: what follows a layer after a comma.

extension Parser {
  /// One attribute; `.invalid` where it could not be read.
  mutating func attribute() -> Syntax.Attribute {
    let start = current.span
    let kind = attributeKind()
    if kind == nil { recover() }
    return Syntax.Attribute(kind: kind ?? .invalid, span: start.union(previous.span))
  }

  private mutating func attributeKind() -> Syntax.Attribute.Kind? {
    if isCardinality(index) {
      index += 2
      return dimension().map { .groups($0) }
    }
    let word = text(advance())
    if let activation = Activation(rawValue: word) {
      noParentheses(after: word)
      return .activation(activation)
    }
    if word != "bias" { noEquals(after: word) }
    switch word {
    case "stride": return (pairedStride() ?? dimension()).map { .stride($0) }
    case "dilation": return dimension().map { .dilation($0) }
    case "groups": return dimension().map { .groups($0) }
    case "depthwise": return .depthwise
    case "bias": return .bias(!isSetToFalse(previous))
    case "ceil": return .ceil
    case "counted": return .countsPadding(true)
    case "uncounted": return .countsPadding(false)
    case "eps": return decimal().map { .epsilon($0) }
    case "pad": return pad()
    case "norm":
      if take(word: "batch") { return .norm(true) }
      if endsElement(current.kind) {
        normAlone(previous)
        return nil
      }
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

  /// `norm` where a layer of its own may be meant.
  private mutating func normAlone(_ token: Token) {
    report(
      Diagnostic(
        .misplacedAttribute, "there is no normalisation by itself: a convolution brings its own",
        at: Label(token.span, "belongs to a convolution"),
        helps: ["where the header says 'norm none', one convolution has it with '3x3, 64, norm batch'"]))
  }

  /// `bias=False`
  private mutating func isSetToFalse(_ keyword: Token) -> Bool {
    let value = text(current.kind == .equals ? peek() : current).lowercased()
    let isFalse = ["false", "none", "no", "off"].contains(value)
    guard isFalse || value == "true", endsElement(peek(current.kind == .equals ? 2 : 1).kind) else { return false }
    _ = take(.equals)
    let span = keyword.span.union(advance().span)
    let spelling = isFalse ? "no bias" : "bias"
    report(
      Diagnostic(
        .unexpectedToken, "this is written '\(spelling)'", at: Label(span, "another notation"),
        fixIts: [FixIt("write '\(spelling)'", [.init(span, spelling)])]))
    return isFalse
  }

  /// `C=32`, ResNeXt's cardinality, and `groups=32`: no second answer, as groups are not built.
  func isCardinality(_ at: Int) -> Bool {
    guard at + 2 < tokens.count, tokens[at + 1].kind == .equals, case .integer = tokens[at + 2].kind else {
      return false
    }
    let word = text(tokens[at])
    return ["C", "G", "g", "groups"].contains(word) && !isDefined(word)
  }

  /// "pad" dimension [ [ "x" ] dimension ]
  private mutating func pad() -> Syntax.Attribute.Kind? {
    guard let height = dimension() else { return nil }
    if take(.times) { return dimension().map { .pad(height, $0) } }
    if case .integer = current.kind { return dimension().map { .pad(height, $0) } }
    return .pad(height, nil)
  }
}
