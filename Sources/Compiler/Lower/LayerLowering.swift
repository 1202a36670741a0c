// What a layer of a source says of itself to whoever turns it into nodes of a graph: which window it slides, what shape it
// leaves, what computes it, how its modules are named, how it reads in a table. Each kind says so in the file of its
// operator; `Layer.lowering` is the closed list.
import ResNetDSL

protocol LayerLowering {
  /// Its part of a name such as `head.pool`; `nil` for a layer that bears its number.
  var suffix: String? { get }
  /// In the words of Table 1, with every attribute that it would not have without saying so.
  func tableText(_ usual: UsualAttributes) -> String

  // MARK: Shape

  /// The window that it slides over a map; `nil`, by default, for what slides none.
  func window(entering map: Extent) -> Window?
  /// The window's stride, where the source states it.
  var stride: Located<Stride>? { get }
  /// In a repeated block its stride is that of every repetition, not of the first alone.
  var repeatsStride: Bool { get }
  /// What becomes of a value: the same, by default.
  ///
  /// - Parameter extent: What its window leaves of the map, or the whole map.
  func output(of input: Shape, _ extent: Extent) -> Shape
  /// Number of its weights, which are limited; none by default.
  func weights(reading input: Shape) -> Int
  /// What is wrong, or not decided, only here where shapes are known; nothing by default.
  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic]

  // MARK: Nodes

  /// What computes it; `nil` where nothing has to.
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation?
  /// The normalisation that follows; none by default.
  var normalization: Normalization? { get }
  /// The activation that follows, or that it is.
  var activation: Activation { get }
  /// Whether norm and activation stand before it, not behind it.
  var isPreActivated: Bool { get }
  /// Whether the activation is the layer itself.
  var isActivation: Bool { get }

  // MARK: Names of parameters

  /// Its place among the modules of a ResNet; `nil`, by default, for what has no parameters.
  var role: ParameterRole? { get }
  /// Whether PyTorch's sequences count a module for it, besides those of its norm and activation.
  var isModule: Bool { get }
}

extension LayerLowering {
  func window(entering map: Extent) -> Window? { nil }
  var stride: Located<Stride>? { nil }
  var repeatsStride: Bool { false }
  func output(of input: Shape, _ extent: Extent) -> Shape { input }
  func weights(reading input: Shape) -> Int { 0 }
  func faults(_ layer: Layer, in place: LayerPlace, entering input: Shape, leaving extent: Extent) -> [Diagnostic] {
    []
  }
  var normalization: Normalization? { nil }
  var activation: Activation { .linear }
  var isPreActivated: Bool { false }
  var isActivation: Bool { false }
  var role: ParameterRole? { nil }
  var isModule: Bool { false }
}

/// Where a layer stands.
struct LayerPlace {
  var stage: Stage
  /// In braces, where a row's size decides no stride.
  var isInBranch = false
  /// By which its window slides.
  var stride: Stride = 1
}

/// What a table does not repeat at each layer.
struct UsualAttributes {
  /// That a convolution here has without saying so; `nil` where it always says it.
  var activation: Activation?
  /// The same of its norm; `nil` for none.
  var norm: Normalization?
  /// And of its weights' standardisation.
  var standardization: Double?
}

extension Layer {
  /// The layers of its branches, then the layer itself, in the order of lowering; what names a row is none, and neither is
  /// a `+`.
  var withInner: [Layer] {
    if source != nil || isCarry { return [] }
    return if case .branches(let branches, _) = kind { branches.joined().flatMap(\.withInner) + [self] } else { [self] }
  }

  var lowering: any LayerLowering {
    switch kind {
    case .convolution(let layer): layer
    case .maxPool(let layer): MaxPoolLayer(pool: layer)
    case .averagePool(let layer): AveragePoolLayer(pool: layer)
    case .adaptivePool(let layer): layer
    case .spatialPyramidPool(let levels): SpatialPyramidPoolLayer(levels: levels)
    case .fullyConnected(let layer): layer
    case .activation(let function): ActivationLayer(activation: function)
    case .dropout(let rate): DropoutLayer(rate: rate)
    case .softmax: SoftmaxLayer()
    case .squeezeExcitation(let layer): layer
    case .channelAttention(let layer): layer
    case .norm(let layer): layer
    case .localResponseNorm(let layer): layer
    case .maxout(let size): MaxoutLayer(size: size)
    case .shuffle(let groups): ShuffleLayer(groups: groups)
    case .share(let index, let count): ShareLayer(index: index, count: count)
    case .gate(let convolution): GateLayer(convolution: convolution)
    case .upsample(let layer): layer
    case .source(let row): SourceLayer(row: row)
    case .carry: CarryLayer()
    case .branches(let branches, let combiner): BranchesLayer(branches: branches, combiner: combiner)
    }
  }
}
