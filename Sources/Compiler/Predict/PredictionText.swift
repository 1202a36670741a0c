// `resnetc predict` for people: in a terminal, and in Markdown.

internal import ResNetDSL

extension Prediction {
  /// Aligned columns.
  package var text: String {
    """
    \(title)

    \(table.text())
    \(notes)
    """
  }

  /// The same as a section of a document.
  package var markdown: String {
    """
    ## \(model)

    \(table.markdown())
    \(notes.split(separator: "\n").map { "- \($0)\n" }.joined())
    """
  }

  private var title: String {
    let threads = machine.threads == 1 ? "1 thread" : "\(machine.threads) threads"
    return "\(model), batch \(batch), \(threads), \(target.title)"
  }

  private var isMeasured: Bool { layers.contains { $0.measured != nil } }

  private var table: TextTable {
    let numbers = [TextTable.Alignment](repeating: .right, count: isMeasured ? 4 : 2)
    // Of float32 alone there is nothing to say.
    let isMixed = target.precision != .float32
    func ofNumbers(_ text: String) -> [String] { isMixed ? [text] : [] }
    var table = TextTable([.left, .left] + (isMixed ? [.left] : []) + [.right, .right, .left] + numbers)
    let more = isMeasured ? ["best ms", "ratio"] : []
    table.add(
      ["layer", "algorithm"] + ofNumbers("multiplies") + [isMixed ? "GOP" : "GFLOP", "MB", "bound by", "bound ms"]
        + ["predicted ms"] + more)
    for layer in layers {
      table.add(
        [layer.name, layer.algorithm] + ofNumbers(multiplicands(layer.work)) + amounts(layer.work)
          + [layer.bound.limit?.rawValue ?? ""]
          + times(layer.bound.seconds, layer.seconds, layer.measured))
    }
    table.add(["total", ""] + ofNumbers("") + amounts(work) + [""] + times(boundSeconds, seconds, measuredSeconds))
    return table
  }

  private func multiplicands(_ work: StepWork) -> String {
    work.multiplicands.map(\.rawValue).joined(separator: ", ")
  }

  /// Operations as computed, and bytes.
  private func amounts(_ work: StepWork) -> [String] {
    [work.executed > 0 ? fixedPoint(work.executed * 1e-9, 4) : "", fixedPoint(work.bytes * 1e-6, 3)]
  }

  private func times(_ bound: Double, _ seconds: Double, _ measured: Double?) -> [String] {
    let predicted = [bound, seconds].map { fixedPoint($0 * 1e3, 4) }
    guard isMeasured else { return predicted }
    return predicted + [measured.map { fixedPoint($0 * 1e3, 4) } ?? "", Self.ratio(measured, seconds) ?? ""]
  }

  private static func ratio(_ measured: Double?, _ seconds: Double) -> String? {
    measured.flatMap { seconds > 0 ? fixedPoint($0 / seconds, 2) : nil }
  }

  private var notes: String {
    """
    Each layer takes at least as long as its arithmetic, \(peakText), and as its bytes:
    weights from \(weightLevel.name), \(rateText(machine.gbps(weightLevel))) GB/s, \
    values from \(valueLevel.name), \(rateText(machine.gbps(valueLevel))) GB/s.
    Vectors do \(fixedPoint(work.issued * 1e-9, 4)) \(target.precision == .float32 ? "GFLOP" : "GOP"), lanes without a channel included, \
    for \(fixedPoint(work.flops * 1e-9, 4)) as the layers are defined.
    \(transformNote)\(surpriseNote)
    """
  }

  private var peakText: String {
    guard target.precision != .float32 else { return "\(rateText(machine.gflops)) GFLOP/s" }
    let rates = peaks.map { "\(rateText($0.gops)) \($0.multiplicand.unit) of \($0.multiplicand)" }
    return alternatives(rates, joiner: "and")
  }

  private var transformNote: String {
    guard work.transforms > 0 else { return "" }
    let milliseconds = fixedPoint((seconds - boundSeconds) * 1e3, 4)
    return "Winograd's transforms come on top, \(milliseconds) ms, as the compiler estimates them.\n"
  }

  private var surpriseNote: String {
    guard isMeasured else { return "" }
    let all = surprises
    guard !all.isEmpty else { return "No layer of weight is far from its prediction.\n" }
    let names = all.prefix(10).map { "\($0.name) (\(Self.ratio($0.measured, $0.seconds) ?? ""))" }
    let rest = all.count > 10 ? " and \(all.count - 10) more" : ""
    return "Far from their prediction: \(names.joined(separator: ", "))\(rest).\n"
  }
}

/// A rate with one decimal, tiny ones with three digits that say something.
private func rateText(_ rate: Double) -> String {
  var decimals = 1
  var least = 1.0
  while decimals < 9, rate < least {
    decimals += decimals == 1 ? 2 : 1
    least /= 10
  }
  return fixedPoint(rate, min(decimals, 9))
}

/// A number with exactly so many decimals, at most 9; large ones as they are.
func fixedPoint(_ value: Double, _ decimals: Int) -> String {
  guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
  let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
  let units = Int((abs(value) * Double(scale)).rounded())
  let sign = value < 0 && units > 0 ? "-" : ""
  guard decimals > 0 else { return "\(sign)\(units)" }
  let fraction = String(units % scale)
  return "\(sign)\(units / scale).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
}
