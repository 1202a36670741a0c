// Checks of layers and attributes: which attribute may follow which layer.

extension Checker {
  mutating func check(_ elements: [Syntax.Element], _ scope: [String]) {
    for element in elements where !sink.isFull { check(element, scope) }
  }

  private mutating func check(_ element: Syntax.Element, _ scope: [String]) {
    let definition = element.kind.definition
    check(definition.inner, scope)
    definition.expressions.forEach { checkExpression($0, scope) }
    guard definition.check(element.span, &self) else { return }
    check(element.attributes, of: definition, scope)
  }

  private mutating func check(
    _ attributes: [Syntax.Attribute], of layer: any ElementDefinition, _ scope: [String]
  ) {
    let allowed = layer.attributes + layer.words
    var seen: [(key: AttributeKey, span: Span)] = []
    for attribute in attributes {
      guard let definition = attribute.kind.definition else { continue }
      let key = definition.key
      definition.expressions.forEach { checkExpression($0, scope) }
      if !allowed.contains(key) {
        let listed = allowed.compactMap(\.listed)
        let choices = listed.isEmpty ? "no attributes" : alternatives(listed, joiner: "and")
        sink.report(
          Diagnostic(
            .misplacedAttribute, "\(layer.noun) has no \(key.noun)",
            at: Label(attribute.span, "does not belong here"),
            helps: ["\(layer.noun) takes \(choices)"]))
      } else if let first = seen.first(where: { $0.key == key }),
        key != .activation || seen.count(where: { $0.key == key }) >= layer.activations
      {
        sink.report(
          Diagnostic(
            .duplicateAttribute, "the \(key.noun) is set twice", at: Label(attribute.span, "again here"),
            secondary: [Label(first.span, "first here")]))
      } else {
        seen.append((key, attribute.span))
      }
      definition.check(&self)
    }
    checkNormConflict(attributes)
    checkGroupingConflict(attributes)
  }

  /// `no norm, eps 1e-3`
  private mutating func checkNormConflict(_ attributes: [Syntax.Attribute]) {
    guard let none = attributes.first(where: { $0.kind == .norm(nil) }),
      let epsilon = attributes.first(where: { $0.kind.definition?.key == .epsilon })
    else { return }
    sink.report(
      Diagnostic(
        .misplacedAttribute, "without normalisation there is no eps", at: Label(epsilon.span, "belongs to a norm"),
        secondary: [Label(none.span, "no norm")]))
  }
}
