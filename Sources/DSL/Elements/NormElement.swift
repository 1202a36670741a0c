// A norm as a layer of its own: `norm, relu` where no convolution brings it, as at the end of a pre-activated network.

struct NormElement: ElementDefinition {
  /// As written; `nil` means the header's.
  var kind: Syntax.NormKind?

  var expressions: [Syntax.Expression] { kind?.expressions ?? [] }
  var channels: Syntax.Element.Channels { .kept }
  var attributes: [AttributeKey] { [.epsilon, .activation] }
  var noun: String { "a norm" }

  func help(in model: SourceModel) -> String? {
    let name =
      switch kind ?? model.header.norm?.value.kind ?? .batch {
      case .batch: "batch normalisation"
      case .layer: "layer normalisation, over the channels of each pixel,"
      case .group: "group normalisation"
      }
    return "\(name) by itself; linear unless an activation follows."
  }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    var own = attributes
    if let kind {
      guard let kind = resolver.normalization(kind, scope) else { return nil }
      own.norm = .kind(kind)
    } else if resolver.headerNorm == nil {
      own.norm = .kind(.batch)
    }
    guard let norm = own.normalization(resolver.headerNorm) else { return nil }
    return .norm(NormLayer(norm, activation: attributes.activation ?? .linear))
  }
}

extension Snippet {
  static let norm = Snippet("norm", "norm, ${1:relu}", "Normalisation by itself, then an activation.")
}

/// A normalisation by itself, then an activation.
package struct NormLayer: Equatable, Sendable {
  package var norm: Normalization
  package var activation: Activation

  package init(_ norm: Normalization = Normalization(), activation: Activation = .linear) {
    self.norm = norm
    self.activation = activation
  }
}
