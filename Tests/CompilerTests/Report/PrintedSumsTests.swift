// What reports print adds up, read back from the print itself: of every model, in every format, at every depth.

import Foundation
import ResNetDSL
import TestTiers
import Testing

@testable import ResNetCompiler

struct PrintedSumsTests {
  /// The numbers of a printed table: of its rows, and in its last.
  private struct Printed {
    /// Rows below others come right after them.
    var rows: [(level: Int, numbers: [Int])] = []
    var total: [Int]?

    /// `cells`: the row's name with what stands before it, then the cells; the last six are numbers.
    mutating func add(_ name: String, level: Int, _ cells: [String]) {
      let numbers = cells.suffix(6).compactMap { Int($0.replacing(",", with: "")) }
      guard numbers.count == 6 else { return }
      if name == "total" { total = numbers } else { rows.append((level, numbers)) }
    }
  }

  private func text(_ report: LayerReport, _ depth: ReportDepth) -> Printed {
    var printed = Printed()
    // The table of conventions comes after an empty line, and has other numbers.
    for line in report.text(depth).components(separatedBy: "\n\n")[1].split(separator: "\n") {
      let cells = line.split(separator: " ").map(String.init)
      printed.add(cells[0], level: line.hasPrefix(" ") ? 1 : 0, cells)
    }
    return printed
  }

  private func markdown(_ report: LayerReport, _ depth: ReportDepth) -> Printed {
    var printed = Printed()
    for line in report.markdown(depth).components(separatedBy: "\n\n")[1].split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      printed.add(
        cells[0].replacing("*", with: ""), level: cells[0].hasPrefix("&emsp;") ? 1 : 0,
        cells.map { $0.replacing("*", with: "") })
    }
    return printed
  }

  private func html(_ page: String) -> Printed {
    var printed = Printed()
    for row in page.components(separatedBy: "<tr>").dropFirst() where row.contains("</th><td>") {
      let cells = row.components(separatedBy: "</tr>")[0].components(separatedBy: "</t").dropLast().map {
        $0.split(separator: ">").last.map(String.init) ?? ""
      }
      printed.add(
        cells[0], level: row.hasPrefix("<th class=\"inner\">") ? 1 : 0, cells.map { $0.replacing(">", with: "") })
    }
    return printed
  }

  /// Rows that are no sums come to the total, and so do those of the table.
  private func check(_ printed: Printed, _ total: [Int], _ what: String) {
    #expect(printed.total == total, "\(what)")
    func sum(_ rows: some Sequence<(level: Int, numbers: [Int])>) -> [Int] {
      rows.reduce(into: [0, 0, 0, 0, 0, 0]) { sum, row in
        for (i, number) in row.numbers.enumerated() { sum[i] += number }
      }
    }
    guard !printed.rows.isEmpty else { return }
    #expect(sum(printed.rows.filter { $0.level == 0 }) == total, "\(what): rows of the table")
    let details = printed.rows.enumerated().filter { index, row in
      row.level == 1 || index + 1 == printed.rows.count || printed.rows[index + 1].level == 0
    }
    #expect(sum(details.map(\.element)) == total, "\(what): details")
  }

  private struct JSONReport: Decodable {
    struct Row: Decodable {
      let params: Int
      let macs: Int
      let activations: Int
      let value_bytes: Int
    }
    let params: Int
    let macs: Int
    let activations: Int
    let value_bytes: Int
    let stages: [Row]
    let blocks: [Row]
    let layers: [Row]
  }

  @Test func printsAddUp() throws {
    var networks: [Compilation] = []
    for file in try sampledModelFiles() { networks += try modelCompilations(file) }
    networks += try modelCompilations("cifar.rn", n: isSlowRun ? 200 : 20)
    for network in networks {
      let report = LayerReport(network)
      let cost = report.cost
      let total = [
        cost.parameters, cost.macs, 2 * cost.macs, cost.activations, 4 * cost.parameters, 4 * cost.cost.values,
      ]
      for depth in ReportDepth.allCases {
        let texts = [text(report, depth), markdown(report, depth)]
        for printed in texts {
          check(printed, total, "\(report.model), \(depth)")
          #expect(printed.rows.isEmpty == (depth == .network))
        }
        #expect(texts[0].rows.count == texts[1].rows.count)
      }
      let page = html(report.layerTable(.layer).html())
      check(page, total, "\(report.model), html")
      #expect(page.rows.count >= cost.layers.count)
      let json = try JSONDecoder().decode(JSONReport.self, from: Data(report.json.utf8))
      for rows in [json.stages, json.blocks, json.layers] {
        #expect(rows.reduce(0) { $0 + $1.params } == json.params && json.params == total[0], "\(report.model)")
        #expect(rows.reduce(0) { $0 + $1.macs } == json.macs && json.macs == total[1])
        #expect(rows.reduce(0) { $0 + $1.activations } == json.activations && json.activations == total[3])
        #expect(rows.reduce(0) { $0 + $1.value_bytes } == json.value_bytes && json.value_bytes == total[5])
      }
    }
    #expect(networks.count > (isSlowRun && sample == nil ? 50 : 10))
  }
}
