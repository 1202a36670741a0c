// Squeeze-and-excitation: `se 16-d` squeezes to 16 channels, `se /16` to a sixteenth of those that enter it. It is
//
//     { identity | average pool; 1x1, 16, no norm, bias, relu; 1x1, C, no norm, bias, sigmoid } product
//
// where C channels enter. Of the activations behind it, `sigmoid` or `hardsigmoid` is the gate's, any other that of the
// squeezed channels.

struct SqueezeExcitationElement: ElementDefinition {
  var squeeze: Syntax.Squeeze

  var expressions: [Syntax.Expression] { [squeeze.number] }
  var channels: Syntax.Element.Channels { .kept }
  var noun: String { "'se'" }
  var attributes: [AttributeKey] { [.activation] }
  var activations: Int { 2 }

  func help(in model: SourceModel) -> String? {
    "squeeze-and-excitation: the mean of each channel, squeezed and spread again by 1x1 convolutions, scales it."
  }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    let width: SqueezeExcitationLayer.Width
    switch squeeze {
    case .width(let expression):
      guard let value = resolver.integer(expression, "the width", in: 1...Limits.channels, scope) else { return nil }
      width = .channels(value)
    case .part(let expression):
      guard let value = resolver.integer(expression, "the part", in: 1...Limits.channels, scope) else { return nil }
      width = .part(value)
    }
    let gates = attributes.activations.filter(\.value.isGate)
    let others = attributes.activations.filter { !$0.value.isGate }
    for list in [gates, others] where list.count > 1 && attributes.activations.count <= activations {
      resolver.report(
        Diagnostic(
          .duplicateAttribute,
          list[0].value.isGate
            ? "the gate of this 'se' has two activations" : "the squeezed channels of this 'se' have two activations",
          at: Label(list[1].span, "again here"), secondary: [Label(list[0].span, "first here")]))
    }
    let header = resolver.model.header.activation?.value ?? .relu
    if others.isEmpty, header != .relu, header != .linear {
      resolver.report(
        Diagnostic(
          .ambiguousActivation, "this 'se' does not say how its squeezed channels are activated",
          at: Label(squeeze.number.span, "'relu', or '\(header.text)' as all else here?"),
          secondary: resolver.model.header.activation.map { [Label($0.span, "the header's")] } ?? [],
          helps: ["write it after a comma: 'se ..., relu' or 'se ..., \(header.text)'"]))
    }
    return .squeezeExcitation(
      SqueezeExcitationLayer(
        width: width, inner: others.first?.value ?? .relu, gate: gates.first?.value ?? .sigmoid))
  }
}

extension Syntax {
  /// To how many channels an `se` squeezes.
  package enum Squeeze: Equatable, Sendable {
    /// `se 16-d`
    case width(Expression)
    /// `se /16`, of those that enter.
    case part(Expression)

    var number: Expression {
      switch self {
      case .width(let number), .part(let number): number
      }
    }
  }
}

/// The mean of each channel, squeezed to a few and spread again by 1x1 convolutions with bias and without norm, as a
/// factor for that channel.
package struct SqueezeExcitationLayer: Equatable, Sendable {
  package enum Width: Equatable, Sendable {
    case channels(Located<Int>)
    /// As many as enter, divided by this.
    case part(Located<Int>)
  }
  package var width: Width
  /// Of the squeezed channels.
  package var inner: Activation
  /// Of the factors.
  package var gate: Activation

  package init(width: Width, inner: Activation = .relu, gate: Activation = .sigmoid) {
    self.width = width
    self.inner = inner
    self.gate = gate
  }
}

extension Activation {
  /// Its values are factors, from 0 to 1.
  var isGate: Bool { self == .sigmoid || self == .hardsigmoid }
}

extension LayerWord {
  static let squeezeExcitation = LayerWord(
    "se", "`se 16-d` or `se /16`: squeeze-and-excitation, to 16 channels or a sixteenth of those that enter.",
    template: "se ${1:16-d}", takesNumber: true
  ) { parser, token in parser.squeezeExcitation(token) }
}

extension Parser {
  /// "se" ( expression "-" "d" | "/" dimension )
  fileprivate mutating func squeezeExcitation(_ token: Token) -> Element.Kind? {
    if take(.slash) { return dimension().map { .squeezeExcitation(.part($0)) } }
    guard !endsElement(current.kind) else {
      report(
        Diagnostic(
          .missingWidth, "this 'se' does not say to how many channels it squeezes", at: Label(token.span, "to what?"),
          helps: ["write 'se 16-d' for 16 channels, or 'se /16' for a sixteenth of those that enter"]))
      return nil
    }
    guard let width = expression() else { return nil }
    if current.kind == .minus, text(peek()) == "d", current.span.end == peek().span.start {
      advance()
      advance()
      return .squeezeExcitation(.width(width))
    }
    let written = source.text(width.span)
    report(
      Diagnostic(
        .ambiguousWidth, "'se \(written)' does not say whether it squeezes to \(written) channels or by \(written)",
        at: Label(width.span, "a width, or a divisor?"),
        helps: [
          "write 'se \(written)-d' for \(written) channels, as of EfficientNet's and MobileNetV3's tables",
          "write 'se /\(written)' for the channels that enter, divided by \(written), as SENet's r = 16",
        ]))
    return nil
  }
}
