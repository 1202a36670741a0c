// SPDX-License-Identifier: Apache-2.0
// `bench --per-layer` for people and, with --json, for programs; docs/per-layer.md explains both.

/// Below this share of its bound a layer is marked.
let unfinishedShare = 0.85

extension NetworkProfile {
  /// The table, the stages, and what the machine was found to do.
  func text(_ engine: Engine) -> String {
    let unit = engine.batch == 1 ? "an image" : "a batch of \(engine.batch)"
    // Of float32 alone there is nothing to say.
    let isMixed = engine.precision != .float32
    func ofNumbers(_ text: String) -> [String] { isMixed ? [text] : [] }
    var rows = [
      ["layer", "algorithm"] + ofNumbers("multiplies")
        + ["best ms", "median ms", "share", "GFLOP/s", "bound by", "reached", "", "units", "split"]
    ]
    for layer in layers {
      let reached = layer.reached(machine)
      let flops = layer.work?.flops ?? 0
      let multiplicands = layer.work?.multiplicands.map(\.rawValue) ?? []
      var row = [layer.name, layer.algorithm] + ofNumbers(multiplicands.joined(separator: ", "))
      row += [
        fixed(layer.time.best * 1e3, 4), fixed(layer.time.median * 1e3, 4),
        percent(layer.time.median / sum.median), flops > 0 ? rate(flops, layer.time.best) : "",
        reached?.limit.rawValue ?? "", reached.map { percent($0.share, 0) } ?? "",
        reached.map { $0.share < unfinishedShare } ?? false ? "<" : "",
        layer.split.units > 0 ? "\(layer.split.units)" : "",
        percent(layer.splitEfficiency(engine.threads), 0),
      ]
      rows.append(row)
    }
    rows.append(
      ["all", ""] + ofNumbers("") + [
        fixed(sum.best * 1e3, 4), fixed(sum.median * 1e3, 4), percent(1), rate(flops, sum.best), "", "", "", "",
        percent(split.rows.last?.efficiency ?? 1, 0),
      ])
    var splitRows = [["threads", "speed-up", "efficiency", "part by part"]]
    for row in split.rows.dropLast() {
      splitRows.append([
        "\(row.threads)", fixed(row.speedUp, 2), percent(row.efficiency),
        row.efficiencyByParts.map { percent($0) } ?? "",
      ])
    }
    var stageRows = [["stage", "best ms", "median ms", "share", "GFLOP/s"]]
    for stage in stages {
      stageRows.append([
        stage.name, fixed(stage.time.best * 1e3, 4), fixed(stage.time.median * 1e3, 4),
        percent(stage.time.median / sum.median), stage.flops > 0 ? rate(stage.flops, stage.time.best) : "",
      ])
    }
    return """
      \(engine.description.name), batch \(engine.batch), \(engine.threads) thread(s), \
      \(PackedHeader.kernels(engine.isa, engine.precision)), \(passes) passes

      \(columns(rows, left: isMixed ? [0, 1, 2, 7, 9] : [0, 1, 6, 8]))

      \(columns(stageRows, left: [0]))

      What the split into units allows, by the times of one thread:

      \(columns(splitRows, left: []))

      a call takes     \(fixed(call.best * 1e3, 3)) ms at best, \(fixed(call.median * 1e3, 3)) in the median; \
      the steps' medians make \(percent(sum.median / call.median)) of it
      this machine     \(limitsText)
      arithmetic       \(fixed(flops * 1e-9, 2)) GFLOP \(unit) as the layers are defined, \
      \(fixed(executed * 1e-9, 2)) as computed
      <                below \(percent(unfinishedShare, 0)) of what binds the layer
      """
  }

  private var executed: Double { layers.reduce(0) { $0 + ($1.work?.executed ?? 0) } }

  private var limitsText: String {
    let peaks = Multiplicand.allCases.compactMap { type in
      machine.peaks[type].map { "\(fixed($0 * 1e-9, 0)) \(type.unit)" + (machine.peaks.count > 1 ? " of \(type)" : "") }
    }
    let flops = peaks.joined(separator: ", ")
    guard let memory = machine.memory, let weights = machine.weights, let values = machine.values else { return flops }
    return "\(flops); \(fixed(memory * 1e-9, 1)) GB/s from memory, \(fixed(weights * 1e-9, 1)) from where the weights "
      + "lie, \(fixed(values * 1e-9, 1)) from where the activations do"
  }

