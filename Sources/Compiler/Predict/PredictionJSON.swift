// `resnetc predict --format json`. Members are named as in `bench --per-layer --json` where they mean the same, and are
// only ever added; docs/prediction.md describes them.
internal import ResNetDSL

extension Prediction {
  /// One object, a layer a line.
  package var json: String {
    let rows = layers.map { layer in
      "    {\"name\": \(JSON.string(layer.name).text), \"stage\": \(JSON.string(layer.stage).text), "
        + "\"algorithm\": \(JSON.string(layer.algorithm).text), "
        + "\"multiplies\": [\(layer.work.multiplicands.map { "\"\($0)\"" }.joined(separator: ", "))], "
        + "\(members(layer.work)), "
        + "\"bound\": \(layer.bound.limit.map { "\"\($0.rawValue)\"" } ?? "null"), "
        + times(layer.bound.seconds, layer.seconds, layer.measured) + "}"
    }
    return """
      {
        "model": \(JSON.string(model).text), "isa": "\(target.name)", "threads": \(machine.threads), \
      "batch": \(batch), "precision": "\(target.precision.rawValue)",
        "machine": {"gflops": \(decimal(machine.gflops)), "peaks": {\(peakMembers)}, "caches": [\(caches)], \
      "memory_gbps": \(decimal(machine.memoryGbps))},
        "weights_from": "\(weightLevel.name)", "values_from": "\(valueLevel.name)",
        "total": {\(members(work)), \(times(boundSeconds, seconds, measuredSeconds))},
        "layers": [
      \(rows.joined(separator: ",\n"))
        ]
      }

      """
  }

  /// All that the description has.
  private var peakMembers: String {
    Multiplicand.allCases.compactMap { type in machine.peak(type).map { "\"\(type)\": \(decimal($0))" } }
      .joined(separator: ", ")
  }

  private var caches: String {
    [machine.l1, machine.l2, machine.l3].map { "{\"bytes\": \($0.bytes), \"gbps\": \(decimal($0.gbps))}" }
      .joined(separator: ", ")
  }

  private func members(_ work: StepWork) -> String {
    "\"flops\": \(decimal(work.flops)), \"executed_flops\": \(decimal(work.executed)), "
      + "\"issued_flops\": \(decimal(work.issued)), \"weight_bytes\": \(decimal(work.weightBytes)), "
      + "\"value_bytes\": \(decimal(work.valueBytes))"
  }

  private func times(_ bound: Double, _ seconds: Double, _ measured: Double?) -> String {
    let ratio = measured.flatMap { seconds > 0 ? $0 / seconds : nil }
    return "\"bound_ms\": \(decimal(bound * 1e3)), \"predicted_ms\": \(decimal(seconds * 1e3)), \"best_ms\": "
      + "\(measured.map { decimal($0 * 1e3) } ?? "null"), "
      + "\"ratio\": \(ratio.map(decimal) ?? "null")"
  }

  /// Six decimals, no fraction where there is none.
  private func decimal(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : fixedPoint(value, 6)
  }
}
