// What an attribute says of itself: each has a file beside this one, with its words, its meaning and what it does to a
// layer. `Syntax.Attribute.Kind` (AST.swift) is the closed list of them, and `definition` leads from a case to its file.

protocol AttributeDefinition {
  var key: AttributeKey { get }
  /// The numbers that stand in it; none by default.
  var expressions: [Syntax.Expression] { get }
  /// A sentence about this spelling of it, in place of the key's; none by default.
  var help: String? { get }
  /// What is wrong whatever the layer; nothing by default.
  func check(_ checker: inout Checker)
  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope)
}

extension AttributeDefinition {
  var expressions: [Syntax.Expression] { [] }
  var help: String? { nil }
  func check(_ checker: inout Checker) {}
}

/// An attribute whatever its value: under its name it can be given once.
package struct AttributeKey: Sendable, Equatable {
  package let name: String
  /// As a message names it: "padding ('pad')".
  let noun: String
  /// In "a convolution takes stride, pad, ..."; `nil` for what is not compiled yet.
  let listed: String?
  package let meaning: Meaning
  /// Whether its numbers decide the size of a map.
  package let decidesSize: Bool

  init(
    _ name: String, noun: String? = nil, listed: String?, _ meaning: Meaning, decidesSize: Bool = false
  ) {
    self.name = name
    self.noun = noun ?? name
    self.listed = listed
    self.meaning = meaning
    self.decidesSize = decidesSize
  }

  package static func == (a: Self, b: Self) -> Bool { a.name == b.name }

  /// The same attribute of a layer that has another default.
  func otherwise(_ standard: String) -> Self {
    AttributeKey(
      name, noun: noun, listed: listed, Meaning(meaning.spelling, meaning.text, default: standard),
      decidesSize: decidesSize)
  }
}

extension Syntax.Attribute {
  /// The numbers that stand in it.
  package var expressions: [Syntax.Expression] { kind.definition?.expressions ?? [] }

  /// Whether they decide the size of a map.
  package var decidesSize: Bool { kind.definition?.key.decidesSize ?? false }
}
