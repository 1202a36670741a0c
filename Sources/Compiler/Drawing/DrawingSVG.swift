// A drawing as SVG: by itself a file that is light or dark as its reader's system is, or a part of a page that has the
// style already.

extension DrawingLayout {
  /// A file.
  package var svg: String { svg(isPage: false) }

  /// A part of a page; `drawingStyle` belongs to it.
  var embeddedSVG: String { svg(isPage: true) }

  private func svg(isPage: Bool) -> String {
    let title = escapedHTML(columns.map { $0.heading[0] }.joined(separator: ", "))
    let style =
      isPage
      ? "" : "<style>\n\(drawingStyle)</style>\n<rect class=\"ground\" width=\"\(width)\" height=\"\(height)\"/>\n"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" class="drawing" role="img" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)">
      <title>\(title)</title>
      \(style)\(labels.map(text).joined())\(columns.map(text).joined())</svg>

      """
  }

  private func text(_ label: Label) -> String {
    "<text class=\"size\" x=\"\(label.x)\" y=\"\(label.y + 4)\">\(escapedHTML(label.text))</text>\n"
  }

  private func text(_ column: Column) -> String {
    var result = ""
    for (line, words) in column.heading.enumerated() {
      let y = Metric.margin + 14 + 18 * line
      let name = line == 0 ? "name" : "total"
      result += "<text class=\"\(name)\" x=\"\(column.centre)\" y=\"\(y)\">\(escapedHTML(words))</text>\n"
    }
    result += flow(column)
    for shortcut in column.shortcuts { result += text(shortcut) }
    for block in column.repeats {
      result += "<path class=\"line\" d=\"M\(block.x + 6) \(block.top)H\(block.x)V\(block.bottom)H\(block.x + 6)\"/>\n"
      let y = (block.top + block.bottom) / 2 + 4
      result += "<text class=\"times\" x=\"\(block.x - 5)\" y=\"\(y)\">\(escapedHTML(block.text))</text>\n"
    }
    for box in column.boxes { result += text(box) }
    for head in column.heads { result += text(head) }
    return result
  }

  /// The arrows from box to box: all lines in one path, all heads in another.
  private func flow(_ column: Column) -> String {
    var lines = ""
    var heads = ""
    for below in column.boxes {
      // What passes all boxes of the branches comes from above them.
      let fork = below.passes.isEmpty ? nil : below.box.sources.min()
      for source in below.box.sources {
        let (from, to) = (column.boxes[source].frame, below.frame)
        for pass in source == fork ? below.passes : [from.centre] {
          lines += "M\(from.centre) \(from.bottom)"
          if pass != from.centre { lines += "V\(from.bottom + 8)H\(pass)" }
          if pass != to.centre { lines += turn(from, to, pass) }
          lines += "V\(to.y - 5)"
        }
        heads += "M\(to.centre) \(to.y)l-3.5 -6h7z"
      }
    }
    // A network that ends in a sum has somewhere to put it.
    if let last = column.boxes.last?.frame.bottom, let end = column.shortcuts.last?.end, end > last {
      lines += "M\(column.centre) \(last)V\(end)"
    }
    return lines.isEmpty ? "" : "<path class=\"line\" d=\"\(lines)\"/>\n<path class=\"head\" d=\"\(heads)\"/>\n"
  }

  /// The way to another lane: below the box that a line leaves where branches part, else above the one that it reaches.
  private func turn(_ from: Rectangle, _ to: Rectangle, _ pass: Int) -> String {
    let isNext = to.y - from.bottom <= Metric.gap
    return "V\(isNext && pass == from.centre ? from.bottom + 8 : to.y - 10)H\(to.centre)"
  }

  private func text(_ curve: Shortcut) -> String {
    let far = curve.side + Metric.bulge
    let path =
      "M\(curve.centre) \(curve.start)H\(curve.side)C\(far) \(curve.start) \(far) \(curve.end) \(curve.side) \(curve.end)"
      + "H\(curve.target + 6)"
    return "<path class=\"line\(curve.isDotted ? " dotted" : "")\" d=\"\(path)\"/>"
      + "<path class=\"head\" d=\"M\(curve.target + 1) \(curve.end)l6 -3.5v7z\"/>\n"
  }

  /// Lighter than what is computed.
  private func text(_ head: Head) -> String {
    guard let first = head.boxes.first?.frame, let last = head.boxes.last?.frame else { return "" }
    let y = (head.source.y + head.source.bottom) / 2
    var lines = "M\(head.source.right) \(y)H\(first.centre)V\(first.y - 5)"
    var heads = "M\(first.centre) \(first.y)l-3.5 -6h7z"
    for (above, below) in zip(head.boxes, head.boxes.dropFirst()) {
      lines += "M\(above.frame.centre) \(above.frame.bottom)V\(below.frame.y - 5)"
      heads += "M\(below.frame.centre) \(below.frame.y)l-3.5 -6h7z"
    }
    return "<g class=\"aside\"><path class=\"line\" d=\"\(lines)\"/>\n<path class=\"head\" d=\"\(heads)\"/>\n"
      + head.boxes.map(text).joined()
      + "<text class=\"total\" x=\"\(first.centre)\" y=\"\(last.bottom + 16)\">\(escapedHTML(head.name)), in training</text></g>\n"
  }

  private func text(_ box: Box) -> String {
    let frame = box.frame
    return "<g class=\"\(Tint.name(box.box.tint))\"><title>\(escapedHTML(box.box.note))</title>"
      + "<rect x=\"\(frame.x)\" y=\"\(frame.y)\" width=\"\(frame.width)\" height=\"\(frame.height)\" "
      + "rx=\"\(box.box.kind == .image ? frame.height / 2 : 3)\"/>"
      + "<text x=\"\(frame.centre)\" y=\"\(frame.y + 15)\">\(escapedHTML(box.box.text))</text></g>\n"
  }
}

/// What the classes of a drawing look like.
let drawingStyle = """
  .drawing text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1c1c1e; \
  stroke: none; text-anchor: middle; }
  .drawing .name { font-size: 14px; font-weight: 600; }
  .drawing .total, .drawing .size { fill: #666; }
  .drawing .size, .drawing .times { text-anchor: end; }
  .drawing .times { font-weight: 600; }
  .drawing .line { fill: none; stroke: #666; }
  .drawing .aside { opacity: .55; }
  .drawing .dotted { stroke-dasharray: 2 3; stroke-width: 1.4; }
  .drawing .head { fill: #666; }
  .drawing .ground { fill: #fff; }
  \(Tint.rules(".drawing", isDark: false))
  @media (prefers-color-scheme: dark) {
  .drawing text { fill: #ececee; }
  .drawing .total, .drawing .size { fill: #a5a5aa; }
  .drawing .line { stroke: #a0a0a6; }
  .drawing .head { fill: #a0a0a6; }
  .drawing .ground { fill: #161618; }
  \(Tint.rules(".drawing", isDark: true))
  }

  """
