// Exact cost, from the lowered graph: parameters and multiply-adds, layer by layer. `docs/paper-numbers.md` states the
// convention. A layer's row includes the norm and the activation that follow it.
import ResNetDSL

/// What one row of a report is about.
package enum LayerKind: String, Hashable, Sendable {
  case convolution = "conv"
  case projection = "projection"
  case fullyConnected = "fc"
  case maxPool = "max pool"
  case averagePool = "average pool"
  case globalAveragePool = "global average pool"
  case zeroPad = "zero pad"
  case sum = "sum"
  case batchNorm = "batch norm"
  case activation = "activation"
  case dropout = "dropout"
  case softmax = "softmax"
}

/// The cost of one layer.
package struct LayerCost: Hashable, Sendable {
  package var name: String
  package var kind: LayerKind
  package var stage: String?
  package var output: Shape
  /// Weights, biases, batch norm's scale and shift, slopes; not the running statistics.
  package var parameters: Int
  /// Multiply-adds of convolutions and fully connected layers, without biases.
  package var macs: Int
  /// Values that convolutions produce.
  package var activations: Int
}

/// The cost of a table row, or of the whole network.
package struct StageCost: Hashable, Sendable {
  package var name: String
  package var output: Shape
  package var parameters = 0
  package var macs = 0
  package var activations = 0
}

/// The cost of a network.
package struct CostReport: Hashable, Sendable {
  /// In order of execution.
  package private(set) var layers: [LayerCost] = []
  /// In order of the table.
  package private(set) var stages: [StageCost] = []
  package private(set) var parameters = 0
  package private(set) var macs = 0
  package private(set) var activations = 0

  /// Of a graph as lowered, before any pass.
  package init(_ graph: Graph) {
    // The row that each node's value belongs to: norms and activations belong to what they follow.
    var rows = [Int?](repeating: nil, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      var kind: LayerKind
      var parameters = 0
      var macs = 0
      var follows = false
      switch node.operation {
      case .input: continue
      case .convolution(let convolution):
        kind = node.name.hasSuffix(".shortcut") ? .projection : .convolution
        for term in convolution.terms {
          let weights = product(
            convolution.outChannels, term.inChannels, term.kernel.height, term.kernel.width)
          parameters = sum(parameters, weights, term.bias == nil ? 0 : convolution.outChannels)
          macs = sum(macs, product(weights, node.shape.height, node.shape.width))
        }
      case .linear(let linear):
        kind = .fullyConnected
        macs = product(linear.inFeatures, linear.outFeatures)
        parameters = sum(macs, linear.bias == nil ? 0 : linear.outFeatures)
      case .batchNorm(let norm):
        kind = .batchNorm
        parameters = 2 * norm.channels
        follows = true
      case .activation(let function):
        kind = .activation
        if case .prelu = function { parameters = node.shape.channels }
        follows = true
      case .add: kind = .sum
      case .zeroPad: kind = .zeroPad
      case .maxPool: kind = .maxPool
      case .averagePool: kind = .averagePool
      case .globalAveragePool: kind = .globalAveragePool
      case .dropout: kind = .dropout
      case .softmax: kind = .softmax
      }
      if follows, let row = node.inputs.first.flatMap({ rows[$0.index] }), layers[row].stage == node.stage,
        layers[row].output == node.shape, node.name.hasPrefix(layers[row].name + ".")
      {
        layers[row].parameters = sum(layers[row].parameters, parameters)
        rows[index] = row
      } else {
        rows[index] = layers.count
        layers.append(
          LayerCost(
            name: node.name, kind: kind, stage: node.stage, output: node.shape, parameters: parameters, macs: macs,
            activations: kind == .convolution || kind == .projection ? node.shape.count : 0))
      }
    }
    for layer in layers { add(layer) }
  }

  private mutating func add(_ layer: LayerCost) {
    parameters = sum(parameters, layer.parameters)
    macs = sum(macs, layer.macs)
    activations = sum(activations, layer.activations)
    let name = layer.stage ?? ""
    if stages.last?.name != name { stages.append(StageCost(name: name, output: layer.output)) }
    let last = stages.count - 1
    stages[last].output = layer.output
    stages[last].parameters = sum(stages[last].parameters, layer.parameters)
    stages[last].macs = sum(stages[last].macs, layer.macs)
    stages[last].activations = sum(stages[last].activations, layer.activations)
  }
}

/// The sum, or `Int.max` where it does not fit.
private func sum(_ terms: Int...) -> Int {
  var result = 0
  for term in terms {
    let (value, overflow) = result.addingReportingOverflow(term)
    if overflow { return .max }
    result = value
  }
  return result
}
