// Names of parameter tensors, as the checkpoints of others have them, so that their weights load as they are. A dialect
// knows the module paths of one kind of network; a source chooses one by `names`, or has torchvision's of its kind. What a
// dialect has no name for stays without, and what it would call by a name that is taken is not renamed: CheckNames.swift
// reports both.
import ResNetDSL

/// Gives out the paths of a network's modules, layer by layer in the order of lowering.
protocol NameDialect {
  /// - Parameter activation: What follows the layer and its norm, or stands before them.
  mutating func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths
  /// The projection of a block; where projections pool, that is their first module.
  func projection(of block: BlockPlace, pools: Bool) -> ParameterPaths
  /// The activation after the sum of a block.
  func blockActivation(of block: BlockPlace) -> String
  /// The tensor of factors before the sum of a block.
  func blockScale(of block: BlockPlace) -> String
  /// The two convolutions of an `se`, in its module: torchvision's by default.
  var squeezeParts: (reduce: String, expand: String) { get }
}

extension NameDialect {
  func projection(of block: BlockPlace, pools: Bool) -> ParameterPaths { .none }
  func blockActivation(of block: BlockPlace) -> String { "" }
  func blockScale(of block: BlockPlace) -> String { "" }
  var squeezeParts: (reduce: String, expand: String) { ("fc1", "fc2") }
}

/// Where a layer stands, as far as its parameters' names care.
struct ParameterPlace: Equatable {
  /// The row and its name, and the item in it, from 0.
  var row = 0
  var rowName = ""
  var item = 0
  /// The block around it; `nil` for a layer outside of all.
  var block: BlockPlace?
  /// The braces around it, outermost first.
  var branches: [Branch] = []

  struct Branch: Equatable {
    /// From 1.
    var number: Int
    /// Of the layer in it, from 0, and of how many.
    var position: Int
    var count: Int
  }
}

/// One repetition of a block.
struct BlockPlace: Equatable {
  /// Its row among those with blocks, from 1.
  var row: Int
  /// In its row, from 0.
  var index: Int
}

/// The module paths of a layer: its own, its norm's and its activation's.
struct ParameterPaths: Equatable {
  var layer: String
  var norm: String
  var activation: String

  /// Of a layer without parameters, or one that a dialect does not know.
  static let none = ParameterPaths(layer: "", norm: "", activation: "")
}

/// What a module of a ResNet is called by.
enum ParameterRole {
  case convolution, fullyConnected, activation, squeeze, norm, gate
}

/// The dialect that a network's source chooses, or the usual one for what the network is like.
func dialect(of network: Network) -> any NameDialect {
  switch network.tensorNames?.value ?? usualNames(of: network) {
  case .resnet: ResidualNames(network)
  case .resnetD: ResidualNames(network, hasDeepStem: true)
  case .res2net: ResidualNames(network, hasScales: true)
  case .resnetv2: ResNetV2Names(network)
  case .vgg: SequentialNames(network)
  case .mobilenetV2: InvertedResidualNames(network, .mobilenetV2)
  case .mobilenetV3: InvertedResidualNames(network, .mobilenetV3)
  case .efficientnet: InvertedResidualNames(network, .efficientnet)
  case .convnext: ConvNeXtNames()
  case .densenet: DenseNames(network)
  case .googlenet: InceptionNames()
  case .bnInception: BNInceptionNames(network)
  case .inceptionV3: InceptionV3Names(network)
  case .squeezenet: SqueezeNames(network)
  case .shufflenetV2: ShuffleNames()
  case .timmEfficientnet: TimmNames()
  case .regnet: RegNetNames()
  }
}

/// torchvision's ResNet for networks with blocks, its VGG for those without.
private func usualNames(of network: Network) -> TensorNames {
  let hasBlocks = network.stages.flatMap(\.items).contains { item in
    switch item {
    case .layer: false
    // A group of one layer is VGG's `(3x3, 64) x 2`: a sequence, written short.
    case .block(let block): block.kind == .residual || block.layers.count > 1
    }
  }
  return hasBlocks ? .resnet : .vgg
}
