// What costs how much, as bars: for each row of the table a line with a bar beside each number, for each layer a column.

/// A cost that is drawn.
enum BarMetric: String, CaseIterable {
  case macs = "MACs"
  case parameters = "params"
  case valueBytes = "value bytes"

  func of(_ cost: Cost) -> Int {
    switch self {
    case .macs: cost.macs
    case .parameters: cost.parameters
    case .valueBytes: cost.valueBytes
    }
  }
}

extension CostReport {
  /// The rows of the table, a bar for each cost, as long as its share of the largest.
  var stageBars: String {
    let tints = stageTints(layers)
    let most = BarMetric.allCases.map { metric in max(1, stages.map { metric.of($0.cost) }.max() ?? 0) }
    let lines = stages.map { stage in
      let cells = zip(BarMetric.allCases, most).map { metric, most in
        let number = metric.of(stage.cost)
        let width = tenths(100 * Double(number) / Double(most))
        let bar = "<div class=\"\(Tint.name(tints[stage.name]))\" style=\"width:\(width)%\"></div>"
        return "<td>\(grouped(number))\(number == 0 ? "" : bar)</td>"
      }
      return "<tr><th>\(escapedHTML(stage.name))</th><td>\(stage.output.text)</td>\(cells.joined())</tr>\n"
    }
    let heads = BarMetric.allCases.map { "<th>\($0.rawValue)</th>" }.joined()
    return """
      <div class="scroll"><table class="bars">
      <thead><tr><th>row</th><th>output</th>\(heads)</tr></thead>
      <tbody>
      \(lines.joined())</tbody>
      </table></div>

      """
  }

  /// A chart for each cost, a column for each layer.
  var layerBars: String { "<div class=\"scroll\">\n" + BarMetric.allCases.map(layerBars).joined() + "</div>\n" }

  private func layerBars(_ metric: BarMetric) -> String {
    let tints = stageTints(layers)
    let most = layers.map { metric.of($0.cost) }.max() ?? 0
    let (height, top) = (110, 22)
    let pitch = min(24, max(1, 1100 / max(1, layers.count)))
    let axis = StageAxis(layers.map { $0.stage ?? "" }, pitch: pitch, y: top + height)
    var bars = ""
    for (index, layer) in layers.enumerated() {
      let number = metric.of(layer.cost)
      guard number > 0 else { continue }
      let tall = max(0.5, Double(height) * Double(number) / Double(max(1, most)))
      bars += "<rect class=\"\(Tint.name(layer.stage.flatMap { tints[$0] }))\" x=\"\(index * pitch)\" "
      bars += "y=\"\(tenths(Double(top + height) - tall))\" width=\"\(max(1, pitch - 1))\" height=\"\(tenths(tall))\">"
      bars += "<title>\(escapedHTML(layer.name)): \(grouped(number)) \(metric.rawValue)</title></rect>\n"
    }
    return """
      <svg class="chart bars" role="img" width="\(axis.width)" height="\(top + height + StageAxis.height)">
      <title>\(metric.rawValue) of each layer</title>
      <text x="0" y="14">\(metric.rawValue), at most \(grouped(most)) a layer</text>
      \(bars)\(axis.svg)</svg>

      """
  }
}

/// The line below a chart whose columns are layers: where each row of the table begins, and its name where there is room.
struct StageAxis {
  static let height = 24

  let width: Int
  let svg: String

  /// - Parameter stages: The row of each column; none without a name.
  init(_ stages: [String], pitch: Int, y: Int) {
    let starts = stages.indices.filter { !stages[$0].isEmpty && ($0 == 0 || stages[$0 - 1] != stages[$0]) }
    let spans = zip(starts, starts.dropFirst() + [stages.count]).map { start, end in
      (name: stages[start], place: start * pitch..<start * pitch + 8 + 7 * stages[start].count, end: end * pitch)
    }
    // A short row's name must not take the place of a long one's.
    let longestFirst = spans.indices.sorted {
      let (a, b) = (spans[$0], spans[$1])
      return (b.end - b.place.lowerBound, $0) < (a.end - a.place.lowerBound, $1)
    }
    var taken: [Range<Int>] = []
    for place in longestFirst.map({ spans[$0].place }) where !taken.contains(where: { $0.overlaps(place) }) {
      taken.append(place)
    }
    let ticks = spans.map { span in
      let x = span.place.lowerBound
      let name = "<text class=\"quiet\" x=\"\(x + 2)\" y=\"\(y + 16)\">\(escapedHTML(span.name))</text>"
      return "<path class=\"axis\" d=\"M\(x) \(y)v5\"/>" + (taken.contains(span.place) ? name : "") + "\n"
    }
    width = max(stages.count * pitch, taken.map(\.upperBound).max() ?? 0, 320)
    svg = "<path class=\"axis\" d=\"M0 \(y)H\(stages.count * pitch)\"/>\n" + ticks.joined()
  }
}
