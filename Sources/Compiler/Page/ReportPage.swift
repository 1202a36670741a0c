// `resnetc report --format html`: one page with everything that is known of a network, or of several. A page is a list of
// sections, and a section is a title and markup: what comes new is a function and a line.
internal import ResNetDSL

/// A part of a page.
struct PageSection {
  var title: String
  /// A sentence that says how to read it.
  var note: String
  var html: String
}

/// Networks as a page.
package struct ReportPage: Sendable {
  let subjects: [ReportSubject]

  /// - Parameter machine: What the rooflines stand on.
  package init(_ compilations: [Compilation], on machine: Machine = .reference) {
    subjects = compilations.map { ReportSubject($0, machine) }
  }

  /// What is said of all networks together.
  private var shared: [PageSection] { [totals, operations, drawing] }

  package var html: String {
    let names = subjects.map(\.report.model)
    var body = "<header><h1>\(escapedHTML(names.joined(separator: ", ")))</h1>\n"
    if subjects.count > 1 {
      let links = names.enumerated().map { "<a href=\"#n\($0)\">\(escapedHTML($1))</a>" }
      body += "<nav>\(links.joined(separator: " "))</nav>\n"
    }
    body += "</header>\n" + shared.map { text($0, level: 2) }.joined()
    for (index, subject) in subjects.enumerated() {
      if subjects.count > 1 { body += "<h2 id=\"n\(index)\">\(escapedHTML(subject.report.model))</h2>\n" }
      body += subject.sections.map { text($0, level: subjects.count > 1 ? 3 : 2) }.joined()
    }
    return Page(title: names.joined(separator: ", "), style: reportStyle, body: body).html
  }

  private func text(_ section: PageSection, level: Int) -> String {
    let title = "<h\(level)>\(escapedHTML(section.title))</h\(level)>"
    return "<section>\n\(title)\n<p class=\"quiet\">\(escapedHTML(section.note))</p>\n\(section.html)</section>\n"
  }

  private var totals: PageSection {
    var table = TextTable([.left] + Array(repeating: .right, count: 7))
    table.add("model", "layers", "params", "MACs", "FLOPs", "activations", "peak bytes", "weight bytes")
    for subject in subjects {
      let (report, cost) = (subject.report, subject.report.cost)
      table.add(
        [report.model, "\(subject.drawing.depth)"]
          + [
            cost.parameters, cost.macs, FLOPConvention.doubled.count(cost.cost), cost.activations,
          ].map(grouped)
          + [report.memory.peakBytes, report.memory.weightBytes].map(grouped))
    }
    return PageSection(
      title: "Totals",
      note: """
        \(LayerReport.conventionNote) Peak bytes are what activations take at once on AVX-512 at batch 1, halos and \
        padding included; weight bytes are of the packed weights.
        """,
      html: table.html())
  }

  private var operations: PageSection {
    var table = TextTable([.left] + subjects.map { _ in .right } + [.left])
    table.add(["counted by"] + subjects.map(\.report.model) + ["as"])
    for convention in FLOPConvention.allCases {
      table.add(
        [convention.title] + subjects.map { grouped(convention.count($0.report.cost.cost)) } + [convention.rule])
    }
    return PageSection(
      title: "Operations", note: "What each tool counts as an operation, and what it comes to.", html: table.html())
  }

  private var drawing: PageSection {
    let layout = DrawingLayout(subjects.map { $0.drawing.shown(nil) })
    return PageSection(
      title: "Drawing",
      note: "As Figure 3 of the paper. Dotted shortcuts project or pad; x n at a bracket stands for n equal blocks.",
      html: "<div class=\"scroll tall\">\(layout.embeddedSVG)</div>\n")
  }
}

/// A network, its counts, and where its activations lie.
struct ReportSubject: Sendable {
  let report: LayerReport
  let drawing: Drawing
  /// For AVX-512 at batch 1.
  let plan: Plan
  /// At batch 1.
  let prediction: Prediction

  init(_ compilation: Compilation, _ machine: Machine) {
    let plan = compilation.reportPlan()
    self.plan = plan
    report = LayerReport(compilation, plan)
    drawing = Drawing(compilation)
    prediction = Prediction(
      machine.target == plan.target ? plan : makePlan(compilation.fused, target: machine.target, batch: 1), on: machine)
  }

  /// What is said of each network by itself.
  var sections: [PageSection] {
    [stages, layers, table, memory(plan), roofline(prediction)]
  }

