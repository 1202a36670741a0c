// `resnetc report`: every layer with its cost, the sums of each row of the table, and the whole.
internal import ResNetDSL

/// One network and its numbers, ready to be printed.
package struct LayerReport: Sendable {
  package let model: String
  package let cost: CostReport
  /// Bytes of the arena of activations at batch 1 with the widest vectors, AVX-512's.
  package let peakBytes: Int
  /// The same for the packed weights.
  package let weightBytes: Int

  /// Of a compilation whose first plan is AVX-512's at batch 1.
  package init(_ compilation: Compilation) {
    model = compilation.network.name.value
    cost = compilation.cost
    let plan = makePlan(compilation.fused, target: .avx512, batch: 1)
    peakBytes = plan.arenaBytes
    weightBytes = plan.weightBytes
  }

  /// A table for people.
  package var text: String {
    var table = TextTable([.left, .left, .right, .right, .right, .right])
    table.add("layer", "kind", "output", "params", "MACs", "activations")
    var rest = cost.layers[...]
    for stage in cost.stages {
      let layers = rest.prefix { ($0.stage ?? "") == stage.name }
      rest = rest.dropFirst(layers.count)
      // A row of one layer is its own sum.
      if layers.count != 1 || layers.first?.name != stage.name {
        table.add(
          stage.name, "", stage.output.text, grouped(stage.parameters), grouped(stage.macs), grouped(stage.activations))
      }
      for layer in layers {
        table.add(
          layers.count == 1 && layer.name == stage.name ? layer.name : "  " + layer.name, layer.kind.rawValue,
          layer.output.text, grouped(layer.parameters), grouped(layer.macs), grouped(layer.activations))
      }
    }
    table.add("total", "", "", grouped(cost.parameters), grouped(cost.macs), grouped(cost.activations))
    return """
      \(model)

      \(table.text())
      MACs are multiply-adds of convolutions and fully connected layers: what the paper calls FLOPs.
      Counted as two operations each they are \(grouped(2 * cost.macs)) (\(scaled(2 * cost.macs))FLOPs).
      Activations are the values that convolutions produce.
      On AVX-512 at batch 1, activations take \(grouped(peakBytes)) bytes (\(binarySize(peakBytes))),
      weights \(grouped(weightBytes)) bytes (\(binarySize(weightBytes))).

      """
  }

  /// The totals of several networks, one a line.
  package static func comparison(_ reports: [LayerReport]) -> String {
    var table = TextTable([.left, .right, .right, .right, .right])
    table.add("model", "params", "MACs", "activations", "peak bytes")
    for report in reports {
      table.add(
        report.model, grouped(report.cost.parameters), grouped(report.cost.macs), grouped(report.cost.activations),
        grouped(report.peakBytes))
    }
    return table.text()
  }
}