  /// One object, a layer or a stage a line.
  func json(_ engine: Engine) -> String {
    func list(_ objects: [String]) -> String { "[\n    " + objects.joined(separator: ",\n    ") + "\n  ]" }
    let stages = stages.map { stage in
      "{\"name\": \"\(stage.name)\", \(times(stage.time)), \"share\": \(decimal(stage.time.median / sum.median)), "
        + "\"flops\": \(decimal(stage.flops))}"
    }
    let splits = split.rows.dropLast().map { row in
      "{\"threads\": \(row.threads), \"speedup\": \(decimal(row.speedUp)), "
        + "\"efficiency\": \(decimal(row.efficiency)), "
        + "\"by_parts\": \(row.efficiencyByParts.map { decimal($0) } ?? "null")}"
    }
    let layers = layers.map { layer in
      let work = layer.work
      let reached = layer.reached(machine)
      return "{\"name\": \"\(layer.name)\", \"stage\": \"\(layer.stage)\", \"algorithm\": \"\(layer.algorithm)\", "
        + "\"multiplies\": [\((work?.multiplicands ?? []).map { "\"\($0)\"" }.joined(separator: ", "))], "
        + "\(times(layer.time)), \"share\": \(decimal(layer.time.median / sum.median)), "
        + "\"flops\": \(decimal(work?.flops ?? 0)), \"executed_flops\": \(decimal(work?.executed ?? 0)), "
        + "\"weight_bytes\": \(decimal(work?.weightBytes ?? 0)), \"value_bytes\": \(decimal(work?.valueBytes ?? 0)), "
        + "\"gflops\": \(decimal(layer.time.best > 0 ? (work?.flops ?? 0) / layer.time.best * 1e-9 : 0)), "
        + "\"bound\": \(reached.map { "\"\($0.limit.rawValue)\"" } ?? "null"), "
        + "\"bound_ms\": \(reached.map { decimal($0.share * layer.time.best * 1e3) } ?? "null"), "
        + "\"reached\": \(reached.map { decimal($0.share) } ?? "null"), \"units\": \(layer.split.units), "
        + "\"alone_ms\": \(decimal(layer.alone * 1e3)), "
        + "\"split\": \(decimal(layer.splitEfficiency(engine.threads)))}"
    }
    return """
      {
        "model": "\(engine.description.name)", "isa": "\(engine.isa)", "threads": \(engine.threads), \
      "batch": \(engine.batch), "precision": "\(engine.precision.rawValue)", "passes": \(passes),
        "machine": {"gflops": \(gigabytes(machine.peaks[.float32])), "peaks": {\(peaks)}, "memory_gbps": \(gigabytes(machine.memory)), \
      "weights_gbps": \(gigabytes(machine.weights)), "values_gbps": \(gigabytes(machine.values))},
        "call": {\(times(call))},
        "steps": {\(times(steps))},
        "sum": {\(times(sum)), "flops": \(decimal(flops)), "executed_flops": \(decimal(executed))},
        "split": {"efficiency": \(decimal(split.rows.last?.efficiency ?? 1)), "threads": \(list(splits))},
        "stages": \(list(stages)),
        "layers": \(list(layers))
      }
      """
  }

  private func times(_ time: TimeSummary) -> String {
    "\"best_ms\": \(decimal(time.best * 1e3)), \"median_ms\": \(decimal(time.median * 1e3))"
  }

  /// Of each type that the network multiplies.
  private var peaks: String {
    Multiplicand.allCases.compactMap { type in
      machine.peaks[type].map { "\"\(type)\": \(decimal($0 * 1e-9))" }
    }.joined(separator: ", ")
  }

  /// 10^9 a second, of bytes or operations.
  private func gigabytes(_ rate: Double?) -> String { rate.map { decimal($0 * 1e-9) } ?? "null" }

  private func rate(_ flops: Double, _ seconds: Double) -> String {
    seconds > 0 ? fixed(flops / seconds * 1e-9, 1) : ""
  }

  private func percent(_ share: Double, _ decimals: Int = 1) -> String { "\(fixed(share * 100, decimals)) %" }

  /// For programs: six decimals at most, no fraction where there is none, `null` for what is no number.
  private func decimal(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "null" }
    if value == value.rounded() { return "\(Int(value))" }
    return fixed(value, 6)
  }
}

/// A number with exactly so many decimals, at most 9.
func fixed(_ value: Double, _ decimals: Int) -> String {
  guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
  let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
  let units = Int((abs(value) * Double(scale)).rounded())
  let sign = value < 0 && units > 0 ? "-" : ""
  guard decimals > 0 else { return "\(sign)\(units)" }
  let fraction = String(units % scale)
  return "\(sign)\(units / scale).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
}

/// Rows of cells as lines, two spaces between columns; numbers stand at the right. Cells may be missing at the end.
func columns(_ rows: [[String]], left: Set<Int>) -> String {
  let count = rows.map(\.count).max() ?? 0
  let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
  return rows.map { row in
    var line = ""
    for (column, cell) in row.enumerated() {
      let space = String(repeating: " ", count: widths[column] - cell.count)
      line += (column == 0 ? "" : "  ") + (left.contains(column) ? cell + space : space + cell)
    }
    while line.last == " " { line.removeLast() }
    return line
  }.joined(separator: "\n")
}
