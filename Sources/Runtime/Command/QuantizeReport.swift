// SPDX-License-Identifier: Apache-2.0
// What `quantize` prints: what was tried, what each layer loses, and whether classes are the same.

/// The classes that two precisions name for the same images.
struct ComparedClasses {
  let float32: [Int]
  let int8: [Int]
  let labels: [Int]?

  /// Images for which they name the same.
  var same: Int { zip(float32, int8).count { $0 == $1 } }

  /// Images whose own class they name.
  var right: (float32: Int, int8: Int)? {
    labels.map { labels in (zip(float32, labels).count { $0 == $1 }, zip(int8, labels).count { $0 == $1 }) }
  }
}

struct QuantizeReport {
  let model: String
  let images: QuantizeImages
  let calibration: Calibration
  /// `--max-loss`
  let allowed: Double?
  var packed: (path: String, summary: PackedSummary)?
  var classes: ComparedClasses?

  private var count: Int { images.paths.count }

  /// The layers that lose most by themselves, as many as would have to lose nothing for the outputs to err as little as
  /// allowed, if errors add up like noise; at least one.
  var worst: [LayerLoss] {
    guard let allowed, calibration.error > allowed else { return [] }
    let losses = calibration.losses.filter { $0.canBeKept && $0.number.isQuantized && $0.ownPart > 0 }
      .sorted { ($1.ownPart, $0.name) < ($0.ownPart, $1.name) }
    let target = (allowed / calibration.error) * (allowed / calibration.error) * losses.reduce(0) { $0 + $1.ownPart }
    var rest = losses.reduce(0) { $0 + $1.ownPart }
    var worst: [LayerLoss] = []
    for loss in losses where worst.isEmpty || rest > target {
      worst.append(loss)
      rest -= loss.ownPart
    }
    return worst
  }

  // MARK: Text

  func text() -> String {
    var parts = [
      "\(model), \(grouped(count)) images: ranges by \(grouped(calibration.chosenBy)) of them, "
        + (calibration.chosenBy == count ? "tried on the same" : "tried on \(grouped(calibration.heldOut)) others")
    ]
    parts.append(
      columns(
        [["ranges", "outputs off by"]]
          + calibration.trials.map { [$0.name + ($0.error == calibration.error ? " *" : ""), percent($0.error)] },
        left: [0]))
    parts.append(
      columns(
        [["layer", "type", "step", "by itself", "as it runs"]]
          + calibration.losses.map { loss in
            [
              loss.name, loss.number.rawValue, loss.number.isQuantized ? "\(loss.scale)" : "", decibelText(loss.own),
              decibelText(loss.total),
            ]
          }, left: [0, 1]))
    if let classes {
      parts.append(
        "float32 and int8 name the same class for \(grouped(classes.same)) of \(grouped(count)) images, "
          + percent(Double(classes.same) / Double(count)))
      if let right = classes.right {
        let (a, b) = (Double(right.float32) / Double(count), Double(right.int8) / Double(count))
        parts.append("accuracy: float32 \(percent(a)), int8 \(percent(b)), \(fixed((b - a) * 100, 2)) points")
      }
    }
    if let allowed, !worst.isEmpty {
      // Those that are kept already stay so.
      let names = (calibration.floatSums + worst.map(\.name)).joined(separator: ",")
      parts.append(
        "The outputs are off by \(percent(calibration.error)), more than the \(percent(allowed)) of --max-loss, and no "
          + "packed file is written. Most is lost by \(listText(worst.map(\.name))): generate the package again with "
          + "'resnetc MODEL --precision float32,int8 --keep-float \(names)', and quantize with that.")
    }
    if let packed {
      parts.append(
        "\(packed.path): \(model) for \(packed.summary.isa), \(packed.summary.precision.rawValue), "
          + "\(packed.summary.bytes) bytes")
    }
    return parts.joined(separator: "\n\n")
  }

  private func percent(_ part: Double) -> String { "\(fixed(part * 100, 2)) %" }

  private func decibelText(_ value: Double) -> String { value.isFinite ? "\(fixed(value, 1)) dB" : "" }

  // MARK: JSON

  func json() -> String {
    var members = [
      "\"model\": \(jsonText(model))", "\"images\": \(count)", "\"chosen_by\": \(calibration.chosenBy)",
      "\"held_out\": \(calibration.heldOut)", "\"method\": \(jsonText(calibration.method.rawValue))",
      "\"error\": \(calibration.error)",
    ]
    members.append(
      list("trials", calibration.trials.map { "{\"name\": \(jsonText($0.name)), \"error\": \($0.error)}" }))
    members.append(
      list(
        "layers",
        calibration.losses.map { loss in
          "{\"name\": \(jsonText(loss.name)), \"type\": \(jsonText(loss.number.rawValue)), \"scale\": \(loss.scale), "
            + "\"own_db\": \(number(loss.own)), \"total_db\": \(number(loss.total))}"
        }))
    if let classes {
      members.append("\"same_class\": \(classes.same)")
      if let right = classes.right {
        members.append("\"right\": {\"float32\": \(right.float32), \"int8\": \(right.int8)}")
      }
    }
    members.append(list("keep_float", worst.isEmpty ? [] : (calibration.floatSums + worst.map(\.name)).map(jsonText)))
    if let packed {
      members.append(
        "\"packed\": {\"path\": \(jsonText(packed.path)), \"isa\": \(jsonText("\(packed.summary.isa)")), "
          + "\"bytes\": \(packed.summary.bytes)}")
    }
    return "{\n  " + members.joined(separator: ",\n  ") + "\n}"
  }

  /// JSON has no infinities.
  private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

  private func list(_ key: String, _ elements: [String]) -> String {
    "\"\(key)\": [" + (elements.isEmpty ? "" : "\n    " + elements.joined(separator: ",\n    ") + "\n  ") + "]"
  }
}
