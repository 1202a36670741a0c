// `resnetc table`: networks side by side, as Table 1 of the paper prints them: a column for each network, a row for each
// row of the table, a residual block as a bracket of lines with its repeats at one of them.
internal import ResNetDSL

/// One network, as a column.
package struct PaperColumn: Sendable {
  let title: String
  let rows: [Row]
  let cost: CostReport

  struct Row: Sendable {
    var name: String
    var size: String
    var lines: [String]
  }

  package init(_ compilation: Compilation) {
    title = compilation.network.name.value
    cost = compilation.cost
    let stages = compilation.cost.stages
    let usual = compilation.network.usualAttributes
    let heads = cost.auxiliary
    rows = (compilation.network.stages + compilation.network.auxiliary).map { stage in
      let name = stage.name.value
      let output = stages.first { $0.name == name }?.output ?? heads.first { $0.name == name }?.layers.last?.output
      let isHead = heads.contains { $0.name == name }
      return Row(
        name: name, size: (output?.sizeText ?? "") + (isHead ? ", in training" : ""),
        lines: stage.sourceText + stage.items.flatMap { $0.bracketed(usual) })
    }
  }

  func row(_ name: String) -> Row? { rows.first { $0.name == name } }
}

extension Item {
  /// A layer on a line; a block as `[1x1, 64 ]`, `[3x3, 64 ] x 3`, `[1x1, 256]`.
  fileprivate func bracketed(_ usual: UsualAttributes) -> [String] {
    guard case .block(let block) = self else { return [tableText(usual)] }
    let layers = block.layerTexts(usual)
    let width = layers.map(\.count).max() ?? 0
    let (open, close) = block.kind == .residual ? ("[", "]") : ("(", ")")
    let times = block.repeatText
    return layers.enumerated().map { index, text in
      // As long as the line with the repeats, so that brackets stay below each other in a cell that is centred.
      let rest = index == layers.count / 2 ? times : String(repeating: " ", count: times.count)
      return open + text + String(repeating: " ", count: width - text.count) + close + rest
    }
  }
}

/// Columns side by side.
package struct PaperTableView: Sendable {
  let columns: [PaperColumn]

  package init(_ columns: [PaperColumn]) { self.columns = columns }

  /// A row of the page: its head, and the lines of each column's cell; one cell if all columns have the same.
  private struct Row {
    var head: [String]
    var cells: [[String]]
  }

  private var rows: [Row] {
    let names = columns.map { $0.rows.map(\.name) }.reduce([], merged)
    let layers = names.map { name in
      let found = columns.map { $0.row(name) }
      let sizes = found.compactMap { $0?.size }
      // Sizes stand once if they agree, as in the paper, and else in the cells.
      let isShared = Set(sizes).count == 1
      let cells = found.map { row in (isShared || row == nil ? [] : [row?.size ?? ""]) + (row?.lines ?? []) }
      return Row(
        head: [name, isShared ? sizes[0] : ""],
        cells: columns.count > 1 && Set(cells).count == 1 ? [cells[0]] : cells)
    }
    return layers + [
      Row(head: ["params", ""], cells: columns.map { [grouped($0.cost.parameters)] }),
      Row(head: ["FLOPs (MACs)", ""], cells: columns.map { [scaled($0.cost.macs)] }),
    ]
      + (columns.allSatisfy(\.cost.auxiliary.isEmpty)
        ? []
        : [
          Row(
            head: ["params", "in training only"],
            cells: columns.map { [$0.cost.auxiliary.isEmpty ? "" : grouped($0.cost.auxiliaryCost.parameters)] })
        ])
  }

  private var head: [String] { ["layer name", "output size"] + columns.map(\.title) }

  package var text: String {
    var table = TextTable(head.map { _ in .left })
    table.add(head)
    for row in rows {
      for line in 0..<max(1, row.cells.map(\.count).max() ?? 0) {
        table.add((line == 0 ? row.head : ["", ""]) + row.cells.map { line < $0.count ? $0[line] : "" })
      }
    }
    return table.text()
  }

  package var markdown: String {
    var table = TextTable(head.map { _ in .left })
    table.add(head)
    for row in rows {
      // Markdown has no cell over several columns.
      let cells = row.cells.count == 1 ? columns.map { _ in row.cells[0] } : row.cells
      table.add(row.head + cells.map { $0.joined(separator: "\n") })
    }
    return table.markdown()
  }

  /// A page by itself, light or dark as the reader's system is.
  package var html: String {
    func cells(_ tag: String, _ lines: [[String]], span: Int = 1) -> String {
      lines.map { lines in
        let attributes = span > 1 ? " colspan=\"\(span)\"" : ""
        return "<\(tag)\(attributes)>\(lines.map(escapedHTML).joined(separator: "<br>"))</\(tag)>"
      }.joined()
    }
    let body = rows.map { row in
      let span = row.cells.count == 1 ? columns.count : 1
      return "<tr>" + cells("th", row.head.map { [$0] }) + cells("td", row.cells, span: span) + "</tr>"
    }
    let table = """
      <div class="scroll"><table class="paper">
      <thead><tr>\(cells("th", head.map { [$0] }))</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody>
      </table></div>

      """
    return Page(title: columns.map(\.title).joined(separator: ", "), style: paperTableStyle, body: table).html
  }
}

private let paperTableStyle = """
  .paper { border-block: 2px solid var(--line); }
  .paper th, .paper td { padding: .4rem .9rem; text-align: center; white-space: pre; }
  .paper td { font-family: ui-monospace, monospace; border-left: 1px solid var(--line); }
  .paper tbody th { text-align: left; }

  """

/// Names of both lists: those of `new` in their order, the others of `old` after what they followed.
func merged(_ old: [String], _ new: [String]) -> [String] {
  var names = new
  var after = 0
  for name in old {
    if let index = names.firstIndex(of: name) {
      after = index + 1
    } else {
      names.insert(name, at: after)
      after += 1
    }
  }
  return names
}
