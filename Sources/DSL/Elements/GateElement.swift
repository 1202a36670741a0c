// A Highway network's gate (Srivastava et al., 2015): `gate(3x3, 16)` is `T * H(x) + (1 - T) * x`, H the convolution in the
// parentheses with its norm and activation, T the sigmoid of a second one of the same shape, with a bias.

struct GateElement: ElementDefinition {
  var inner: [Syntax.Element]

  var channels: Syntax.Element.Channels { .kept }
  var noun: String { "a gate" }
  var outline: String? { "gate( ... )" }
  func help(in model: SourceModel) -> String? { LayerWord.gate.help }

  private var convolution: Syntax.Element? {
    guard inner.count == 1, case .convolution? = inner.first?.kind else { return nil }
    return inner.first
  }

  func check(_ span: Span, _ checker: inout Checker) -> Bool {
    let isUnread = inner.isEmpty || inner.contains { $0.kind == .invalid }
    guard convolution == nil, !isUnread else { return true }
    checker.sink.report(
      Diagnostic(
        .unexpectedToken, "a gate holds one convolution",
        at: Label(inner.dropFirst().first?.span ?? inner[0].span, "not written in a gate"),
        helps: ["write a gate for each convolution, its activation behind its width: 'gate(3x3, 16, tanh) x 2'"]))
    return true
  }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    guard let convolution else { return nil }
    let own = resolver.attributes(convolution.attributes, scope)
    guard case .convolution(var layer)? = convolution.kind.definition.layer(own, &resolver, scope) else { return nil }
    // `order pre` is of residual blocks.
    layer.isPreActivated = false
    return .gate(layer)
  }
}

extension LayerWord {
  static let gate = LayerWord(
    "gate", "`gate(3x3, 16)`: a Highway network's gate, which mixes a convolution's value with what entered it.",
    template: "gate(${1:3x3, 16})"
  ) { parser, _ in parser.gate() }
}

extension Parser {
  fileprivate mutating func gate() -> Element.Kind? {
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
}
