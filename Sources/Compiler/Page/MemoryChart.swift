// The arena over time: a column for each step, addresses upwards, a rectangle for each value from the step that writes it
// to the last that reads it. It is what `--print-memory` prints, to scale in both directions: two rectangles that met
// would be two values in one place at one time.

extension Plan {
  /// Bytes of values that are needed at each step; a value that takes another's place counts once.
  var liveBytes: [Int] {
    var change = [Int](repeating: 0, count: graph.nodes.count + 1)
    for (index, life) in lives.enumerated() {
      guard let life else { continue }
      change[life.lowerBound] += arena.slots[index].floats
      change[life.upperBound] -= arena.slots[index].floats
    }
    var live = 0
    return change.dropLast().map { delta in
      live += delta
      return live * MemoryLayout<Float>.size
    }
  }

  /// The steps that each value is drawn at; `nil` for one that is nowhere. One that takes another's place ends its life,
  /// and what is put together ends those of its parts.
  private var lives: [Range<Int>?] {
    var ends = arena.slots.map { min($0.death + 1, graph.nodes.count) }
    for slot in arena.slots {
      if let host = slot.inPlaceOf { ends[host.index] = min(ends[host.index], slot.birth) }
    }
    for (index, node) in graph.nodes.enumerated() where node.operation.isConcatenation {
      for part in node.inputs { ends[part.index] = min(ends[part.index], index) }
    }
    return zip(arena.slots, ends).map { slot, end in
      slot.floats > 0 && slot.birth < end ? slot.birth..<end : nil
    }
  }

  /// The chart, with the step of most live bytes marked.
  func memoryChart(tints: [String: Int]) -> String {
    let (top, height) = (24, 320)
    let steps = graph.nodes.count
    let pitch = min(40, max(2, 1100 / max(1, steps)))
    let axis = StageAxis(graph.nodes.map { $0.stage ?? "" }, pitch: pitch, y: top + height)
    let scale = Double(height) / Double(max(1, arena.floats))
    var values = ""
    for (index, life) in lives.enumerated() {
      guard let life else { continue }
      let (node, slot) = (graph.nodes[index], arena.slots[index])
      let tall = max(0.5, Double(slot.floats) * scale)
      let y = Double(top + height) - Double(slot.offset) * scale - tall
      let bytes = slot.floats * MemoryLayout<Float>.size
      let host = slot.inPlaceOf.map { ", in place of \(graph[$0].name)" } ?? ""
      let width = life.count * pitch
      values += "<g class=\"\(Tint.name(node.stage.flatMap { tints[$0] }))\"><title>"
      values += "\(escapedHTML(node.name + host)): \(grouped(bytes)) bytes at "
      values += "\(grouped(slot.offset * MemoryLayout<Float>.size)), steps \(life.lowerBound) to \(life.upperBound - 1)"
      values += "</title><rect x=\"\(life.lowerBound * pitch)\" y=\"\(tenths(y))\" width=\"\(width)\" "
      values += "height=\"\(tenths(tall))\"/>"
      if tall > 14, width > node.name.count * 7 {
        let middle = tenths(y + tall / 2 + 4)
        values += "<text x=\"\(life.lowerBound * pitch + 4)\" y=\"\(middle)\">\(escapedHTML(node.name))</text>"
      }
      values += "</g>\n"
    }
    return """
      <div class="scroll"><svg class="chart\(pitch < 6 ? " fine" : "")" role="img" width="\(axis.width)" height="\(top + height + StageAxis.height)">
      <title>Where each value lies, step by step</title>
      \(values)\(peakMark(pitch: pitch, top: top, bottom: top + height, width: axis.width))\(axis.svg)</svg></div>

      """
  }

  /// The first step that needs the most.
  private var peak: (step: Int, bytes: Int)? {
    let live = liveBytes
    guard let most = live.max(), let step = live.firstIndex(of: most) else { return nil }
    return (step, most)
  }

  var peakText: String? {
    peak.map { "\(grouped($0.bytes)) bytes live at step \($0.step), \(graph.nodes[$0.step].name)" }
  }

  /// A frame around its column.
  private func peakMark(pitch: Int, top: Int, bottom: Int, width: Int) -> String {
    guard let step = peak?.step, let words = peakText else { return "" }
    let (left, right) = (step * pitch, (step + 1) * pitch)
    // To the side where there is room.
    let isLeft = left + 8 * words.count > width
    let place = isLeft ? "x=\"\(right)\" text-anchor=\"end\"" : "x=\"\(left)\""
    return """
      <path class="peak" d="M\(left) \(bottom)V\(top)H\(right)V\(bottom)z"/>
      <text class="strong" \(place) y="\(top - 8)">\(escapedHTML(words))</text>

      """
  }
}
