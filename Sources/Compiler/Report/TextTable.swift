// Columns of text, as wide as what stands in them.

/// Rows of cells that are printed in aligned columns.
package struct TextTable {
  package enum Alignment { case left, right }

  private let alignments: [Alignment]
  private var rows: [[String]] = []

  package init(_ alignments: [Alignment]) { self.alignments = alignments }

  /// Adds a row; cells that are missing are empty.
  package mutating func add(_ cells: String...) { add(cells) }

  package mutating func add(_ cells: [String]) {
    rows.append(cells + Array(repeating: "", count: max(0, alignments.count - cells.count)))
  }

  /// One line a row, two spaces between columns, none at the end of a line.
  package func text(indent: Int = 0) -> String {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = String(repeating: " ", count: indent)
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += (column == 0 ? "" : "  ") + (alignments[column] == .left ? cell + padding : padding + cell)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  /// The first row as the head of a Markdown table; two spaces before a cell become an em space, which stays.
  package func markdown() -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    func shown(_ cell: String) -> String {
      let indent = cell.prefix { $0 == " " }.count
      return String(repeating: "&emsp;", count: indent / 2)
        + cell.dropFirst(indent).map { $0 == "\n" ? "<br>" : "|<>*_`[]\\".contains($0) ? "\\\($0)" : String($0) }
        .joined()
    }
    let rule = alignments.map { $0 == .left ? "---" : "--:" }
    return rows.prefix(1).map { line($0.map(shown)) + line(rule) }.joined()
      + rows.dropFirst().map { line($0.map(shown)) }.joined()
  }

  /// The first row as the head of an HTML table, the first cell of each row as its own; two spaces before one become an
  /// indent.
  func html() -> String {
    func line(_ cells: [String], _ tag: String) -> String {
      let cells = zip(cells, alignments).enumerated().map { column, cell in
        let tag = column == 0 ? "th" : tag
        let name = cell.1 == .right ? " class=\"number\"" : cell.0.hasPrefix("  ") ? " class=\"inner\"" : ""
        return "<\(tag)\(name)>\(escapedHTML(String(cell.0.drop { $0 == " " })))</\(tag)>"
      }
      return "<tr>\(cells.joined())</tr>\n"
    }
    return """
      <div class="scroll table"><table>
      <thead>\(rows.prefix(1).map { line($0, "th") }.joined())</thead>
      <tbody>
      \(rows.dropFirst().map { line($0, "td") }.joined())</tbody>
      </table></div>

      """
  }
}
