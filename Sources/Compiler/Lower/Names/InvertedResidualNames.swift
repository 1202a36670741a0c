// torchvision's MobileNets and EfficientNets: `features.N` counts convolutions outside blocks, each with its norm
// (`features.0.0`, `.1`), and blocks; a block's steps are numbered, and `classifier.N` is VGG's.
//
//   MobileNetV2    features.2.conv.0.0, .0.1 where an activation follows, else two steps: features.2.conv.2, .conv.3
//   MobileNetV3    features.2.block.0.0, .0.1; features.4.block.2.fc1, .fc2
//   EfficientNet   as V3, with a number for each row and one for each of its blocks: features.2.0.block.0.0
import ResNetDSL

struct InvertedResidualNames: NameDialect {
  enum Kind { case mobilenetV2, mobilenetV3, efficientnet }
  private let kind: Kind
  private var features = ModuleSequence("features")
  private var classifier: Classifier
  private var block: BlockPlace?
  /// The path of the block's row, or of the block itself, in `features`.
  private var feature = ""
  private var steps = ModuleSequence("")

  init(_ network: Network, _ kind: Kind) {
    self.kind = kind
    classifier = Classifier(network)
  }

  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    if let paths = classifier.next(layer, activation: activation) { return paths }
    // No module of these networks is in braces.
    guard place.branches.isEmpty else { return .none }
    guard let newBlock = place.block else { return layer.isConvolution ? parts(of: features.next()) : .none }
    if newBlock != block {
      if kind != .efficientnet || newBlock.row != block?.row { feature = features.next() }
      block = newBlock
      let path = kind == .efficientnet ? "\(feature).\(newBlock.index)" : feature
      steps = ModuleSequence(kind == .mobilenetV2 ? "\(path).conv" : "\(path).block")
    }
    switch layer.lowering.role {
    case .convolution:
      // A linear projection of MobileNetV2 and its norm are steps of their own.
      if kind == .mobilenetV2, activation == .linear { return steps.next(layer, activation: activation) }
      return parts(of: steps.next())
    case .squeeze:
      let path = steps.next()
      return ParameterPaths(layer: path, norm: path, activation: path)
    default: return .none
    }
  }

  /// A convolution, its norm and its activation as one module.
  private func parts(of path: String) -> ParameterPaths {
    ParameterPaths(layer: "\(path).0", norm: "\(path).1", activation: "\(path).2")
  }
}
