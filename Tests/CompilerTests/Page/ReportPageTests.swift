// The page of a report: whole, by itself, with the numbers of the report and the places of the plan.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

struct ReportPageTests {
  @Test func everyModelHasAPage() throws {
    for file in try sampledModelFiles() {
      let networks = try modelCompilations(file)
      let page = ReportPage(networks).html
      #expect(markupFaults(page).isEmpty, "\(file): \(markupFaults(page).prefix(3))")
      #expect(page == ReportPage(networks).html)
      for outside in ["<script", "src=", "<link", "url(", "@import"] { #expect(!page.contains(outside), "\(file)") }
      // What stands between two tags, found once: a network of a thousand layers has a page of megabytes.
      let texts = Set(
        page.utf8.split(separator: UInt8(ascii: "<")).compactMap { piece in
          piece.firstIndex(of: UInt8(ascii: ">")).map { String(Substring(piece[piece.index(after: $0)...])) }
        })
      for network in networks {
        for number in [network.cost.parameters, network.cost.macs] { #expect(page.contains(grouped(number))) }
        for layer in network.cost.layers { #expect(texts.contains(layer.name), "\(file)") }
      }
    }
  }

  @Test func deepPagesStayUsable() throws {
    let page = ReportPage(try modelCompilations("cifar.rn", n: 200)).html
    #expect(markupFaults(page).isEmpty && page.utf8.count < 2_000_000)
    #expect(page.contains("<details><summary>1,806 rows") && page.contains(">x 200<"))
  }

  @Test func memoryFollowsThePlan() throws {
    for file in ["resnet18.rn", "resnet50.rn", "vgg19.rn", "cifar.rn", "resnet18a.rn"] {
      let subject = ReportSubject(try modelCompilations(file)[0], .reference)
      let plan = subject.plan
      let live = plan.liveBytes
      #expect(live.count == plan.graph.nodes.count && live.allSatisfy { $0 <= plan.arenaBytes })
      // Values are whole cache lines in the arena.
      let peak = try #require(live.max())
      #expect(peak <= plan.arena.lowerBound * 4 && peak + 64 * 8 >= plan.arena.lowerBound * 4, "\(file)")
      let map = plan.memoryMap()
      let step = try #require(live.firstIndex(of: peak))
      let row = try #require(
        map.split(separator: "\n").first { $0.contains("|") && $0.split(separator: " ").first == "\(step)" })
      #expect(row.hasSuffix(" \(grouped(peak))"), "\(file): \(row)")
      let chart = plan.memoryChart(tints: [:])
      let stored = plan.arena.slots.count { $0.floats > 0 }
      #expect(chart.components(separatedBy: "<rect ").count == stored + 1, "\(file)")
      #expect(chart.contains("\(grouped(peak)) bytes live at step \(step), "))
    }
  }

  @Test func namesAreText() throws {
    let sane = try modelCompilations("resnet18.rn")[0]
    var (network, graph) = (sane.network, sane.lowered)
    network.name.value = DrawingTextTests.hostile
    for index in graph.nodes.indices {
      graph.nodes[index].name = DrawingTextTests.hostile + graph.nodes[index].name
      if let stage = graph.nodes[index].stage { graph.nodes[index].stage = DrawingTextTests.hostile + stage }
    }
    let hostile = Compilation(
      network: network, lowered: graph, fused: runPasses(graph), cost: CostReport(graph), plans: [])
    for page in [
      ReportPage([hostile]).html, ReportPage([hostile, sane]).html, PaperTableView([PaperColumn(hostile)]).html,
    ] {
      #expect(markupFaults(page).isEmpty, "\(markupFaults(page).prefix(3))")
      #expect(!page.contains("<script") && page.contains("&lt;script&gt;"))
    }
  }

  @Test func tablesEscapeAndIndent() {
    var table = TextTable([.left, .right])
    table.add("a", "b")
    table.add("  <i>", "1")
    #expect(
      table.html().contains(
        "<tr><th>a</th><th class=\"number\">b</th></tr>\n</thead>\n<tbody>\n"
          + "<tr><th class=\"inner\">&lt;i&gt;</th><td class=\"number\">1</td></tr>\n"))
    #expect([0, 1.25, 3, 0.04, 99.96].map(tenths) == ["0", "1.3", "3", "0", "100"])
  }
}
