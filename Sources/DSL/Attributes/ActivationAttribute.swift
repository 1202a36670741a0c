// An activation behind a comma: part of the layer before it.

struct ActivationAttribute: AttributeDefinition {
  var activation: Activation

  var key: AttributeKey { .activation }
  var help: String? { activation.help }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.activations.append(Located(activation, span)) }
}

extension AttributeKey {
  static let activation = AttributeKey(
    "activation", listed: "an activation",
    Meaning("an activation", "after the normalisation", default: "as the header says; `relu`"))
}
