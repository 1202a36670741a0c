// `scale` and `survival 0.8` behind a residual block's bracket: a learned factor for each channel of its last value
// (LayerScale, "Going deeper with Image Transformers", Touvron et al., 2021; ConvNeXt), and how often it takes part in
// training ("Deep Networks with Stochastic Depth", Huang et al., 2016), which changes nothing at inference.

struct ScaleAttribute: AttributeDefinition {
  var key: AttributeKey { .scale }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.isScaled = true }
}

struct SurvivalAttribute: AttributeDefinition {
  var share: Located<Double>

  var key: AttributeKey { .survival }

  func check(_ checker: inout Checker) {
    guard share.value <= 0 || share.value > 1 else { return }
    checker.sink.report(
      Diagnostic(
        .numberOutOfRange, "a survival is above 0 and at most 1, not \(share.value)",
        at: Label(share.span, "out of range"),
        helps: ["it is the share of training steps in which the block takes part: 'survival 0.8'"]))
  }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.survival = share.value }
}

extension AttributeKey {
  package static let scale = AttributeKey(
    "scale", listed: "'scale'",
    Meaning("`] scale`", "a learned factor for each channel of the block's last value, before the sum"))
  package static let survival = AttributeKey(
    "survival", listed: "'survival'",
    Meaning(
      "`] survival 0.8`", "the share of training steps in which the block takes part; nothing at inference",
      default: "1"))
}

extension Parser {
  /// `scale`, `survival 0.8`, behind a bracket; `nil` where neither stands there.
  mutating func scaleWord(among words: [AttributeKey]) -> Syntax.Attribute? {
    let start = current.span
    if words.contains(.scale), take(word: "scale") { return Syntax.Attribute(kind: .scale, span: start) }
    guard words.contains(.survival), take(word: "survival") else { return nil }
    let share = decimal()
    while share == nil, current.kind != .times, !endsElement(current.kind) { advance() }
    return Syntax.Attribute(kind: share.map { .survival($0) } ?? .invalid, span: start.union(previous.span))
  }
}
