// A roofline: what each layer computes a second, over what it computes for a byte, under the roofs that multiply-adds and
// each level of memory make. One `<svg>` to stand in a page: text has the page's colour, stages have colours of their own
// that show on light and on dark, which a page may replace (`Tint.variables`).
internal import ResNetDSL

/// The chart of a prediction: hollow dots where a layer would be at best and, where times were measured, full dots where
/// it is. Layers without multiply-adds have no place in it.
package func rooflineChart(_ prediction: Prediction) -> String { RooflineChart(prediction).svg }

private struct RooflineChart {
  /// A layer's place.
  struct Dot {
    let layer: PredictedLayer
    let stage: Int
    /// Operations for a byte.
    let intensity: Double
    /// 10^9 operations a second, at best and as measured.
    let predicted: Double
    let measured: Double?
  }

  let prediction: Prediction
  /// Of the numbers that are multiplied fastest, 10^9 operations a second.
  let peak: Double
  let dots: [Dot]
  /// Names, in order of appearance.
  let stages: [String]
  /// Of the axes, as powers of ten.
  let columns: ClosedRange<Int>
  let rows: ClosedRange<Int>

  // The whole, and the area of the plot in it. The legend stands at the right.
  private let size = (width: 900.0, height: 500.0)
  private let plot = (left: 64.0, right: 720.0, top: 34.0, bottom: 440.0)
  /// Beyond so many, dots are small and no lines join them.
  private let manyDots = 120

  init(_ prediction: Prediction) {
    self.prediction = prediction
    let layers = prediction.layers.filter { $0.work.executed > 0 && $0.work.bytes > 0 && $0.bound.seconds > 0 }
    var stages: [String] = []
    var numbers: [String: Int] = [:]
    for layer in layers where numbers[layer.stage] == nil {
      numbers[layer.stage] = stages.count
      stages.append(layer.stage)
    }
    self.stages = stages
    let dots = layers.map { layer in
      Dot(
        layer: layer, stage: numbers[layer.stage] ?? 0, intensity: layer.work.executed / layer.work.bytes,
        predicted: layer.work.executed / layer.bound.seconds * 1e-9,
        measured: layer.measured.flatMap { $0 > 0 ? layer.work.executed / $0 * 1e-9 : nil })
    }
    self.dots = dots
    let machine = prediction.machine
    peak = prediction.peaks.map(\.gops).max() ?? machine.gflops
    // Where memory's roof meets the peak is the point of the chart.
    let ridge = peak / machine.memoryGbps
    columns = Self.decades(dots.map(\.intensity) + [ridge, ridge * 4])
    // Room above the peak for its label, and below for the slopes.
    let room = [machine.gflops / 30, peak * 1.3]
    rows = Self.decades(dots.map(\.predicted) + dots.compactMap(\.measured) + room)
  }

  /// The powers of ten around some numbers.
  private static func decades(_ values: [Double]) -> ClosedRange<Int> {
    func power(_ value: Double, up: Bool) -> Int {
      var (exponent, bound) = (0, 1.0)
      while bound < value { (exponent, bound) = (exponent + 1, bound * 10) }
      while bound > value { (exponent, bound) = (exponent - 1, bound / 10) }
      return up && bound < value ? exponent + 1 : exponent
    }
    let low = power(values.min() ?? 1, up: false)
    return low...max(low + 1, power(values.max() ?? 1, up: true))
  }

  // MARK: Places

  private func x(_ intensity: Double) -> Double {
    plot.left + (decimalLogarithm(intensity) - Double(columns.lowerBound)) * decade.x
  }

  private func y(_ gflops: Double) -> Double {
    plot.bottom - (decimalLogarithm(gflops) - Double(rows.lowerBound)) * decade.y
  }

  /// Units for a decade, along and up.
  private var decade: (x: Double, y: Double) {
    ((plot.right - plot.left) / Double(columns.count - 1), (plot.bottom - plot.top) / Double(rows.count - 1))
  }

  // MARK: Parts

  var svg: String {
    let parts = [grid, frame, roofs, marks, legend].flatMap(\.self)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(size.width)) \(number(size.height))" \
      role="img" aria-label="Roofline of \(escapedHTML(prediction.model))" fill="currentColor" \
      font-family="system-ui, sans-serif" font-size="12" style="max-width: 100%; height: auto">
      \(parts.joined(separator: "\n"))
      </svg>

