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
    if isCardinality(index) { return cardinality() }
    let word = text(advance())
    if let activation = Activation.beginning(with: word) { return self.activation(activation).map { .activation($0) } }
    guard let attribute = AttributeWord.named(word) else {
      noEquals(after: word)
      return nil
    }
    if !attribute.answersEquals { noEquals(after: word) }
    return attribute.read(&self)
  }
}
