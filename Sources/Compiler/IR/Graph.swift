// The graph: what a network computes, one image at a time, without saying where or how. Nodes stand in an order in which
// they can be computed, so a node's inputs always have smaller identifiers. Passes rewrite a graph into a graph;
// `GraphVerifier` is its written specification.
package import ResNetDSL

/// Channels, height and width of a value, for one image.
package struct Shape: Hashable, Sendable {
  package var channels: Int
  package var height: Int
  package var width: Int

  package init(_ channels: Int, _ height: Int, _ width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Number of elements.
  package var count: Int { channels * height * width }
}

/// The position of a node in its graph; also the name of the value that it computes.
package struct NodeID: Hashable, Comparable, Sendable {
  package let index: Int
  package init(_ index: Int) { self.index = index }
  package static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
}

/// A network as a graph of operations.
package struct Graph: Sendable {
  /// The type name of the generated model.
  package var name: String
  package var nodes: [Node]
  /// The value of the last row.
  package var output: NodeID
  /// What is returned, by the names of rows, where the source names it; the last row's is among them.
  package var named: [NamedOutput]
  /// Heads used in training only, as lowered; no pass keeps them.
  package var auxiliary: [AuxiliaryHead]

  package init(
    name: String, nodes: [Node], output: NodeID, named: [NamedOutput] = [], auxiliary: [AuxiliaryHead] = []
  ) {
    self.name = name
    self.nodes = nodes
    self.output = output
    self.named = named
    self.auxiliary = auxiliary
  }

  /// All values that are returned.
  package var results: [NodeID] { named.isEmpty ? [output] : named.map(\.node) }

  package subscript(id: NodeID) -> Node {
    get { nodes[id.index] }
    set { nodes[id.index] = newValue }
  }

  /// For each node, the nodes that read it, in order (a node that reads it twice stands twice).
  package func consumers() -> [[NodeID]] {
    var result = [[NodeID]](repeating: [], count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for input in node.inputs { result[input.index].append(NodeID(index)) }
    }
    return result
  }
}

/// A value that is returned.
package struct NamedOutput: Hashable, Sendable {
  /// Of its row.
  package var name: String
  package var node: NodeID
}

/// A head used in training only: a graph of its own, whose input is the value of a node.
package struct AuxiliaryHead: Sendable {
  /// Of its row.
  package var name: String
  package var source: NodeID
  package var graph: Graph
}

/// One operation and the value it computes.
package struct Node: Sendable {
  /// Unique, as the paper names layers: `conv3_1.2`; projections `conv3_1.shortcut`, sums `conv3_1.sum`.
  package var name: String
  /// The table row it belongs to; the input has none.
  package var stage: String?
  package var operation: Operation
  package var inputs: [NodeID]
  /// Shape of the value.
  package var shape: Shape
  /// The source text that it came from.
  package var origin: Span
  package var role: Role
  /// Of its value.
  package var number = NumberType.float32

  /// What it is to the layers around it.
  package enum Role: Hashable, Sendable {
    case layer
    /// A norm or an activation of the layer before it, whose row in a report it shares.
    case follower
    /// A norm or an activation of the layer after it, whose row in a report it shares.
    case leader
    /// On the shortcut of a block.
    case shortcut
    /// Computes the factors of a squeeze-and-excitation or the shares of a gate, which no depth counts.
    case gate
    /// Where the values of branches become one.
    case join
    /// A sum of the first of several branches, on the way to that of all.
    case partialJoin
    /// The sum of what enters a branch and what the branch before it leaves.
    case carried
  }

  package init(
    name: String, stage: String?, operation: Operation, inputs: [NodeID], shape: Shape, origin: Span,
    role: Role = .layer
  ) {
    self.name = name
    self.stage = stage
    self.operation = operation
    self.inputs = inputs
    self.shape = shape
    self.origin = origin
    self.role = role
  }
}

/// What a node does: the closed list of operators, each defined in a file of `Operators`. Each case states its inputs.
package enum Operation: Hashable, Sendable {
  /// The image; no inputs.
  case input
  /// One input for each term, then the residual's, if any.
  case convolution(Convolution)
  /// One input.
  case batchNorm(BatchNorm, Nonlinearity = .linear)
  /// One input.
  case sampleNorm(SampleNorm, Nonlinearity = .linear)
  /// One input.
  case scale(ChannelScale)
  /// One input.
  case activation(Nonlinearity)
  /// Two inputs of one shape; adds, then applies the activation.
  case add(Nonlinearity)
  /// One input: option A's identity, subsampled and zero-padded.
  case zeroPad(ZeroPad)
  /// One input.
  case maxPool(Pooling)
  /// One input; divides by the positions inside the map, or in its padding too.
  case averagePool(Pooling)
  /// One input; its value is `channels x 1 x 1`.
  case globalAveragePool
  /// One input; its value has a place for each bin, or a channel for each bin of each channel.
  case adaptivePool(AdaptivePool)
  /// One input, flattened in channel, row, column order; its value is `outFeatures x 1 x 1`.
  case linear(Linear)
  /// One input; the identity at inference.
  case dropout(rate: Double)
  /// One input, over channels.
  case softmax
  /// So many inputs of one height and width, put together by channels.
  case concatenate(Int)
  /// Two inputs, the second of the first's shape, or with one pixel or one channel for all of the first's; multiplies, then
  /// applies the activation.
  case multiply(Nonlinearity)
  /// One input of one pixel, over channels.
  case channelConvolution(ChannelConvolution)
  /// One input, over channels.
  case localResponseNorm(LocalResponseNorm)
  /// One input; its value has a channel for each so many consecutive ones.
  case maxout(Int)
  /// One input; its value is a range of its channels.
  case share(Share)
  /// One input, whose channels are taken from so many groups by turns.
  case shuffle(Shuffle)
  /// One input; each channel of its value is one of its channels. Passes make it of the two before.
  case gather(Gather)
  /// One input.
  case upsample(Upsample)
  /// Three inputs of one shape: the first, and the second by a share that is the third.
  case blend
  /// One input, in another number type.
  case convert(Convert.Direction)
}

extension Operation {
  /// A few words for a comment: `3x3 convolution, stride 2`.
  package var summary: String { definition.summary }

  /// What it does, to whoever points at its layer in an editor.
  package var description: [String] { definition.description }

  /// What it says of itself.
  var definition: any Operator {
    switch self {
    case .input: Input()
    case .convolution(let convolution): convolution
    case .batchNorm(let norm, let function): Normalize(norm: norm, activation: function)
    case .sampleNorm(let norm, let function): SampleNormalize(norm: norm, activation: function)
    case .scale(let scale): scale
    case .activation(let function): Activate(function: function)
    case .add(let function): Add(activation: function)
    case .zeroPad(let pad): pad
    case .maxPool(let pooling): MaxPool(pooling: pooling)
    case .averagePool(let pooling): AveragePool(pooling: pooling)
    case .globalAveragePool: GlobalAveragePool()
    case .adaptivePool(let pool): pool
    case .linear(let linear): linear
    case .dropout(let rate): Dropout(rate: rate)
    case .softmax: Softmax()
    case .concatenate(let count): Concatenate(arity: count)
    case .multiply(let function): Multiply(activation: function)
    case .channelConvolution(let convolution): convolution
    case .localResponseNorm(let norm): norm
    case .maxout(let size): Maxout(size: size)
    case .share(let share): share
    case .shuffle(let shuffle): shuffle
    case .gather(let gather): gather
    case .upsample(let upsample): upsample
    case .blend: Blend()
    case .convert(let direction): Convert(direction: direction)
    }
  }
}
