// One network, as the compiler receives it: the variant chosen, parameters bound, block definitions expanded, header
// settings applied as defaults. Every number is plain; every part keeps the span that wrote it, for diagnostics.
// What is still open, because it needs shapes: strides that an output size decides, and projections.

/// A resolved network: the last product of the DSL and the input of lowering.
package struct Network: Equatable, Sendable {
  /// The type name of the generated model: `ResNet50`, `CifarResNet20`.
  package var name: Located<String>
  /// The chosen column of a family (`50`), if it has columns.
  package var variant: String?
  /// Parameter values, in order of declaration.
  package var parameters: [Parameter]
  package var input: Located<InputShape>
  package var shortcut: Located<ShortcutOption>
  /// Whether projections add a bias, as the header says; `nil` leaves it to the last convolution of each block.
  package var projectionBias: Bool?
  /// Whether projections with a stride pool before they project, and then have none.
  package var projectionPools: Bool
  /// As written; `nil` where no line says it, which is asked about if it matters.
  package var strideOn: StridePlacement?
  /// Where `order pre` stands, if it does.
  package var preActivation: Span?
  /// Whose names its tensors have, where the source says it.
  package var tensorNames: Located<TensorNames>?
  package var renames: [Rename]
  /// The depth that the source asserts: convolutions and fully connected layers, projections not counted.
  package var depth: Located<Int>?
  package var preprocess: Preprocess
  package var labels: Located<String>?
  package var stages: [Stage]
  /// Heads used in training only, each of which reads a stage: no part of what is computed.
  package var auxiliary: [Stage]
  /// The stages whose values are returned, in this order; without any, the last.
  package var outputs: [Located<String>]

  package init(
    name: Located<String>, variant: String? = nil, parameters: [Parameter] = [], input: Located<InputShape>,
    shortcut: Located<ShortcutOption>, projectionBias: Bool? = nil, projectionPools: Bool = false,
    strideOn: StridePlacement?,
    preActivation: Span? = nil, tensorNames: Located<TensorNames>? = nil, renames: [Rename] = [],
    depth: Located<Int>? = nil,
    preprocess: Preprocess, labels: Located<String>? = nil, stages: [Stage], auxiliary: [Stage] = [],
    outputs: [Located<String>] = []
  ) {
    self.name = name
    self.variant = variant
    self.parameters = parameters
    self.input = input
    self.shortcut = shortcut
    self.projectionBias = projectionBias
    self.projectionPools = projectionPools
    self.strideOn = strideOn
    self.preActivation = preActivation
    self.tensorNames = tensorNames
    self.renames = renames
    self.depth = depth
    self.preprocess = preprocess
    self.labels = labels
    self.stages = stages
    self.auxiliary = auxiliary
    self.outputs = outputs
  }

  package struct Parameter: Hashable, Sendable {
    package var name: String
    package var value: Int
    package init(name: String, value: Int) {
      self.name = name
      self.value = value
    }
  }
}

/// Tensors whose names begin so have other names: `rename "fc" to "head.fc"`.
package struct Rename: Equatable, Sendable {
  package var from: Located<String>
  package var to: Located<String>
  package init(from: Located<String>, to: Located<String>) {
    self.from = from
    self.to = to
  }
}

/// Channels, height and width of the input image.
package struct InputShape: Hashable, Sendable {
  package var channels: Int
  package var height: Int
  package var width: Int
  package init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }
}

/// A height and a width: of a kernel, a padding, an output.
package struct Extent: Hashable, Sendable {
  package var height: Int
  package var width: Int
  package init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }
  package init(square side: Int) { self.init(side, side) }
}

/// Section 4.1 of the paper: what stands in for the identity where a block changes its shape.
package enum ShortcutOption: Hashable, Sendable {
  /// Identity everywhere; stride by subsampling, new channels are zeros. Where they go, if a line says it; it is asked
  /// about if there are any.
  case identityZeroPadded(ZeroPlacement?)
  /// Projection where the shape changes, identity elsewhere.
  case projectWhereShapeChanges
  /// Projection everywhere.
  case projectAlways
  /// Identity where the shape stays; no shortcut where it changes.
  case identityWhereShapeStays
  /// No shortcut: blocks are plain.
  case none
}

