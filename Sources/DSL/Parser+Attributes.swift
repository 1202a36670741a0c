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
    let word = text(advance())
    if let activation = Activation(rawValue: word) { return .activation(activation) }
    switch word {
    case "stride": return dimension().map { .stride($0) }
    case "dilation": return dimension().map { .dilation($0) }
    case "groups": return dimension().map { .groups($0) }
    case "depthwise": return .depthwise
    case "bias": return .bias(true)
    case "ceil": return .ceil
    case "counted": return .countsPadding(true)
    case "uncounted": return .countsPadding(false)
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
