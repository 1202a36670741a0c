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
  package var output: NodeID

  package init(name: String, nodes: [Node], output: NodeID) {
    self.name = name
    self.nodes = nodes
    self.output = output
  }

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

  package init(
    name: String, stage: String?, operation: Operation, inputs: [NodeID], shape: Shape, origin: Span
  ) {
    self.name = name
    self.stage = stage
    self.operation = operation
    self.inputs = inputs
    self.shape = shape
    self.origin = origin
  }
}

/// What a node does. Each case states its inputs.
package enum Operation: Hashable, Sendable {
  /// The image; no inputs.
  case input
  /// One input for each term, then the residual's, if any.
  case convolution(Convolution)
  /// One input.
  case batchNorm(BatchNorm)
  /// One input.
  case activation(Nonlinearity)
  /// Two inputs of one shape; adds, then applies the activation.
  case add(Nonlinearity)
  /// One input: option A's identity, subsampled and zero-padded.
  case zeroPad(ZeroPad)
  /// One input.
  case maxPool(Pooling)
  /// One input; divides by the number of positions inside the map (`count_include_pad=False`).
  case averagePool(Pooling)
  /// One input; its value is `channels x 1 x 1`.
  case globalAveragePool
  /// One input, flattened in channel, row, column order; its value is `outFeatures x 1 x 1`.
  case linear(Linear)
  /// One input; the identity at inference.
  case dropout(rate: Double)
  /// One input, over channels.
  case softmax
}

/// A nonlinearity, with its parameter where it has one.
package enum Nonlinearity: Hashable, Sendable {
  case linear, relu, relu6, sigmoid, silu, gelu
  /// One slope a channel; `weight` names the tensor `[channels]`.
  case prelu(weight: String)
}

extension Nonlinearity {
  /// As the language spells it: `relu6`.
  package var name: String {
    switch self {
    case .linear: "linear"
    case .relu: "relu"
    case .relu6: "relu6"
    case .sigmoid: "sigmoid"
    case .silu: "silu"
    case .gelu: "gelu"
    case .prelu: "prelu"
    }
  }
}

/// A sum of convolutions, plus bias, plus residual, then the activation.
/// As lowered it has one term, no residual, and a linear activation; passes fill in the rest.
package struct Convolution: Hashable, Sendable {
  /// One as written; two after a projection was merged. Term `i` reads input `i`.
  package var terms: [Term]
  package var outChannels: Int
  /// Reads the input after the terms.
  package var residual: Residual?
  package var activation: Nonlinearity

  package init(
    terms: [Term], outChannels: Int, residual: Residual? = nil, activation: Nonlinearity = .linear
  ) {
    self.terms = terms
    self.outChannels = outChannels
    self.residual = residual
    self.activation = activation
  }

  /// One convolution: cross-correlation with zero padding, as in every framework.
  package struct Term: Hashable, Sendable {
    package var inChannels: Int
    package var kernel: Extent
    package var stride: Int
    package var padding: Extent
    package var dilation: Int
    /// Name of the tensor `[outChannels, inChannels, kernel.height, kernel.width]`.
    package var weight: String
    /// Name of the tensor `[outChannels]`.
    package var bias: String?
    /// Applied to this term's result; set by the pass that folds batch norm.
    package var norm: BatchNorm?

    package init(
      inChannels: Int, kernel: Extent, stride: Int, padding: Extent, dilation: Int = 1, weight: String,
      bias: String? = nil, norm: BatchNorm? = nil
    ) {
      self.inChannels = inChannels
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
      self.dilation = dilation
      self.weight = weight
      self.bias = bias
      self.norm = norm
    }
  }

  /// What is added before the activation.
  package enum Residual: Hashable, Sendable {
    /// A value of the output's shape.
    case same
    /// Option A: a smaller value, subsampled and zero-padded on the way.
    case zeroPadded(ZeroPad)
  }
}

/// Inference batch norm: `(x - running_mean) / sqrt(running_var + epsilon) * weight + bias`, tensors `[channels]`.
package struct BatchNorm: Hashable, Sendable {
  package var channels: Int
  package var epsilon: Double
  package var weight: String
  package var bias: String
  package var runningMean: String
  package var runningVar: String

  /// The four tensors of a PyTorch module at `path`.
  package init(channels: Int, epsilon: Double, path: String) {
    self.channels = channels
    self.epsilon = epsilon
    self.weight = path + ".weight"
    self.bias = path + ".bias"
    self.runningMean = path + ".running_mean"
    self.runningVar = path + ".running_var"
  }
}

/// Option A's shortcut: every `stride`-th row and column, then zero channels before and after.
package struct ZeroPad: Hashable, Sendable {
  package var stride: Int
  package var channelsBefore: Int
  package var channelsAfter: Int

  package init(stride: Int, channelsBefore: Int, channelsAfter: Int) {
    self.stride = stride
    self.channelsBefore = channelsBefore
    self.channelsAfter = channelsAfter
  }
}

/// A window that slides. Windows that `ceilMode` adds never start in the padding after the map, as in PyTorch.
package struct Pooling: Hashable, Sendable {
  package var kernel: Extent
  package var stride: Int
  package var padding: Extent
  package var ceilMode: Bool
  /// Of an average with padding: its zeros count in the divisor (PyTorch's `count_include_pad`). Places that `ceilMode`
  /// reaches beyond the padding never do.
  package var countsPadding: Bool

  package init(kernel: Extent, stride: Int, padding: Extent, ceilMode: Bool = false, countsPadding: Bool = false) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.ceilMode = ceilMode
    self.countsPadding = countsPadding
  }
}

/// `activation(weight * x + bias)`.
package struct Linear: Hashable, Sendable {
  package var inFeatures: Int
  package var outFeatures: Int
  /// Name of the tensor `[outFeatures, inFeatures]`.
  package var weight: String
  /// Name of the tensor `[outFeatures]`.
  package var bias: String?
  package var activation: Nonlinearity

  package init(
    inFeatures: Int, outFeatures: Int, weight: String, bias: String? = nil, activation: Nonlinearity = .linear
  ) {
    self.inFeatures = inFeatures
    self.outFeatures = outFeatures
    self.weight = weight
    self.bias = bias
    self.activation = activation
  }
}