  private var stages: PageSection {
    PageSection(
      title: "Cost by row", note: "Each bar is a share of the largest in its column.", html: report.cost.stageBars)
  }

  private var layers: PageSection {
    PageSection(
      title: "Cost by layer", note: "In order of execution; point at a bar for its layer.", html: report.cost.layerBars)
  }

  private var table: PageSection {
    let rows = report.cost.layers.count
    let isShort = rows <= 40
    return PageSection(
      title: "Layers", note: "Sums of the rows of the table, and their layers.",
      html: """
        <details\(isShort ? " open" : "")><summary>\(grouped(rows)) row\(rows == 1 ? "" : "s")</summary>
        \(report.layerTable(.layer).html())</details>

        """)
  }

  private func memory(_ plan: Plan) -> PageSection {
    let bound = plan.arena.lowerBound * MemoryLayout<Float>.size
    return PageSection(
      title: "Memory over time",
      note: """
        On AVX-512 at batch \(plan.batch), an arena of \(grouped(plan.arenaBytes)) bytes \
        (\(binarySize(plan.arenaBytes))) holds every activation; no placement could do with less than \(grouped(bound)). \
        Places begin at multiples of 64 bytes, which the peak's values do not count. \
        \(plan.peakText.map { "The marked peak: \($0). " } ?? "")Time runs to the right, a step a column, and addresses \
        upwards; point at a rectangle for its layer.
        """,
      html: plan.memoryChart(tints: stageTints(report.cost.layers)))
  }

  private func roofline(_ prediction: Prediction) -> PageSection {
    PageSection(
      title: "Roofline",
      note: """
        What each layer computes a second at best, over what it computes for a byte, on \
        \(prediction.machine == .reference ? "one core of an Ice Lake server" : "the machine given"): under the slopes \
        it waits for bytes, under the flat roof for arithmetic. Batch 1 is to take \(fixedPoint(prediction.seconds * 1e3, 2)) ms there; \
        point at a dot for its layer.
        """,
      html: "<div class=\"scroll roofline\">\(rooflineChart(prediction))</div>\n")
  }
}

private let reportStyle = """
  :root { \(Tint.variables) }
  .roofline { max-width: 60rem; }
  body { max-width: 90rem; margin: 2rem auto; padding: 0 1.5rem; }
  h1 { font-size: 1.7rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); } h3 { margin-top: 2rem; }
  nav a { margin-right: .8rem; color: inherit; }
  .quiet { color: var(--quiet); max-width: 60rem; }
  .tall { max-height: 120rem; text-align: center; }
  .table { max-height: 40rem; }
  tbody:has(.inner) th:not(.inner) { font-weight: 600; }
  summary { cursor: pointer; margin-bottom: .5rem; }
  table { font-size: 13px; }
  th, td { padding: .25rem .8rem; text-align: left; vertical-align: top; white-space: nowrap; }
  thead th { position: sticky; top: 0; background: var(--ground); border-top: none; }
  td:last-child:not(.number) { white-space: normal; min-width: 20rem; }
  .bars td:last-child:not(.number) { white-space: nowrap; min-width: 11rem; }
  .number { text-align: right; font-variant-numeric: tabular-nums; }
  .inner { padding-left: 2rem; }
  .bars td { min-width: 11rem; font-variant-numeric: tabular-nums; }
  .bars td:nth-child(2) { min-width: 0; }
  .bars td div { height: 8px; min-width: 1px; border-radius: 2px; }
  .chart { display: block; margin-bottom: 1rem; font: 12px system-ui, sans-serif; }
  .fine { stroke-width: .4; }
  .chart text { fill: var(--ink); stroke: none; }
  .chart .quiet { fill: var(--quiet); }
  .chart .strong { font-weight: 600; }
  .chart .axis { stroke: var(--line); }
  .chart .peak { fill: none; stroke: light-dark(#c22, #f66); stroke-width: 1.5; }
  \(Tint.rules(".chart", isDark: false))
  \(Tint.rules(".chart.bars", bars: "fill", isDark: false))
  .chart.bars rect { stroke: none; }
  \(Tint.rules("td", bars: "background", isDark: false))
  @media (prefers-color-scheme: dark) {
  \(Tint.rules(".chart", isDark: true))
  \(Tint.rules(".chart.bars", bars: "fill", isDark: true))
  \(Tint.rules("td", bars: "background", isDark: true))
  }
  \(drawingStyle)
  """
