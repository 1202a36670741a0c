// `resnetc report`: a network with its cost, at any depth. What the formats print are these rows and totals; totals come
// from the network and not from the rows, so they are the same at every depth.
internal import ResNetDSL

/// How far a report goes down.
package enum ReportDepth: String, CaseIterable, Sendable { case network, stage, block, layer }

/// One network and its numbers, ready to be printed.
package struct LayerReport: Sendable {
  package let model: String
  package let cost: CostReport
  /// What only a plan knows.
  let memory: PlannedMemory

  init(model: String, cost: CostReport, memory: PlannedMemory) {
    (self.model, self.cost, self.memory) = (model, cost, memory)
  }

  /// Of a compilation, whatever its targets.
  package init(_ compilation: Compilation, in precision: Precision = .float32) {
    self.init(compilation, compilation.reportPlan(in: precision))
  }

  /// With AVX-512's plan at batch 1.
  init(_ compilation: Compilation, _ plan: Plan) {
    self.init(
      model: compilation.network.name.value, cost: compilation.cost,
      memory: PlannedMemory(
        precision: plan.target.precision, peakBytes: plan.arenaBytes, weightBytes: plan.weightBytes))
  }
}

/// At batch 1 with the widest vectors, AVX-512's.
struct PlannedMemory: Sendable {
  let precision: Precision
  /// Of the arena of activations.
  let peakBytes: Int
  /// Of the packed weights.
  let weightBytes: Int
}

extension Compilation {
  /// The plan that reports take memory from. Of float16 that of kernels that any processor with AVX-512 runs.
  func reportPlan(in precision: Precision = .float32) -> Plan {
    let target = Target.avx512.computing(in: precision).last ?? .avx512
    return makePlan(precision == .int8 ? quantized(fused) : fused, target: target, batch: 1)
  }
}

/// A line of a report.
struct ReportRow {
  /// 0 for the rows of the table, 1 for what stands below them.
  var level: Int
  var stage: String
  var name: String
  /// Empty for a sum.
  var kind: String
  var output: Shape
  var receptiveField: Extent
  var cost: Cost
  /// Whether rows below say the same in detail.
  var isSum = false
}

extension LayerReport {
  /// Every row of the table, and below it its blocks or its layers; rows that are no sums add up to the total.
  func rows(_ depth: ReportDepth) -> [ReportRow] {
    guard depth != .network else { return [] }
    var rows: [ReportRow] = []
    for stage in cost.stages {
      let layers = cost.layers.filter { ($0.stage ?? "") == stage.name }
      var row = ReportRow(
        level: 0, stage: stage.name, name: stage.name, kind: "", output: stage.output,
        receptiveField: stage.receptiveField, cost: stage.cost)
      var details: [ReportRow] = []
      switch depth {
      case .network, .stage: break
      case .block:
        details = cost.blocks(of: stage.name).map {
          ReportRow(
            level: 1, stage: stage.name, name: $0.name, kind: "", output: $0.output,
            receptiveField: $0.receptiveField, cost: $0.cost)
        }
      case .layer:
        details = layers.map {
          ReportRow(
            level: 1, stage: stage.name, name: $0.name, kind: $0.kind.name, output: $0.output,
            receptiveField: $0.receptiveField, cost: $0.cost)
        }
      }
      // A row of one layer, or of one block of its name, is its own sum.
      if let only = details.first, details.count == 1, only.name == stage.name {
        row.kind = only.kind
        details = []
      }
      row.isSum = !details.isEmpty
      rows.append(row)
      rows += details
    }
    return rows
  }
}

extension CostReport {
  fileprivate func blocks(of stage: String) -> [StageCost] {
    sums(of: layers.filter { ($0.stage ?? "") == stage }) { $0.block }
  }
}

extension Cost {
  /// Of the parameters, in single precision.
  var parameterBytes: Int { product(parameters, 4) }
  /// Of the values that layers produce, each kept.
  var valueBytes: Int { product(values, 4) }
}
