// `resnetc report` for people: in a terminal, and in Markdown.
internal import ResNetDSL

extension LayerReport {
  /// Aligned columns.
  package func text(_ depth: ReportDepth) -> String {
    """
    \(model)

    \(layerTable(depth).text())
    \(conventionTable.text())
    \(notes)
    """
  }

  /// The same as a section of a document.
  package func markdown(_ depth: ReportDepth) -> String {
    """
    ## \(model)

    \(layerTable(depth).markdown())
    \(conventionTable.markdown())
    \(notes)
    """
  }

  func layerTable(_ depth: ReportDepth) -> TextTable {
    var table = TextTable([.left, .left] + Array(repeating: .right, count: 8))
    table.add(
      "layer", "kind", "output", "sees", "params", "MACs", "FLOPs", "activations", "weight bytes", "value bytes")
    for row in rows(depth) {
      table.add(
        [
          String(repeating: "  ", count: row.level) + row.name, row.kind, row.output.text,
          "\(row.receptiveField.height)x\(row.receptiveField.width)",
        ] + numbers(row.cost))
    }
    table.add(["total", "", "", ""] + numbers(cost.cost))
    return table
  }

  private func numbers(_ cost: Cost) -> [String] {
    [
      cost.parameters, cost.macs, FLOPConvention.doubled.count(cost), cost.activations, cost.parameterBytes,
      cost.valueBytes,
    ].map(grouped)
  }

  private var conventionTable: TextTable {
    var table = TextTable([.left, .right, .left])
    table.add("counted by", "operations", "as")
    for convention in FLOPConvention.allCases {
      table.add(convention.title, grouped(convention.count(cost.cost)), convention.rule)
    }
    return table
  }

  static let conventionNote = "FLOPs are two for each MAC; the paper calls MACs FLOPs."

  private var notes: String {
    """
    \(LayerReport.conventionNote) A value of the output sees a window of the image.
    Activations are the values that convolutions produce; value bytes are of all that layers produce, four each.
    \(memoryNote)
    \(auxiliaryNote)
    """
  }

  /// A line for the heads used in training only, where there are any.
  private var auxiliaryNote: String {
    let heads = cost.auxiliary
    guard !heads.isEmpty else { return "" }
    let total = cost.auxiliaryCost
    return """
      Auxiliary heads: \(heads.map { "\($0.name) from \($0.source)" }.joined(separator: ", ")); \(grouped(total.parameters)) \
      parameters, \(grouped(total.macs)) MACs, in training only and not counted above.

      """
  }

  private var memoryNote: String {
    """
    On AVX-512 at batch 1\(memory.precision == .float32 ? "" : " in \(memory.precision.rawValue)"), activations take \(grouped(memory.peakBytes)) bytes at once (\(binarySize(memory.peakBytes))),
    packed weights \(grouped(memory.weightBytes)) bytes (\(binarySize(memory.weightBytes))).
    """
  }

  /// The totals of several networks, one a line.
  package static func comparison(_ reports: [LayerReport]) -> String { comparisonTable(reports).text() }

  package static func comparisonMarkdown(_ reports: [LayerReport]) -> String {
    "## All\n\n" + comparisonTable(reports).markdown()
  }

  private static func comparisonTable(_ reports: [LayerReport]) -> TextTable {
    var table = TextTable([.left, .right, .right, .right, .right])
    table.add("model", "params", "MACs", "activations", "peak bytes")
    for report in reports {
      table.add(
        report.model, grouped(report.cost.parameters), grouped(report.cost.macs), grouped(report.cost.activations),
        grouped(report.memory.peakBytes))
    }
    return table
  }
}
