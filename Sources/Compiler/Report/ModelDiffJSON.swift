// `resnetc diff --format json`: both sides, row by row; differences are for the reader to take. Members are only ever
// added; docs/report.md describes them.
internal import ResNetDSL

extension ModelDiff {
  package var json: String {
    let settings = zip(old.settings, new.settings).map { before, after in
      JSON.object([("name", .string(before.name)), ("old", .string(before.value)), ("new", .string(after.value))])
    }
    let rows = names.map { name in
      var members: [(String, JSON)] = [("name", .string(name)), ("change", .string(change(name).rawValue))]
      // A side without the row has no member.
      if let side = old.json(name) { members.append(("old", side)) }
      if let side = new.json(name) { members.append(("new", side)) }
      return JSON.object(members)
    }
    return """
      {
        "change": "\((isEmpty ? RowChange.same : .changed).rawValue)",
        "old": \(old.totals.text),
        "new": \(new.totals.text),
        "settings": [
          \(settings.map(\.text).joined(separator: ",\n    "))
        ],
        "rows": [
          \(rows.map(\.text).joined(separator: ",\n    "))
        ]
      }

      """
  }
}

extension DiffSide {
  fileprivate var totals: JSON {
    .object(
      [("model", .string(report.model))] + report.cost.cost.json
        + [
          ("peak_bytes", .number(report.memory.peakBytes)),
          ("weight_bytes", .number(report.memory.weightBytes)),
        ])
  }

  fileprivate func json(_ row: String) -> JSON? {
    text(row).map { .object([("text", .string($0))] + (cost(row) ?? Cost()).json) }
  }
}

extension Cost {
  fileprivate var json: [(String, JSON)] {
    [("params", .number(parameters)), ("macs", .number(macs)), ("activations", .number(activations))]
  }
}
