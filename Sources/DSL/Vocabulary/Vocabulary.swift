// Every word with a meaning of its own, gathered from the descriptions, so that the parser, the checks, did-you-mean and
// the editors agree.

package enum Vocabulary {
  /// Words that begin an activation.
  package static let activations = Activation.allCases.map(\.word)
  /// Words that begin a layer.
  package static let layers = LayerWord.all.map(\.word)
  /// Words that begin an attribute and nothing else.
  package static let attributes = AttributeWord.all.filter { $0.layer == nil }.map(\.word)
  /// What can stand between two commas, besides blocks.
  package static let elements = attributes + layers + activations
  /// Names that a parameter or a block cannot have: they would be read as something else.
  package static let reserved = Set(
    elements + LayerWord.all.flatMap(\.tail) + ["x", "same", "identity", "from", "aux"]
      + CombinerWord.allCases.map(\.rawValue))
  /// Names that the generated Swift module could not carry.
  static let reservedTypes: Set<String> = [
    "Any", "Self", "Type", "Protocol", "Swift", "Workspace", "ResNetRuntime", "ResNetCPU",
  ]

  /// A sentence about a word that stands between two commas.
  package static func help(_ word: String) -> String? {
    AttributeWord.named(word)?.help ?? LayerWord.named(word)?.help ?? Activation.beginning(with: word)?.help
      ?? CombinerWord(rawValue: word)?.help
  }
}
