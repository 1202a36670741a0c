// Activations: all that the language knows of each, and the layer of its own that one can be.

/// The nonlinearity after a layer.
package enum Activation: String, Hashable, Sendable, CaseIterable {
  case linear, relu, relu6, prelu, sigmoid, silu, gelu

  /// A sentence about it.
  package var help: String {
    switch self {
    case .linear: "No activation."
    case .relu: "`max(x, 0)`."
    case .relu6: "`min(max(x, 0), 6)`."
    case .prelu: "`x` above zero, below it `x` times a learned slope for each channel."
    case .sigmoid: "`1 / (1 + e^-x)`."
    case .silu: "`x` times its sigmoid."
    case .gelu: "`x` times the normal distribution's share below it."
    }
  }

  /// Whether this after `other` is this alone, for every number.
  func absorbs(_ other: Activation) -> Bool {
    switch (other, self) {
    case (.linear, _), (.relu, .relu), (.relu, .relu6), (.relu6, .relu6): true
    default: false
    }
  }
}

struct ActivationElement: ElementDefinition {
  var activation: Activation

  var channels: Syntax.Element.Channels { .kept }
  var noun: String { "an activation" }
  func help(in model: SourceModel) -> String? { activation.help }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? { .activation(activation) }
}
