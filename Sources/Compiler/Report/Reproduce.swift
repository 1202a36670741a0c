// `resnetc reproduce`: what the paper prints in Table 1 and in the parameter column of Table 6, cell by cell beside what
// the networks come to. Cells that differ say why; docs/paper-numbers.md has the reasoning.
package import ResNetDSL

/// One printed number, size or block.
package struct PaperCell: Hashable, Sendable {
  package var table: PaperTable
  package var row: String
  package var column: String
  package var printed: String
  /// In the same words, and for numbers rounded to as many digits.
  package var found: String
  /// All digits of a number that `found` rounds.
  package var exact: Int?
  /// Under which reading of the paper, or why the two differ.
  package var note: String = ""

  package var agrees: Bool { printed == found }
  /// Cells that are known to differ say so; any other difference is a fault of the model files, or of resnetc.
  package var isExplained: Bool { agrees || isKnown }
  var isKnown = false
}

/// A table of the paper, or some rows of one, and the file of `models/` that has their networks.
package enum PaperTable: CaseIterable, Sendable {
  case table1, fitNet, highway, table6

  var title: String { self == .table1 ? "Table 1" : "Table 6" }

  package var file: String {
    switch self {
    case .table1: "table1.rn"
    case .fitNet: "fitnet19.rn"
    case .highway: "highway19.rn"
    case .table6: "cifar.rn"
    }
  }

  /// Its cells in the order of the page; `nil` if `sink` then holds an error.
  package func cells(_ source: SourceFile, _ sink: inout Diagnostics) -> [PaperCell]? {
    switch self {
    case .table1: table1Cells(source, &sink)
    case .fitNet: otherCell("FitNet 19", "2.5", source, &sink).map { [$0] }
    case .highway: otherCell("Highway 19", "2.3", source, &sink).map { [$0] }
    case .table6: table6Cells(source, &sink)
    }
  }
}

private struct PrintedNetwork {
  var column: String
  /// conv2_x to conv5_x.
  var blocks: [String]
  var flops: String
}

private let table1: [PrintedNetwork] = [
  basic("18", [2, 2, 2, 2], "1.8"), basic("34", [3, 4, 6, 3], "3.6"), bottleneck("50", [3, 4, 6, 3], "3.8"),
  bottleneck("101", [3, 4, 23, 3], "7.6"), bottleneck("152", [3, 8, 36, 3], "11.3"),
]

private func basic(_ column: String, _ repeats: [Int], _ flops: String) -> PrintedNetwork {
  let blocks = zip([64, 128, 256, 512], repeats).map { "[3x3, \($0); 3x3, \($0)] x \($1)" }
  return PrintedNetwork(column: column, blocks: blocks, flops: flops)
}

private func bottleneck(_ column: String, _ repeats: [Int], _ flops: String) -> PrintedNetwork {
  let blocks = zip([64, 128, 256, 512], repeats).map { "[1x1, \($0); 3x3, \($0); 1x1, \(4 * $0)] x \($1)" }
  return PrintedNetwork(column: column, blocks: blocks, flops: flops)
}

/// Rows that all columns share, in this notation, with the sizes of the first column.
private let table1Rows = [
  ("conv1", "112x112", "7x7, 64, stride 2"), ("pool1", "56x56", "3x3 max pool, stride 2"), ("conv2_x", "56x56", nil),
  ("conv3_x", "28x28", nil), ("conv4_x", "14x14", nil), ("conv5_x", "7x7", nil),
  ("head", "1x1", "average pool, 1000-d fc, softmax"),
]

