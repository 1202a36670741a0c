// Layers of a network, for whoever asks about some kinds and not about the others.

extension Layer {
  /// The layer itself or, of branches, all that stand in them, at any depth.
  package var withoutBranches: [Layer] {
    if case .branches(let branches, _) = kind { branches.joined().flatMap(\.withoutBranches) } else { [self] }
  }

  /// Of how many layers it consists: branches count as one, and what stands in them too.
  package var count: Int {
    if case .branches(let branches, _) = kind { 1 + branches.joined().reduce(0) { $0 + $1.count } } else { 1 }
  }

  package var convolution: ConvolutionLayer? {
    if case .convolution(let convolution) = kind { convolution } else { nil }
  }

  /// A pool with a window.
  package var pool: PoolLayer? {
    switch kind {
    case .maxPool(let pool), .averagePool(let pool): pool
    default: nil
    }
  }

  /// A pool without a window.
  package var poolsWholeMap: Bool {
    switch kind {
    case .adaptivePool, .spatialPyramidPool: true
    default: false
    }
  }

  package var isPool: Bool { pool != nil || poolsWholeMap }

  /// Of what begins a branch with the value of a stage: that stage.
  package var source: Located<String>? {
    if case .source(let row) = kind { row } else { nil }
  }

  /// The stages that branches in it read.
  package var sources: [Located<String>] { withoutBranches.compactMap(\.source) }

  package var fullyConnected: FullyConnectedLayer? {
    if case .fullyConnected(let connected) = kind { connected } else { nil }
  }
}
