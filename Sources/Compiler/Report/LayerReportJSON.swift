// `resnetc report --format json`. Members are only ever added.
internal import ResNetDSL

extension LayerReport {
  /// An object, one layer a line, without a newline at the end.
  package var json: String {
    let layers = cost.layers.map { layer in
      JSON.object([
        ("name", .string(layer.name)), ("kind", .string(layer.kind.rawValue)),
        ("stage", .string(layer.stage ?? "")), ("output", layer.output.json),
        ("params", .number(layer.parameters)), ("macs", .number(layer.macs)),
        ("activations", .number(layer.activations)),
      ]).text
    }
    let stages = cost.stages.map { stage in
      JSON.object([
        ("name", .string(stage.name)), ("output", stage.output.json), ("params", .number(stage.parameters)),
        ("macs", .number(stage.macs)), ("activations", .number(stage.activations)),
      ]).text
    }
    return """
      {
        "model": \(JSON.string(model).text),
        "params": \(cost.parameters),
        "macs": \(cost.macs),
        "activations": \(cost.activations),
        "peak_bytes": \(peakBytes),
        "weight_bytes": \(weightBytes),
        "isa": \(JSON.string(Target.avx512.name).text),
        "batch": 1,
        "stages": \(list(stages)),
        "layers": \(list(layers))
      }
      """
  }

  /// One object for one network, an array of objects for several.
  package static func json(_ reports: [LayerReport]) -> String {
    guard reports.count != 1 else { return reports[0].json + "\n" }
    return "[\n" + reports.map(\.json).joined(separator: ",\n") + "\n]\n"
  }

  private func list(_ objects: [String]) -> String {
    objects.isEmpty ? "[]" : "[\n    " + objects.joined(separator: ",\n    ") + "\n  ]"
  }
}

extension Shape {
  /// `[C, H, W]`.
  fileprivate var json: JSON { .array([.number(channels), .number(height), .number(width)]) }
}