private func table1Cells(_ source: SourceFile, _ sink: inout Diagnostics) -> [PaperCell]? {
  var cells: [PaperCell] = []
  for printed in table1 {
    guard let network = network(source, Selection(variant: printed.column), &sink),
      let graph = lower(network, &sink)
    else { return nil }
    let cost = CostReport(graph)
    var blocks = printed.blocks[...]
    for (row, size, layers) in table1Rows {
      let stage = network.stages.first { $0.name.value == row }
      let output = cost.stages.first { $0.name == row }?.output.sizeText
      cells.append(
        PaperCell(
          table: .table1, row: row, column: printed.column, printed: size + " " + (layers ?? blocks.removeFirst()),
          found: "\(output ?? "no such row") \(stage.map(network.tableText) ?? "")"))
    }
    // Later implementations moved the stride to the 3x3 layer; the numbers are those of the paper's own networks.
    var own = network
    own.strideOn = .first
    var note = printed.blocks[0].contains("1x1") ? "stride on the first 1x1, as in the paper's own networks" : ""
    if printed.column == "34" {
      own.shortcut.value = .identityZeroPadded(.end)
      note = "with option A's shortcuts; with option B's it is \(digits(cost.macs, unit: 9)), which rounds to 3.7"
    }
    if printed.column == "50" {
      note += ". Without conv2_1's projection it were 3.807, but then 101 layers came to 7.5 and not to 7.6 as printed"
    }
    guard let graph = lower(own, &sink) else { return nil }
    let macs = CostReport(graph).macs
    cells.append(
      PaperCell(
        table: .table1, row: "FLOPs", column: printed.column, printed: printed.flops + "e9",
        found: rounded(macs, unit: 9, decimals: 1) + "e9", exact: macs, note: note,
        isKnown: printed.column == "50" && macs == 3_857_973_248))
  }
  return cells
}

private func table6Cells(_ source: SourceFile, _ sink: inout Diagnostics) -> [PaperCell]? {
  var cells: [PaperCell] = []
  for (n, printed) in [(3, "0.27"), (5, "0.46"), (7, "0.66"), (9, "0.85"), (18, "1.7"), (200, "19.4")] {
    let selection = Selection(parameters: [Selection.Setting(name: "n", value: n)])
    guard let network = network(source, selection, &sink), let graph = lower(network, &sink) else { return nil }
    cells.append(parameterCell(.table6, "\(6 * n + 2)", printed, CostReport(graph).parameters))
  }
  return cells
}

/// The networks of others whose size Table 6 prints, and whose definitions were published: not the highway network of 32
/// layers.
private func otherCell(
  _ column: String, _ printed: String, _ source: SourceFile, _ sink: inout Diagnostics
) -> PaperCell? {
  guard let network = network(source, Selection(), &sink), let graph = lower(network, &sink) else { return nil }
  var cell = parameterCell(.table6, column, printed, CostReport(graph).parameters)
  if cell.exact == 2_742_102 {
    cell.isKnown = true
    cell.note = "with the five pieces of each unit of fc1, as its authors define it; with one piece each it were 2.484"
  }
  return cell
}

private func parameterCell(_ table: PaperTable, _ column: String, _ printed: String, _ parameters: Int) -> PaperCell {
  let decimals = printed.reversed().prefix { $0 != "." }.count
  return PaperCell(
    table: table, row: "# params", column: column, printed: printed + "M",
    found: rounded(parameters, unit: 6, decimals: decimals) + "M", exact: parameters)
}

private func network(_ source: SourceFile, _ selection: Selection, _ sink: inout Diagnostics) -> Network? {
  guard let model = parse(source, &sink) else { return nil }
  return resolve(model, selection, &sink)
}

/// `3.858`: in units of 10^`unit`, to a thousandth.
private func digits(_ number: Int, unit: Int) -> String { rounded(number, unit: unit, decimals: 3) }

/// To so many decimals of 10^`unit`, halves up.
private func rounded(_ number: Int, unit: Int, decimals: Int) -> String {
  func power(_ exponent: Int) -> Int { (0..<exponent).reduce(1) { product, _ in product * 10 } }
  let step = power(unit - decimals)
  let steps = (number + step / 2) / step
  let fraction = String(steps % power(decimals))
  return "\(steps / power(decimals))." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

/// All cells as a table, then what the notes say.
package func reproduction(_ cells: [PaperCell], markdown: Bool) -> String {
  var table = TextTable([.left, .left, .right, .left, .left, .right, .left])
  table.add("table", "row", "column", "printed", "found", "exactly", "")
  var notes: [String] = []
  for cell in cells {
    var mark = cell.agrees ? "same" : cell.isExplained ? "differs, as known" : "DIFFERS"
    if !cell.note.isEmpty {
      if !notes.contains(cell.note) { notes.append(cell.note) }
      mark += " (\((notes.firstIndex(of: cell.note) ?? 0) + 1))"
    }
    table.add(cell.table.title, cell.row, cell.column, cell.printed, cell.found, cell.exact.map(grouped) ?? "", mark)
  }
  let same = cells.count { $0.agrees }
  let lines = notes.enumerated().map { "(\($0 + 1)) \($1).\n" }.joined(separator: markdown ? "\n" : "")
  return """
    \(markdown ? table.markdown() : table.text())
    \(lines)
    \(same) of \(cells.count) cells as printed.

    """
}
