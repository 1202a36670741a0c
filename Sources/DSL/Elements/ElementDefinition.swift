// What an element of the language says of itself: each has a file beside this one, where all of it stands, from its words
// to the layer that it becomes. `Syntax.Element.Kind` (AST.swift) is the closed list of them, and `definition` leads from
// a case to its file; parser, checks, resolver, language server and linter ask here.

protocol ElementDefinition {
  // MARK: What stands in it

  /// Its own numbers, without those of its attributes and of what its brackets hold; none by default.
  var expressions: [Syntax.Expression] { get }
  /// The window that it slides over its map; none by default.
  var window: Syntax.Dimensions? { get }
  /// What its brackets hold; nothing by default.
  var inner: [Syntax.Element] { get }
  /// Attributes that may follow it, in the order of messages; none by default.
  var attributes: [AttributeKey] { get }
  /// How many activations may follow it; one by default.
  var activations: Int { get }
  /// What may stand behind its bracket without a comma, before a repeat; none by default.
  var words: [AttributeKey] { get }
  /// The channels that leave it; unknown by default.
  var channels: Syntax.Element.Channels { get }

  // MARK: In words

  /// As messages name it: "a max pool".
  var noun: String { get }
  /// A sentence about it; `nil`, by default, for what hover explains in another way.
  func help(in model: SourceModel) -> String?
  /// How hover writes it, if not as the source does: `[ ... ]`.
  var outline: String? { get }

  // MARK: Checked and resolved

  /// Its own checks; whether its attributes are worth a look.
  func check(_ span: Span, _ checker: inout Checker) -> Bool
  /// What it becomes among the layers of its list; by default its layer, if it is one.
  func pieces(_ element: Syntax.Element, _ resolver: inout Resolver, _ scope: Resolver.Scope) -> [Resolver.Piece]
  /// Its layer, defaults filled in; `nil`, by default, for what is none or in error.
  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind?
}

extension ElementDefinition {
  var expressions: [Syntax.Expression] { [] }
  var window: Syntax.Dimensions? { nil }
  var inner: [Syntax.Element] { [] }
  var attributes: [AttributeKey] { [] }
  var activations: Int { 1 }
  var words: [AttributeKey] { [] }
  var channels: Syntax.Element.Channels { .unknown }
  func help(in model: SourceModel) -> String? { nil }
  var outline: String? { nil }
  func check(_ span: Span, _ checker: inout Checker) -> Bool { true }

  func pieces(_ element: Syntax.Element, _ resolver: inout Resolver, _ scope: Resolver.Scope) -> [Resolver.Piece] {
    let attributes = resolver.attributes(element.attributes, scope)
    return layer(attributes, &resolver, scope).map { [.layer(Layer($0, span: element.span))] } ?? []
  }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? { nil }
}

// What the other modules ask of an element.
extension Syntax.Element {
  /// The channels that leave an element, as far as the source shows.
  package enum Channels {
    /// As many as enter.
    case kept
    case own(Expression)
    /// Of lists that begin with what enters; those of several add up.
    case ofLists([[Syntax.Element]])
    case unknown

    package typealias Expression = Syntax.Expression
  }

  package var channels: Channels { kind.definition.channels }
  package var window: Syntax.Dimensions? { kind.definition.window }

  /// Its own numbers, without those of its attributes and of what its brackets hold.
  package var expressions: [Syntax.Expression] { kind.definition.expressions }

  /// What its brackets hold.
  package var inner: [Syntax.Element] { kind.definition.inner }

  /// The element itself and all that stand inside it.
  package var withInner: [Syntax.Element] { [self] + inner.flatMap(\.withInner) }

  /// A sentence about it.
  package func help(in model: SourceModel) -> String? { kind.definition.help(in: model) }

  /// How hover writes it, if not as the source does.
  package var outline: String? { kind.definition.outline }

  /// A sentence about one of its attributes.
  package func help(of attribute: Syntax.Attribute) -> String? {
    guard let written = attribute.kind.definition else { return nil }
    // A layer may have a default of its own.
    let key = kind.definition.attributes.first { $0 == written.key } ?? written.key
    return written.help ?? key.meaning.sentence
  }

  package var isResidualBlock: Bool {
    if case .block(.residual, _, _) = kind { true } else { false }
  }
}
