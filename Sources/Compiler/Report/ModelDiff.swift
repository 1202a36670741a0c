// `resnetc diff`: two networks stage by stage, and what the difference costs.
internal import ResNetDSL

/// One side of a comparison.
package struct DiffSide: Sendable {
  let report: LayerReport
  /// Settings of the head of the file, by name.
  let settings: [(name: String, value: String)]
  /// The rows as Table 1 prints them.
  let rows: [(name: String, text: String)]
  /// What each row computes, whatever it is called.
  private let work: [String: [Node]]
  let costs: [StageCost]

  package init(_ compilation: Compilation) {
    report = LayerReport(compilation)
    let network = compilation.network
    let input = network.input.value
    settings = [
      ("input", "\(input.channels) x \(input.height) x \(input.width)"),
      ("shortcut", network.shortcut.value.line + (network.projectionPools ? ", average pool" : "")),
      ("stride", network.strideOn?.text ?? "not said"),
      ("norm", network.commonNorm.map { "\($0.word), eps \($0.epsilon)" } ?? "none"),
      ("weights", network.commonStandardization.map { "standardized, eps \($0)" } ?? "plain"),
      ("preprocess", network.preprocess.text), ("labels", network.labels?.value ?? "none"),
      ("output", network.outputs.isEmpty ? "the last row" : network.outputs.map(\.value).joined(separator: ", ")),
    ]
    rows =
      network.stages.map { ($0.name.value, network.tableText($0)) }
      + network.auxiliary.map { ($0.name.value, "aux " + network.tableText($0)) }
    let graphs = [compilation.lowered] + compilation.lowered.auxiliary.map(\.graph)
    work = Dictionary(grouping: graphs.flatMap(\.nodes)) { $0.stage ?? "" }
    let cost = report.cost
    costs = cost.stages + cost.auxiliary.flatMap { cost.sums(of: $0.layers) { $0.stage ?? "" } }
  }

  func text(_ row: String) -> String? { rows.first { $0.name == row }?.text }
  func cost(_ row: String) -> Cost? { costs.first { $0.name == row }?.cost }

  /// Whether a row computes the same in both: a layer's size may follow from another row, and its text not say it.
  func agrees(with other: DiffSide, in row: String) -> Bool {
    let (a, b) = (work[row] ?? [], other.work[row] ?? [])
    return a.count == b.count
      && zip(a, b).allSatisfy { $0.shape == $1.shape && $0.work == $1.work }
  }
}

/// What changed from one network to another.
package struct ModelDiff: Sendable {
  package let old: DiffSide
  package let new: DiffSide

  package init(_ old: DiffSide, _ new: DiffSide) { (self.old, self.new) = (old, new) }

  /// Rows of both, those of the new one where it has them, the others where they stood.
  var names: [String] { merged(old.rows.map(\.name), new.rows.map(\.name)) }

  package var isEmpty: Bool {
    zip(old.settings, new.settings).allSatisfy { $0.value == $1.value }
      && old.rows.map(\.name) == new.rows.map(\.name) && names.allSatisfy { change($0) == .same }
  }

  /// What became of a row.
  enum RowChange: String {
    case same, changed, added, removed

    fileprivate var mark: String {
      switch self {
      case .same: ""
      case .changed: "~"
      case .added: "+"
      case .removed: "-"
      }
    }
  }

  func change(_ name: String) -> RowChange {
    let (from, to) = (old.text(name), new.text(name))
    if from == nil { return .added }
    if to == nil { return .removed }
    return from == to && old.cost(name) == new.cost(name) && old.agrees(with: new, in: name) ? .same : .changed
  }

  package var text: String {
    var settings = ""
    for (before, after) in zip(old.settings, new.settings) where before.value != after.value {
      settings += "\(before.name): \(before.value) -> \(after.value)\n"
    }
    var table = TextTable([.left, .left, .left, .left, .right, .right, .right])
    table.add("", "row", old.report.model, new.report.model, "params", "MACs", "activations")
    for name in names {
      let change = change(name)
      table.add(
        [change.mark, name, old.text(name) ?? "", change == .same ? "same" : new.text(name) ?? ""]
          + changes(old.cost(name), new.cost(name)))
    }
    let (before, after) = (old.report.cost.cost, new.report.cost.cost)
    table.add(["", "total", "", ""] + changes(before, after))
    let (aside, asideAfter) = (old.report.cost.auxiliaryCost, new.report.cost.auxiliaryCost)
    var totals = TextTable([.left, .right, .right, .right, .right])
    totals.add("", old.report.model, new.report.model, "change", "")
    var sums = [
      ("params", before.parameters, after.parameters), ("MACs", before.macs, after.macs),
      ("activations", before.activations, after.activations),
    ]
    if aside != asideAfter || aside.parameters > 0 {
      sums.append(("params, in training only", aside.parameters, asideAfter.parameters))
    }
    for (name, a, b) in sums {
      totals.add(name, grouped(a), grouped(b), signed(b - a), percent(a, b))
    }
    for (name, bytes) in [
      ("peak bytes of activations", \PlannedMemory.peakBytes), ("packed weight bytes", \.weightBytes),
    ] {
      let (a, b) = (old.report.memory[keyPath: bytes], new.report.memory[keyPath: bytes])
      totals.add(name, grouped(a), grouped(b), signed(b - a), percent(a, b))
    }
    return """
      \(old.report.model) -> \(new.report.model)\(isEmpty ? ": no difference" : "")
      \(settings)
      \(table.text())
      \(totals.text())
      """
  }

  private func changes(_ before: Cost?, _ after: Cost?) -> [String] {
    let (a, b) = (before ?? Cost(), after ?? Cost())
    return [b.parameters - a.parameters, b.macs - a.macs, b.activations - a.activations].map(signed)
  }

  private func signed(_ number: Int) -> String { number == 0 ? "0" : (number > 0 ? "+" : "") + grouped(number) }

  /// `+84.3 %`.
  private func percent(_ a: Int, _ b: Int) -> String {
    guard a > 0, a != b else { return "" }
    let tenths = Int((1000 * (Double(b) - Double(a)) / Double(a)).rounded())
    return (tenths < 0 ? "-" : "+") + "\(abs(tenths) / 10).\(abs(tenths) % 10) %"
  }
}

extension ShortcutOption {
  /// As the header has it.
  fileprivate var line: String {
    switch self {
    case .identityZeroPadded(let padding): "A" + (padding.map { ", pad \($0)" } ?? "")
    default: word
    }
  }
}

extension StridePlacement {
  fileprivate var text: String {
    switch self {
    case .first: "on first"
    case .on3x3: "on 3x3"
    }
  }
}

extension Node {
  /// What it computes, whatever its tensors are called.
  fileprivate var work: String {
    let (name, details) = operation.definition.unnamed().dump
    return ([name] + details).joined(separator: " ")
  }
}
