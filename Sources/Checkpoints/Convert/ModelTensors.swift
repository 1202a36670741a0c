// What a model reads, as far as a checkpoint can be brought to it. The compiler knows; this is all of it that is asked.
package import ResNetRuntime

package struct ModelTensors: Sendable {
  package var name: String
  /// All that its package reads.
  package var tensors: [TensorSpec]
  /// Those of heads used in training only.
  package var auxiliary: [String]
  /// What the tensors are called by families of names, in the order of `tensors`: the model's own first.
  package var spellings: [Spelling]
  /// Batch norms right behind a convolution.
  package var norms: [Norm]
  /// What a plan in integers computes, in order.
  package var layers: [ModelLayer]

  package struct Spelling: Sendable {
    /// As `names` in a source has it, and `--dialect` takes.
    package var name: String
    package var names: [String]

    package init(name: String, names: [String]) {
      self.name = name
      self.names = names
    }
  }

  /// A batch norm and the convolution before it; the tensors' own names.
  package struct Norm: Sendable {
    package var convolution: String
    package var factor: String
    package var mean: String
    package var variance: String
    package var epsilon: Double

    package init(convolution: String, factor: String, mean: String, variance: String, epsilon: Double) {
      self.convolution = convolution
      self.factor = factor
      self.mean = mean
      self.variance = variance
      self.epsilon = epsilon
    }
  }

  package init(
    name: String, tensors: [TensorSpec], auxiliary: [String], spellings: [Spelling], norms: [Norm],
    layers: [ModelLayer] = []
  ) {
    self.name = name
    self.tensors = tensors
    self.auxiliary = auxiliary
    self.spellings = spellings
    self.norms = norms
    self.layers = layers
  }
}

/// What the command line says of a name: `FROM=TO`, of a tensor or of all below a module; nothing behind `=` drops it.
package struct Rename: Sendable, Equatable {
  package let from: String
  package let to: String

  /// `nil` if there is no `=` with something before it.
  package init?(_ text: String) {
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals > text.startIndex else { return nil }
    from = String(text[..<equals])
    to = String(text[text.utf8.index(after: equals)...])
  }

  /// The new name of a tensor, if this is about it; empty for one that is dropped.
  func apply(_ name: String) -> String? {
    if sameBytes(name, from) { return to }
    guard name.utf8.starts(with: (from + ".").utf8) else { return nil }
    return to.isEmpty ? "" : to + String(decoding: name.utf8.dropFirst(from.utf8.count), as: UTF8.self)
  }
}