      """
  }

  private static let gridStroke = "stroke=\"currentColor\" stroke-opacity=\".18\""
  private static let faintStroke = "stroke=\"currentColor\" stroke-opacity=\".05\""

  /// Decades as lines with numbers, and what stands between them as faint ones.
  private var grid: [String] {
    var parts: [String] = []
    for exponent in columns {
      let value = power(exponent)
      parts.append(line(x(value), plot.top, x(value), plot.bottom, Self.gridStroke))
      parts.append(text(power10(exponent), x(value), plot.bottom + 18, "text-anchor=\"middle\""))
      for digit in 2...9 where exponent < columns.upperBound {
        let at = x(value * Double(digit))
        parts.append(line(at, plot.top, at, plot.bottom, Self.faintStroke))
      }
    }
    for exponent in rows {
      let value = power(exponent)
      parts.append(line(plot.left, y(value), plot.right, y(value), Self.gridStroke))
      parts.append(text(power10(exponent), plot.left - 8, y(value) + 4, "text-anchor=\"end\""))
      for digit in 2...9 where exponent < rows.upperBound {
        let at = y(value * Double(digit))
        parts.append(line(plot.left, at, plot.right, at, Self.faintStroke))
      }
    }
    return parts
  }

  private var frame: [String] {
    let threads = prediction.machine.threads == 1 ? "1 thread" : "\(prediction.machine.threads) threads"
    let title = "\(prediction.model), batch \(prediction.batch), \(prediction.target.title), \(threads)"
    let middle = (plot.top + plot.bottom) / 2
    return [
      text(escapedHTML(title), plot.left, 18, "font-size=\"14\" font-weight=\"600\""),
      text("operations for a byte", (plot.left + plot.right) / 2, plot.bottom + 44, "text-anchor=\"middle\""),
      "<text transform=\"translate(16 \(number(middle))) rotate(-90)\" text-anchor=\"middle\">GFLOP/s</text>",
    ]
  }

  /// The peak, and a slope for each level of memory up to it.
  private var roofs: [String] {
    let machine = prediction.machine
    let stroke = "stroke=\"currentColor\" stroke-width=\"1.5\" stroke-opacity=\".75\""
    let left = power(columns.lowerBound)
    let floor = power(rows.lowerBound)
    let top = y(peak)
    var parts: [String] = []
    var peakFrom = plot.right
    // A slope's angle is the same for all; labels along it keep clear of each other.
    let angle = -slopeDegrees(decade.y / decade.x)
    var taken: [(x: Double, y: Double)] = []
    let levels = Machine.Level.allCases.reversed().filter { level in
      // Levels at one speed share a roof, and the farther one names it.
      !Machine.Level.allCases.contains { $0.rawValue > level.rawValue && machine.gbps($0) == machine.gbps(level) }
    }
    for level in levels {
      let gbps = machine.gbps(level)
      let ridge = peak / gbps
      let begin = max(left, floor / gbps)
      // A level may be so slow, or so fast, that its slope is nowhere in the plot.
      guard begin < power(columns.upperBound) else { continue }
      guard x(ridge) > plot.left, begin < ridge else {
        peakFrom = plot.left
        continue
      }
      peakFrom = min(peakFrom, x(ridge))
      let start = (x: x(begin), y: y(begin * gbps))
      let end = (x: min(x(ridge), plot.right), y: x(ridge) > plot.right ? y(power(columns.upperBound) * gbps) : top)
      let isUsed = level == prediction.weightLevel || level == prediction.valueLevel
      parts.append(line(start.x, start.y, end.x, end.y, stroke + (isUsed ? "" : " stroke-dasharray=\"4 4\"")))
      let label = self.label(level)
      let slope = (end.y - start.y) / max(1, end.x - start.x)
      var at = start.x + 10
      func place() -> (x: Double, y: Double) { (at, start.y + (at - start.x) * slope - 5) }
      let length = Double(label.count) * 6.5
      // Too near another label: further up the slope, while there is room.
      while taken.contains(where: { abs($0.x - place().x) < 110 && abs($0.y - place().y) < 15 - slope * 15 }),
        at + length < end.x
      { at += 20 }
      guard at + length * 0.7 < end.x else { continue }
      taken.append(place())
      parts.append(
        "<text transform=\"translate(\(number(place().x)) \(number(place().y))) rotate(\(number(angle)))\" "
          + "font-size=\"11\">\(label)</text>")
    }
    parts.append(line(max(peakFrom, plot.left), top, plot.right, top, stroke))
    // Numbers of other types have peaks below the highest.
    for (multiplicand, gops) in prediction.peaks {
      let type = prediction.peaks.count > 1 ? " of \(multiplicand)" : ""
      if gops < peak {
        parts.append(line(max(peakFrom, plot.left), y(gops), plot.right, y(gops), stroke + " stroke-dasharray=\"4 4\""))
      }
      parts.append(
        text(
          "peak \(rate(gops)) \(multiplicand.unit)\(type)", plot.right - 4, y(gops) - 6,
          "text-anchor=\"end\" font-size=\"11\""))
    }
    return parts
  }

  private var marks: [String] {
    let isCrowded = dots.count > manyDots
    let radius = isCrowded ? 2.5 : 4.5
    let opacity = isCrowded ? ".35" : ".9"
    return dots.flatMap { dot in
      let color = color(dot.stage)
      let (at, best) = (x(dot.intensity), y(dot.predicted))
      let title = "<title>\(tooltip(dot))</title>"
      let hollow =
        "<circle cx=\"\(number(at))\" cy=\"\(number(best))\" r=\"\(number(radius))\" fill=\"none\" "
        + "stroke=\"\(color)\" stroke-width=\"1.5\" stroke-opacity=\"\(opacity)\" pointer-events=\"all\">\(title)</circle>"
      guard let measured = dot.measured else { return [hollow] }
      let full =
        "<circle cx=\"\(number(at))\" cy=\"\(number(y(measured)))\" r=\"\(number(radius))\" fill=\"\(color)\" "
        + "fill-opacity=\"\(opacity)\">\(title)</circle>"
      let joint = line(at, best, at, y(measured), "stroke=\"\(color)\" stroke-opacity=\".4\"")
      return isCrowded ? [hollow, full] : [joint, hollow, full]
    }
  }

  private func tooltip(_ dot: Dot) -> String {
    let bound = dot.layer.bound
    var words =
      "\(dot.layer.name): \(dot.layer.algorithm), \(fixedPoint(dot.intensity, 1)) FLOP/byte, "
      + "at best \(fixedPoint(bound.seconds * 1e3, 4)) ms, \(fixedPoint(dot.predicted, 1)) GFLOP/s"
    if let limit = bound.limit { words += ", bound by \(limit.rawValue)" }
    if let time = dot.layer.measured, let rate = dot.measured {
      words += "; measured \(fixedPoint(time * 1e3, 4)) ms, \(fixedPoint(rate, 1)) GFLOP/s"
    }
    return escapedHTML(words)
  }

  /// Stages with their colours, then what the dots are.
  private var legend: [String] {
    let left = plot.right + 22
    var parts: [String] = []
    var top = plot.top + 8
    let limit = 16
    for (index, stage) in stages.prefix(limit).enumerated() {
      parts.append(
        "<circle cx=\"\(number(left))\" cy=\"\(number(top - 4))\" r=\"4.5\" fill=\"\(color(index))\"/>")
      let name = stage.count > 18 ? stage.prefix(17) + "…" : stage[...]
      parts.append(text(escapedHTML(String(name)), left + 12, top))
      top += 18
    }
    if stages.count > limit {
      parts.append(text("and \(stages.count - limit) more", left + 12, top))
      top += 18
    }
    top += 10
    let ring = "fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\""
    parts.append("<circle cx=\"\(number(left))\" cy=\"\(number(top - 4))\" r=\"4.5\" \(ring)/>")
    parts.append(text("at best", left + 12, top))
    if dots.contains(where: { $0.measured != nil }) {
      top += 18
      parts.append("<circle cx=\"\(number(left))\" cy=\"\(number(top - 4))\" r=\"4.5\"/>")
      parts.append(text("measured", left + 12, top))
    }
    top += 24
    // Solid roofs are those of where this network's bytes come from.
    parts.append(text("weights: \(label(prediction.weightLevel))", left - 4, top, "font-size=\"11\""))
    parts.append(text("values: \(label(prediction.valueLevel))", left - 4, top + 16, "font-size=\"11\""))
    return parts
  }

  // MARK: Words

  /// In the middle between light and dark; more stages than colours begin again.
  private func color(_ stage: Int) -> String {
    let color = stage % Tint.stages.count
    return "var(--stage-\(color), \(Tint.stages[color].line))"
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
    "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" \(style)/>"
  }

  private func text(_ text: String, _ x: Double, _ y: Double, _ style: String = "") -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\"\(style.isEmpty ? "" : " " + style)>\(text)</text>"
  }

  private func power(_ exponent: Int) -> Double {
    (0..<abs(exponent)).reduce(1) { value, _ in exponent < 0 ? value / 10 : value * 10 }
  }

  /// `L3 29 GB/s`.
  private func label(_ level: Machine.Level) -> String { "\(level.name) \(rate(prediction.machine.gbps(level))) GB/s" }

  /// Two digits at least.
  private func rate(_ value: Double) -> String {
    value < 10 ? fixedPoint(value, value < 0.1 ? 3 : 1) : grouped(Int(value.rounded()))
  }

  /// `0.01`, `100`, `10,000`, and of more digits the power.
  private func power10(_ exponent: Int) -> String {
    switch exponent {
    case -3..<0: fixedPoint(power(exponent), -exponent)
    case 0...4: grouped(Int(power(exponent)))
    default: "10<tspan dy=\"-4\" font-size=\"9\">\(exponent)</tspan>"
    }
  }

  private func number(_ value: Double) -> String { fixedPoint(value, 1) }
}
