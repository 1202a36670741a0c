// `resnetc reproduce --format json`: a cell a line. Members are only ever added; docs/report.md describes them.
internal import ResNetDSL

/// All cells as an object.
package func reproductionJSON(_ cells: [PaperCell]) -> String {
  let lines = cells.map { "    " + $0.json.text }
  return """
    {
      "same": \(cells.count { $0.agrees }),
      "cells": [
    \(lines.joined(separator: ",\n"))
      ]
    }

    """
}

extension PaperCell {
  fileprivate var json: JSON {
    let verdict = agrees ? "same" : isExplained ? "known" : "differs"
    let members: [(String, JSON)] = [
      ("table", .string(table.title)), ("row", .string(row)), ("column", .string(column)),
      ("printed", .string(printed)), ("found", .string(found)), ("verdict", .string(verdict)),
    ]
    return .object(
      members + (exact.map { [("exact", .number($0))] } ?? []) + (note.isEmpty ? [] : [("note", .string(note))]))
  }
}
