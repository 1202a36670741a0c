// A normalisation: over what it takes mean and variance, and what it adds to the variance.

package struct Normalization: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Those that training has kept of each channel.
    case batch
    /// Over the channels of each pixel.
    case layer
    /// Over all pixels of each of so many groups of consecutive channels.
    case group(Int)
  }
  package var kind: Kind
  package var epsilon: Double

  package init(_ kind: Kind = .batch, epsilon: Double = standardEpsilon) {
    self.kind = kind
    self.epsilon = epsilon
  }

  /// PyTorch's, of all kinds.
  package static let standardEpsilon = 1e-5

  /// Whether both are spelt with one word: an epsilon goes with it, whatever the number of groups.
  package func isOfKind(_ other: Kind) -> Bool {
    switch (kind, other) {
    case (.batch, .batch), (.layer, .layer), (.group, .group): true
    default: false
    }
  }

  /// As the language spells it, without its epsilon: `group 32`.
  package var word: String {
    switch kind {
    case .batch: "batch"
    case .layer: "layer"
    case .group(let count): "group \(count)"
    }
  }

  /// In words: `layer norm`.
  package var name: String {
    switch kind {
    case .batch: "batch norm"
    case .layer: "layer norm"
    case .group: "group norm"
    }
  }
}
