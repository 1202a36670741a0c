// The plan: the graph on one target, with everything decided. Which kernel runs when, where each value lies, how weights
// are packed. What is printed from it is a table, whatever the language.

/// A network on one target, ready to print.
package struct Plan: Sendable {
  package let graph: Graph
  package let target: Target
  package let batch: Int
  /// Of each node's value.
  package let layouts: [Layout]
  /// Of each convolution.
  let groupings: [GroupPlacement]
  package let arena: Arena
  /// Distinct, in order of first use.
  package let kernels: [Kernel]
  /// In order of execution: one for every node but the input, and the convolutions that the pools after them compute.
  package let steps: [Step]
  /// For each node, the values that its step reads: of a pool that computes its convolution what that would.
  package let reads: [[NodeID]]
  /// Where the scales of all values lie among the packed weights, if any is one of whole numbers.
  package let scales: PackedWeights?
  /// Floats of packed weights.
  package let weightFloats: Int

  /// Whether it has conversions, which no other precision's plan has. Plans of one precision have one graph.
  package var hasOwnLayers: Bool {
    graph.nodes.contains { if case .convert = $0.operation { true } else { false } }
  }

  /// Bytes of activations, halo and padding included: what a workspace allocates.
  package var arenaBytes: Int { arena.floats * MemoryLayout<Float>.size }
  /// Floats that each thread needs to itself while a kernel runs.
  package var scratchFloats: Int { kernels.map { $0.scratchFloats(lanes: target.lanes) }.max() ?? 0 }
  package var weightBytes: Int { weightFloats * MemoryLayout<Float>.size }

  /// For each node, the pool that computes it without storing its value, if it is such a convolution.
  package var pools: [NodeID?] {
    var pools = [NodeID?](repeating: nil, count: graph.nodes.count)
    for step in steps { if let convolution = step.convolution { pools[convolution.index] = step.node } }
    return pools
  }
}

/// One call of a kernel.
package struct Step: Hashable, Sendable {
  package let node: NodeID
  /// The convolution that a pool or a depthwise convolution computes on its way: its value is nowhere in the arena.
  package let convolution: NodeID?
  /// Index into `Plan.kernels`.
  package let kernel: Int
  /// Values read by the terms of a convolution, or an operator's only input.
  package let sources: [NodeID]
  /// Value added in the epilogue.
  package let residual: NodeID?
  package let weights: PackedWeights?
  /// Those of the node itself, where `weights` are those of the convolution before it.
  package let readerWeights: PackedWeights?

  package init(
    node: NodeID, convolution: NodeID? = nil, kernel: Int, sources: [NodeID], residual: NodeID?,
    weights: PackedWeights?, readerWeights: PackedWeights? = nil
  ) {
    self.node = node
    self.convolution = convolution
    self.kernel = kernel
    self.sources = sources
    self.residual = residual
    self.weights = weights
    self.readerWeights = readerWeights
  }
}

/// The packed weights of one convolution: biases, slopes, then one panel for each group of output channels, each panel in
/// the order in which the kernel's reduction meets it.
package struct PackedWeights: Hashable, Sendable {
  /// In floats, from the start of the packed weights; a multiple of 16, so that every panel is aligned to a cache line.
  package let offset: Int
  package let floats: Int
  /// Vectors of output channels in a panel; the last panel may have fewer.
  package let vectors: Int
  /// The first term reads a planar value.
  package let planar: Bool
}
