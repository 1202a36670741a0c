// Names of parameter tensors, as torchvision's state dictionaries have them, so that its weights load as they are.
//
// Two dialects. Networks with blocks are named like torchvision's ResNets: `conv1`, `bn1` for layers outside blocks,
// `layer{s}.{b}.conv{j}`, `.bn{j}` and `.downsample.0/.1` in block b (from 0) of the s-th row that has blocks (from 1),
// `fc` for the classifier. All others, VGG among them, are sequences of modules: `features.N`, and from the first fully
// connected layer on `classifier.N`, where N counts the modules that PyTorch would list.
import ResNetDSL

/// Where a layer stands, as far as its parameters' names care.
enum ParameterPlace: Equatable {
  case row
  /// The row among those with blocks, from 1; the block in its row, from 0.
  case block(row: Int, index: Int)
}

/// The module paths of a layer: its own, its norm's and its activation's.
struct ParameterPaths: Equatable {
  var layer: String
  var norm: String
  var activation: String
}

/// What a module of a ResNet is called by.
enum ParameterRole {
  case convolution, fullyConnected, activation, squeeze, norm
}

/// Gives out the paths, layer by layer in order.
struct ParameterNames {
  private enum Dialect {
    case residual(ResidualNames)
    case sequential(SequentialNames)
  }
  private var dialect: Dialect

  init(_ network: Network) {
    let items = network.stages.flatMap(\.items)
    let hasBlocks = items.contains { item in
      switch item {
      case .layer: false
      // A group of one layer is VGG's `(3x3, 64) x 2`: a sequence, written short.
      case .block(let block): block.kind == .residual || block.layers.count > 1
      }
    }
    dialect =
      hasBlocks ? .residual(ResidualNames(network)) : .sequential(SequentialNames(network))
  }

  /// - Parameter activation: What follows the layer and its norm.
  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    switch dialect {
    case .residual(var names):
      defer { dialect = .residual(names) }
      return names.paths(layer, at: place)
    case .sequential(var names):
      defer { dialect = .sequential(names) }
      return names.paths(layer, activation: activation)
    }
  }

  /// The projection of a block; where projections pool, that is their first module.
  static func projection(row: Int, index: Int, pools: Bool) -> ParameterPaths {
    let path = "layer\(row).\(index).downsample"
    let first = pools ? 1 : 0
    return ParameterPaths(
      layer: "\(path).\(first)", norm: "\(path).\(first + 1)", activation: "\(path).\(first + 2)")
  }

  /// The activation after the sum of a block.
  static func blockActivation(row: Int, index: Int) -> String { "layer\(row).\(index).prelu" }
}

/// torchvision's ResNets.
private struct ResidualNames {
  private var place = ParameterPlace.row
  private var row = Counters()
  private var block = Counters()
  private let numbersConnected: Bool

  private struct Counters {
    var convolutions = 0
    var connected = 0
    var activations = 0
    var squeezes = 0
    var norms = 0
  }

  init(_ network: Network) {
    let outside = network.stages.flatMap(\.items).count { item in
      if case .layer(let layer) = item, case .fullyConnected = layer.kind { true } else { false }
    }
    numbersConnected = outside > 1
  }

  mutating func paths(_ layer: Layer, at newPlace: ParameterPlace) -> ParameterPaths {
    if newPlace != place, newPlace != .row { block = Counters() }
    place = newPlace
    guard case .block(let stage, let index) = place else {
      return Self.next(layer, &row, prefix: "", numbersConnected: numbersConnected)
    }
    return Self.next(layer, &block, prefix: "layer\(stage).\(index).", numbersConnected: true)
  }

  private static func next(
    _ layer: Layer, _ counters: inout Counters, prefix: String, numbersConnected: Bool
  ) -> ParameterPaths {
    switch layer.lowering.role {
    case .convolution:
      counters.convolutions += 1
      let number = counters.convolutions
      return ParameterPaths(
        layer: "\(prefix)conv\(number)", norm: "\(prefix)bn\(number)", activation: "\(prefix)prelu\(number)")
    case .fullyConnected:
      counters.connected += 1
      let name = numbersConnected ? "fc\(counters.connected)" : "fc"
      return ParameterPaths(layer: prefix + name, norm: "\(prefix)\(name)_bn", activation: "\(prefix)\(name)_prelu")
    case .activation:
      counters.activations += 1
      let path = "\(prefix)act\(counters.activations)"
      return ParameterPaths(layer: path, norm: path, activation: path)
    case .norm:
      counters.norms += 1
      let path = "\(prefix)norm\(counters.norms)"
      return ParameterPaths(layer: path, norm: path, activation: "\(path)_prelu")
    case .squeeze:
      counters.squeezes += 1
      let path = "\(prefix)se" + (counters.squeezes == 1 ? "" : "\(counters.squeezes)")
      return ParameterPaths(layer: path, norm: path, activation: path)
    case nil: return ParameterPaths(layer: "", norm: "", activation: "")
    }
  }
}

/// torchvision's VGG: two sequences of modules.
private struct SequentialNames {
  private var module = 0
  /// Layers seen, and the one at which the classifier begins.
  private var position = 0
  private var classifierStart: Int

  init(_ network: Network) {
    let kinds = network.stages.flatMap(\.items).flatMap { item in
      switch item {
      case .layer(let layer): layer.withInner.map(\.kind)
      case .block(let block):
        [[Layer]](repeating: block.layers, count: block.repeats).joined().flatMap(\.withInner).map(\.kind)
      }
    }
    func isConnected(_ kind: Layer.Kind) -> Bool { if case .fullyConnected = kind { true } else { false } }
    func isDropout(_ kind: Layer.Kind) -> Bool { if case .dropout = kind { true } else { false } }
    var start = kinds.firstIndex(where: isConnected) ?? kinds.count
    // Dropout right before the first fully connected layer belongs to the classifier, as in AlexNet.
    while start < kinds.count, start > 0, isDropout(kinds[start - 1]) { start -= 1 }
    classifierStart = start
  }

  mutating func paths(_ layer: Layer, activation: Activation) -> ParameterPaths {
    if position == classifierStart { module = 0 }
    let sequence = position < classifierStart ? "features" : "classifier"
    position += 1
    func next() -> String {
      defer { module += 1 }
      return "\(sequence).\(module)"
    }
    var paths = ParameterPaths(layer: "", norm: "", activation: "")
    let isBefore = layer.lowering.isPreActivated
    if layer.lowering.isModule, !isBefore { paths.layer = next() }
    if layer.lowering.normEpsilon != nil { paths.norm = next() }
    if activation != .linear { paths.activation = next() }
    if isBefore { paths.layer = next() }
    return paths
  }
}
