// Every word with a meaning of its own, so that the parser, the checks and did-you-mean agree on one list.

package enum HeaderKey: String, CaseIterable, Sendable {
  case model, family, input, shortcut, stride, depth, block, norm, activation, order, preprocess, labels, aux

  package static let names = allCases.map(\.rawValue)
}

package enum Vocabulary {
  package static let activations = Activation.allCases.map(\.rawValue)
  /// Words that begin a layer.
  package static let layers = ["max", "average", "softmax", "dropout", "maxout", "lrn", "se", "gate", "spatial", "fc"]
  /// Words that begin an attribute and nothing else.
  package static let attributes = [
    "stride", "pad", "dilation", "groups", "depthwise", "bias", "no", "norm", "eps", "ceil", "counted", "uncounted",
  ]
  /// What can stand between two commas, besides blocks.
  package static let elements = attributes + layers + activations
  /// Names that a parameter or a block cannot have: they would be read as something else.
  package static let reserved = Set(elements + ["x", "same", "pool", "pyramid"])
  /// Names that the generated Swift module could not carry.
  static let reservedTypes: Set<String> = [
    "Any", "Self", "Type", "Protocol", "Swift", "Workspace", "ResNetRuntime", "ResNetCPU",
  ]
}
