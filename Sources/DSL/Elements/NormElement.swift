// A norm as a layer of its own: `norm, relu` where no convolution brings it, as at the end of a pre-activated network.

struct NormElement: ElementDefinition {
  var channels: Syntax.Element.Channels { .kept }
  var attributes: [AttributeKey] { [.epsilon, .activation] }
  var noun: String { "a norm" }

  func help(in model: SourceModel) -> String? {
    "batch normalisation by itself; linear unless an activation follows."
  }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    let header = if case .batch(let epsilon)? = resolver.model.header.norm?.value { epsilon } else { 1e-5 }
    return .norm(NormLayer(epsilon: attributes.epsilon ?? header, activation: attributes.activation ?? .linear))
  }
}

extension Snippet {
  static let norm = Snippet("norm", "norm, ${1:relu}", "Batch normalisation by itself, then an activation.")
}

/// Batch normalisation by itself, then an activation.
package struct NormLayer: Equatable, Sendable {
  package var epsilon: Double
  package var activation: Activation

  package init(epsilon: Double = 1e-5, activation: Activation = .linear) {
    self.epsilon = epsilon
    self.activation = activation
  }
}
