// torchvision's VGG and AlexNet: two sequences of modules, `features.N`, and from the first fully connected layer on
// `classifier.N`, where N counts the modules that PyTorch would list.
import ResNetDSL

struct SequentialNames: NameDialect {
  private var features = ModuleSequence("features")
  private var classifier: Classifier

  init(_ network: Network) { classifier = Classifier(network) }

  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    classifier.next(layer, activation: activation) ?? features.next(layer, activation: activation)
  }
}

/// Modules in a row, numbered from 0.
struct ModuleSequence {
  private let path: String
  private var count = 0

  init(_ path: String) { self.path = path }

  /// The next module's path.
  mutating func next() -> String {
    defer { count += 1 }
    return "\(path).\(count)"
  }

  /// Modules for a layer, its norm and its activation, in the order in which they are computed.
  mutating func next(_ layer: Layer, activation: Activation) -> ParameterPaths {
    var paths = ParameterPaths.none
    let isBefore = layer.lowering.isPreActivated
    if layer.lowering.isModule, !isBefore { paths.layer = next() }
    if layer.lowering.normalization != nil { paths.norm = next() }
    if activation != .linear { paths.activation = next() }
    if isBefore { paths.layer = next() }
    return paths
  }
}

/// The sequence `classifier`, which begins with the first fully connected layer, or with the dropouts right before it as in
/// AlexNet.
struct Classifier {
  private var modules = ModuleSequence("classifier")
  /// Layers before it that have still to come.
  private var before: Int

  /// - Parameter endsInConvolution: Without a fully connected layer it begins with the last dropout, as in SqueezeNet.
  init(_ network: Network, endsInConvolution: Bool = false) {
    let kinds = network.stages.flatMap(\.items).flatMap { item in
      switch item {
      case .layer(let layer): layer.withInner.map(\.kind)
      case .block(let block):
        [[Layer]](repeating: block.layers, count: block.repeats).joined().flatMap(\.withInner).map(\.kind)
      }
    }
    func isConnected(_ kind: Layer.Kind) -> Bool { if case .fullyConnected = kind { true } else { false } }
    func isDropout(_ kind: Layer.Kind) -> Bool { if case .dropout = kind { true } else { false } }
    var start = kinds.firstIndex(where: isConnected)
    if start == nil, endsInConvolution { start = kinds.lastIndex(where: isDropout) }
    before = start ?? kinds.count
    while before > 0, before < kinds.count, isDropout(kinds[before - 1]) { before -= 1 }
  }

  /// The paths of the network's next layer; `nil` if it stands before the classifier.
  mutating func next(_ layer: Layer, activation: Activation) -> ParameterPaths? {
    if before > 0 {
      before -= 1
      return nil
    }
    return modules.next(layer, activation: activation)
  }
}