/// Where option A puts its zero channels. Weights trained with one do not fit the other.
package enum ZeroPlacement: Hashable, Sendable {
  /// All after the input's channels (fb.resnet.torch).
  case end
  /// Half before, half after (common CIFAR code).
  case both
}

/// Which convolution of a downsampling block carries the stride.
package enum StridePlacement: Hashable, Sendable {
  /// The block's first convolution, as in the paper's own nets.
  case first
  /// The block's first 3x3 (the first that is larger than 1x1), as in torchvision.
  case on3x3
}

/// A row of the table.
package struct Stage: Equatable, Sendable {
  package var name: Located<String>
  /// The output size that the row asserts.
  package var size: Located<Extent>?
  /// The stage whose value it reads, in place of that of the one above.
  package var source: Located<String>?
  package var items: [Item]
  package var span: Span

  package init(
    name: Located<String>, size: Located<Extent>? = nil, source: Located<String>? = nil, items: [Item], span: Span
  ) {
    self.name = name
    self.size = size
    self.source = source
    self.items = items
    self.span = span
  }
}

/// What a row is made of.
package enum Item: Equatable, Sendable {
  case layer(Layer)
  case block(Block)
}

extension Item {
  /// The layer, or those of the block, each once.
  package var layers: [Layer] {
    switch self {
    case .layer(let layer): [layer]
    case .block(let block): block.layers
    }
  }
}

/// `[ ... ] x n` or `( ... ) x n`.
package struct Block: Equatable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// `[ ... ]`: layers, shortcut, sum, activation.
    case residual
    /// `( ... )`: layers only.
    case plain
  }
  package var kind: Kind
  package var layers: [Layer]
  package var repeats: Int
  /// The activation after the sum of a residual block.
  package var activation: Activation
  /// Whether the block itself names it.
  package var statesActivation: Bool
  /// What a residual block itself says of its shortcut; `nil` leaves it to the network.
  package var shortcut: ShortcutOption?
  /// Whether its last value is multiplied by a learned factor for each channel, before the sum.
  package var isScaled: Bool
  /// The share of training steps in which a repetition of it takes part.
  package var survival: Double?
  package var span: Span

  package init(
    kind: Kind, layers: [Layer], repeats: Int, activation: Activation = .relu, statesActivation: Bool = false,
    shortcut: ShortcutOption? = nil, isScaled: Bool = false, survival: Double? = nil, span: Span
  ) {
    self.kind = kind
    self.layers = layers
    self.repeats = repeats
    self.activation = activation
    self.statesActivation = statesActivation
    self.shortcut = shortcut
    self.isScaled = isScaled
    self.survival = survival
    self.span = span
  }
}

/// One layer as written.
package struct Layer: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case convolution(ConvolutionLayer)
    case maxPool(PoolLayer)
    case averagePool(PoolLayer)
    case adaptivePool(AdaptivePoolLayer)
    /// The largest values of each level's bins, one after another.
    case spatialPyramidPool(levels: [Int])
    case fullyConnected(FullyConnectedLayer)
    case activation(Activation)
    /// No effect at inference; counted as a module in sequential parameter names.
    case dropout(Double)
    case softmax
    case squeezeExcitation(SqueezeExcitationLayer)
    case channelAttention(ChannelAttentionLayer)
    case norm(NormLayer)
    case localResponseNorm(LocalResponseNormLayer)
    /// The largest of each so many consecutive channels.
    case maxout(Located<Int>)
    /// Channels, in so many groups, taken from each group by turns.
    case shuffle(Located<Int>)
    /// One of several equal, consecutive shares of the channels, from 0: what begins a branch of a split.
    case share(Int, of: Int)
    /// The convolution's value and what enters it, mixed by a second one of its shape.
    case gate(ConvolutionLayer)
    /// Side by side, all from the same input; then their values become one. The value of one without layers is that
    /// input.
    case branches([[Layer]], Combiner)
    case upsample(UpsampleLayer)
    /// At the begin of a branch: the value of a stage above, in place of what enters.
    case source(Located<String>)
    /// At the begin of a branch: what the branch before leaves is added to what enters.
    case carry
  }
  package var kind: Kind
  package var span: Span

  package init(_ kind: Kind, span: Span) {
    self.kind = kind
    self.span = span
  }
}

