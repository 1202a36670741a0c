// Groups: `[ ... ] x n`, a residual block, and `( ... ) x n`, layers without a shortcut.

struct GroupElement: ElementDefinition {
  var kind: Block.Kind
  var inner: [Syntax.Element]
  var repeats: Syntax.Expression?

  var expressions: [Syntax.Expression] { repeats.map { [$0] } ?? [] }
  var channels: Syntax.Element.Channels { .ofLists([inner]) }
  var noun: String { kind == .residual ? "a residual block" : "a group" }
  var words: [AttributeKey] { kind == .residual ? [.activation, .shortcut, .scale, .survival] : [] }

  var outline: String? {
    switch kind {
    case .residual: "[ ... ]"
    case .plain: "( ... )"
    }
  }

  func help(in model: SourceModel) -> String? {
    switch kind {
    case .residual where model.header.shortcut?.value == ShortcutOption.none:
      "a block; `shortcut none` makes it plain."
    case .residual: "a residual block: its layers, the shortcut, the sum, the activation."
    case .plain: "layers without a shortcut."
    }
  }

  func pieces(_ element: Syntax.Element, _ resolver: inout Resolver, _ scope: Resolver.Scope) -> [Resolver.Piece] {
    let pieces = resolver.nested(inner, scope, element.span)
    let words = resolver.attributes(element.attributes, scope)
    guard let repeats else { return resolver.group(kind, pieces, 1, words, element.span) }
    guard let count = resolver.integer(repeats, "the number of repeats", in: 1...Limits.repeats, scope) else {
      return []
    }
    return resolver.group(kind, pieces, count.value, words, element.span)
  }
}

extension Snippet {
  static let residualBlock = Snippet(
    "residual block", "[${1:3x3, 64; 3x3, 64}] x ${2:2}", "Layers, shortcut, sum and activation, repeated.")
  static let group = Snippet("group", "(${1:3x3, 64}) x ${2:2}", "Layers without a shortcut, repeated.")
}
