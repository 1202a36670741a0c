// Exact cost, from the lowered graph: parameters and multiply-adds, layer by layer. `docs/paper-numbers.md` states the
// convention. A layer's row includes the norm and the activation that follow it.
package import ResNetDSL

/// What one row of a report is about. Each operator has its own, in its file.
package struct LayerKind: Hashable, Sendable {
  /// As reports print it: `max pool`.
  package let name: String
}

/// What has a cost.
package protocol Costed {
  var cost: Cost { get }
}

extension Costed {
  package var parameters: Int { cost.parameters }
  package var macs: Int { cost.macs }
  package var activations: Int { cost.activations }
}

/// One layer.
package struct LayerCost: Hashable, Sendable, Costed {
  package var name: String
  package var kind: LayerKind
  package var stage: String?
  package var output: Shape
  /// Of one value of the output, in pixels of the image.
  package var receptiveField: Extent
  package var cost: Cost
}

/// A table row, or a block of one.
package struct StageCost: Hashable, Sendable, Costed {
  package var name: String
  package var output: Shape
  package var receptiveField: Extent
  package var cost = Cost()
}

/// A head used in training only.
package struct AuxiliaryCost: Hashable, Sendable, Costed {
  package let name: String
  /// The row that it reads.
  package let source: String
  package let layers: [LayerCost]
  package var cost: Cost { layers.reduce(Cost()) { $0 + $1.cost } }
}

/// A network.
package struct CostReport: Hashable, Sendable, Costed {
  /// In order of execution.
  package private(set) var layers: [LayerCost] = []
  package private(set) var cost = Cost()
  /// Heads used in training only, which nothing above counts.
  package private(set) var auxiliary: [AuxiliaryCost] = []

  /// Rows of the table, in its order.
  package var stages: [StageCost] { sums(of: layers) { $0.stage ?? "" } }

  /// Of a graph as lowered, before any pass.
  package init(_ graph: Graph) {
    let fields = receptiveFields(graph)
    self.init(graph, fields)
    auxiliary = graph.auxiliary.map { head in
      let own = receptiveFields(head.graph, entering: fields[head.source.index])
      return AuxiliaryCost(
        name: head.name, source: graph[head.source].stage ?? "", layers: CostReport(head.graph, own).layers)
    }
  }

  private init(_ graph: Graph, _ fields: [ReceptiveField]) {
    // The row that each node's value belongs to: norms and activations belong to what they follow.
    var rows = [Int?](repeating: nil, count: graph.nodes.count)
    // Of norms and activations before the layer that they belong to.
    var leading = Cost()
    for (index, node) in graph.nodes.enumerated() {
      guard let kind = LayerKind(node) else { continue }
      var cost = Cost(node, in: graph)
      if node.role == .leader {
        leading += cost
        continue
      }
      cost += leading
      leading = Cost()
      if node.role == .follower, let row = node.inputs.first.flatMap({ rows[$0.index] }) {
        layers[row].cost += cost
        rows[index] = row
      } else {
        rows[index] = layers.count
        layers.append(
          LayerCost(
            name: node.name, kind: kind, stage: node.stage, output: node.shape, receptiveField: fields[index].extent,
            cost: cost))
      }
    }
    // What a norm or an activation makes of a value is not one more value.
    for index in layers.indices { layers[index].cost.values = layers[index].output.count }
    cost = layers.reduce(Cost()) { $0 + $1.cost }
  }

  /// Of all heads used in training only.
  package var auxiliaryCost: Cost { auxiliary.reduce(Cost()) { $0 + $1.cost } }

  /// Sums over neighbours that have the same name.
  package func sums(of layers: [LayerCost], by name: (LayerCost) -> String) -> [StageCost] {
    var result: [StageCost] = []
    for layer in layers {
      let name = name(layer)
      if result.last?.name != name {
        result.append(StageCost(name: name, output: layer.output, receptiveField: layer.receptiveField))
      }
      let last = result.count - 1
      result[last].output = layer.output
      result[last].receptiveField = layer.receptiveField
      result[last].cost += layer.cost
    }
    return result
  }
}

extension LayerCost {
  /// `conv2_1` of `conv2_1.shortcut`; a layer outside of blocks is its own.
  package var block: String { String(name.prefix { $0 != "." }) }
}

extension LayerKind {
  /// `nil` for the input.
  init?(_ node: Node) {
    guard let kind = node.operation.definition.kind(of: node) else { return nil }
    self = kind
  }
}

extension Cost {
  /// Of a node as lowered.
  init(_ node: Node, in graph: Graph) {
    self = node.operation.definition.cost(graph.shapes(around: node))
  }
}

extension Graph {
  func shapes(around node: Node) -> NodeShapes {
    NodeShapes(inputs: node.inputs.map { self[$0].shape }, output: node.shape)
  }
}
