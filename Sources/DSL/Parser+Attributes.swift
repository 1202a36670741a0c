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
    guard let attribute = AttributeWord.named(word) else {
      noEquals(after: word)
      return nil
    }
    if !attribute.answersEquals { noEquals(after: word) }
    return attribute.read(&self)
  }

  /// `C=32`, ResNeXt's cardinality, and `groups=32`: no second answer, as groups are not built.
  func isCardinality(_ at: Int) -> Bool {
    guard at + 2 < tokens.count, tokens[at + 1].kind == .equals, case .integer = tokens[at + 2].kind else {
      return false
    }
    let word = text(tokens[at])
    return ["C", "G", "g", "groups"].contains(word) && !isDefined(word)
  }
}