/// How the values of branches become one.
package enum Combiner: Hashable, Sendable {
  /// Put together by channels, in their order.
  case concatenation
  /// Added, then activated.
  case sum(Activation)
  /// Two multiplied, one of which may have one pixel or one channel for all of the other's; then activated.
  case product(Activation)

  package var activation: Activation {
    switch self {
    case .concatenation: .linear
    case .sum(let activation), .product(let activation): activation
    }
  }
}

/// A convolution with its defaults applied.
package struct ConvolutionLayer: Equatable, Sendable {
  package var kernel: Extent
  /// Output channels.
  package var width: Located<Int>
  /// As written; `nil` leaves the stride to the stage's output size (1 if that decides nothing).
  package var stride: Located<Stride>?
  /// As written; `nil` keeps the size at stride 1, `dilation * (k - 1) / 2`, where `k` is odd, and means 0 where it is
  /// even.
  package var padding: WrittenPadding?
  package var dilation: Int
  package var grouping: Grouping
  package var bias: Bool
  /// The normalisation that follows it or, under `order pre`, stands before it.
  package var norm: Normalization?
  /// Of standardised weights: what is added to their variance.
  package var standardization: Double?
  /// For the last convolution of a residual block: applied before the sum, `.linear` unless written.
  package var activation: Activation
  /// Whether the layer itself names it.
  package var statesActivation: Bool
  /// Norm and activation stand before it: `order pre`.
  package var isPreActivated: Bool

  package init(
    kernel: Extent, width: Located<Int>, stride: Located<Stride>? = nil, padding: WrittenPadding? = nil,
    dilation: Int = 1, grouping: Grouping = .whole, bias: Bool = false, norm: Normalization? = Normalization(),
    standardization: Double? = nil, activation: Activation = .relu, statesActivation: Bool = false,
    isPreActivated: Bool = false
  ) {
    self.kernel = kernel
    self.width = width
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.grouping = grouping
    self.bias = bias
    self.norm = norm
    self.standardization = standardization
    self.activation = activation
    self.statesActivation = statesActivation
    self.isPreActivated = isPreActivated
  }
}

/// Into how many groups a convolution cuts its channels, each of which reads its share of the input.
package enum Grouping: Equatable, Sendable {
  /// One: every channel reads all.
  case whole
  /// So many, as the source says.
  case groups(Located<Int>)
  /// One for each channel that enters.
  case depthwise(Span)
}

/// A max or average pool over a window.
package struct PoolLayer: Equatable, Sendable {
  package var kernel: Extent
  /// As written; `nil` leaves the stride to the stage's output size (1 if that decides nothing).
  package var stride: Located<Stride>?
  /// As written; `nil` means `(k - 1) / 2` for odd windows, 0 for even ones and for those that cover their map.
  package var padding: WrittenPadding?
  /// Round the output size up, as Caffe does.
  package var ceilMode: Bool
  /// Of an average: whether it divides by the zeros of its padding too, as written.
  package var countsPadding: Bool?

  package init(
    kernel: Extent, stride: Located<Stride>? = nil, padding: WrittenPadding? = nil, ceilMode: Bool = false,
    countsPadding: Bool? = nil
  ) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.ceilMode = ceilMode
    self.countsPadding = countsPadding
  }
}

/// A fully connected layer; a feature map before it is flattened in channel, row, column order.
package struct FullyConnectedLayer: Equatable, Sendable {
  package var width: Located<Int>
  package var bias: Bool
  package var activation: Activation
  /// Whether the layer itself names it.
  package var statesActivation: Bool

  package init(
    width: Located<Int>, bias: Bool = true, activation: Activation = .linear, statesActivation: Bool = false
  ) {
    self.width = width
    self.bias = bias
    self.activation = activation
    self.statesActivation = statesActivation
  }
}
