// `resnetc report --format json`: every depth at once. Members are only ever added; docs/report.md describes them.
internal import ResNetDSL

extension LayerReport {
  /// An object, one layer a line, without a newline at the end.
  package var json: String {
    let layers = cost.layers.map { layer in
      object(
        [("name", .string(layer.name)), ("kind", .string(layer.kind.name)), ("stage", .string(layer.stage ?? ""))],
        layer.output, layer.receptiveField, layer.cost)
    }
    let blocks = rows(.block).filter { !$0.isSum }.map { row in
      object([("name", .string(row.name)), ("stage", .string(row.stage))], row.output, row.receptiveField, row.cost)
    }
    let stages = cost.stages.map { stage in
      object([("name", .string(stage.name))], stage.output, stage.receptiveField, stage.cost)
    }
    let heads = cost.auxiliary.map { head in
      JSON.object([
        ("name", .string(head.name)), ("source", .string(head.source)), ("params", .number(head.parameters)),
        ("macs", .number(head.macs)), ("activations", .number(head.activations)),
      ]).text
    }
    let operations = FLOPConvention.allCases.map { ($0.rawValue, JSON.number($0.count(cost.cost))) }
    return """
      {
        "model": \(JSON.string(model).text),
        "params": \(cost.parameters),
        "macs": \(cost.macs),
        "activations": \(cost.activations),
        "value_bytes": \(cost.cost.valueBytes),
        "operations": \(JSON.object(operations).text),
        "precision": "\(memory.precision.rawValue)",
        "peak_bytes": \(memory.peakBytes),
        "weight_bytes": \(memory.weightBytes),
        "isa": \(JSON.string(Target.avx512.name).text),
        "batch": 1,
        "stages": \(list(stages)),
        "blocks": \(list(blocks)),
        "layers": \(list(layers)),
        "auxiliary": \(list(heads))
      }
      """
  }

  /// One object for one network, an array of objects for several.
  package static func json(_ reports: [LayerReport]) -> String {
    guard reports.count != 1 else { return reports[0].json + "\n" }
    return "[\n" + reports.map(\.json).joined(separator: ",\n") + "\n]\n"
  }

  private func object(_ names: [(String, JSON)], _ output: Shape, _ field: Extent, _ cost: Cost) -> String {
    JSON.object(
      names + [
        ("output", output.json), ("params", .number(cost.parameters)), ("macs", .number(cost.macs)),
        ("activations", .number(cost.activations)), ("value_bytes", .number(cost.valueBytes)),
        ("receptive_field", .array([.number(field.height), .number(field.width)])),
      ]
    ).text
  }

  private func list(_ objects: [String]) -> String {
    objects.isEmpty ? "[]" : "[\n    " + objects.joined(separator: ",\n    ") + "\n  ]"
  }
}

extension Shape {
  /// `[C, H, W]`.
  fileprivate var json: JSON { .array([.number(channels), .number(height), .number(width)]) }
}
