// Diagnostics as text for a terminal, in the layout that rustc made familiar:
//
//     error[size-mismatch]: conv4_x says 15x15, but its layers give 14x14
//       --> models/resnet50.rn:12:11
//        |
//     11 | conv3_x   28x28    [1x1, 128; 3x3, 128; 1x1, 512]  x 4
//        |           ----- 28x28 enters conv4_x
//     12 | conv4_x   15x15    [1x1, 256; 3x3, 256; 1x1, 1024] x 6
//        |           ^^^^^ stride 2 gives 14x14; none gives 15x15
//        = help: write 14x14
//
// Carets mark the primary place, dashes the others; every label has a line of its own. Columns count UTF-8 bytes from 1.

package struct TextRenderer {
  package var source: SourceFile
  /// Whether to colour with ANSI escapes.
  package var isColoured: Bool

  package init(_ source: SourceFile, isColoured: Bool = false) {
    self.source = source
    self.isColoured = isColoured
  }

  /// All that a run shows, in source order, with blank lines between.
  package func render(_ diagnostics: Diagnostics) -> String {
    let (shown, more) = diagnostics.shown
    var parts = shown.map(render)
    if let message = Diagnostics.moreMessage(more) { parts.append(paint(message, .bold) + "\n") }
    return parts.joined(separator: "\n")
  }

  /// One diagnostic, ending in a newline.
  package func render(_ diagnostic: Diagnostic) -> String {
    let labels = [diagnostic.primary] + diagnostic.secondary
    let lines = Set(labels.map { source.line(at: $0.span.start) }).sorted()
    let gutter = String((lines.last ?? 0) + 1).count
    let (line, column) = source.position(at: diagnostic.primary.span.start)
    let severity = Style(diagnostic.severity)

    var text = paint("\(diagnostic.severity.rawValue)[\(diagnostic.code.text)]", severity)
    text += paint(": \(terminalSafe(diagnostic.message))", .bold) + "\n"
    text += pad("", gutter) + paint("-->", .gutter) + " \(terminalSafe(source.name)):\(line):\(column)\n"
    text += bar(gutter) + "\n"
    var previous: Int?
    for line in lines {
      if let previous, line > previous + 1 { text += paint("...", .gutter) + "\n" }
      previous = line
      let here = labels.indices.filter { source.line(at: labels[$0].span.start) == line }
      text += snippet(line, labels, here, gutter, severity)
    }
    for note in diagnostic.notes { text += trailer("note", note, gutter) }
    for fixIt in diagnostic.fixIts { text += trailer("help", fixIt.message, gutter) }
    for help in diagnostic.helps { text += trailer("help", help, gutter) }
    return text
  }

  /// A line of source and its labels from left to right; index 0 is the primary.
  private func snippet(_ line: Int, _ labels: [Label], _ here: [Int], _ gutter: Int, _ severity: Style) -> String {
    let shown = DisplayLine(source, line: line, around: labels[here.first ?? 0].span.start)
    var text = (paint(pad(String(line + 1), gutter) + " |", .gutter) + " " + shown.text).trimmedEnd + "\n"
    for index in here.sorted(by: { (labels[$0].span.start, $0) < (labels[$1].span.start, $1) }) {
      let columns = shown.columns(of: labels[index].span)
      let marks = String(repeating: index == 0 ? "^" : "-", count: columns.count)
      let label = labels[index].text.isEmpty ? marks : marks + " " + terminalSafe(labels[index].text)
      text += bar(gutter) + " " + pad("", columns.lowerBound) + paint(label, index == 0 ? severity : .gutter) + "\n"
    }
    return text
  }

  private func trailer(_ kind: String, _ message: String, _ gutter: Int) -> String {
    pad("", gutter + 1) + paint("=", .gutter) + " " + paint(kind, .bold) + ": \(terminalSafe(message))\n"
  }

  private func bar(_ gutter: Int) -> String { pad("", gutter + 1) + paint("|", .gutter) }

  private func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }

  private enum Style: String {
    case error = "1;31"
    case warning = "1;33"
    case note = "1;36"
    case gutter = "1;34"
    case bold = "1"

    init(_ severity: Severity) {
      self =
        switch severity {
        case .error: .error
        case .warning: .warning
        case .note: .note
        }
    }
  }

  private func paint(_ text: String, _ style: Style) -> String {
    isColoured && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}

extension String {
  /// Without the spaces at its end.
  var trimmedEnd: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
