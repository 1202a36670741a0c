// One source line as a terminal may show it: tabs expanded, control and formatting characters made visible (nothing from
// a file may move the cursor, change colours or reorder text), bytes that are no UTF-8 as U+FFFD, very long lines cut to
// a window. It knows at which column each byte comes out, so that carets stand under what they mean.

struct DisplayLine {
  /// What is printed.
  private(set) var text = ""
  private let start: Int
  /// For each byte of the line and one past its end, the column where its character begins.
  private var columns: [Int] = []
  /// The columns that are shown, and what stands before them.
  private var window = 0..<Int.max
  private var lead = 0

  private static let tabWidth = 4
  private static let maximumWidth = 180

  init(_ source: SourceFile, line: Int, around offset: Int) {
    let span = source.contents(ofLine: line)
    start = span.start
    var cells: [(text: String, column: Int, width: Int)] = []
    var column = 0
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = source.bytes[span.start..<span.end].makeIterator()
    reading: while true {
      let shown: (text: String, width: Int)
      let length: Int
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        shown = Self.cell(Unicode.UTF8.decode(encoded))
        length = encoded.count
      case .error(let count):
        shown = ("\u{FFFD}", 1)
        length = count
      case .emptyInput: break reading
      }
      columns += Array(repeating: column, count: length)
      cells.append((shown.text, column, shown.width))
      column += shown.width
    }
    columns.append(column)
    if column > Self.maximumWidth {
      let centre = columns[min(max(0, offset - start), columns.count - 1)]
      let from = max(0, min(centre - Self.maximumWidth / 2, column - Self.maximumWidth))
      window = from..<from + Self.maximumWidth
      lead = from > 0 ? 3 : 0
    }
    for cell in cells where window.contains(cell.column) { text += cell.text }
    if lead > 0 { text = "..." + text }
    if column > window.upperBound { text += "..." }
  }

  /// The columns that a span covers on this line, at least one.
  func columns(of span: Span) -> Range<Int> {
    let from = shownColumn(span.start)
    return from..<max(from + 1, shownColumn(span.end))
  }

  private func shownColumn(_ offset: Int) -> Int {
    let column = columns[min(max(0, offset - start), columns.count - 1)]
    return min(max(column, window.lowerBound), window.upperBound) - window.lowerBound + lead
  }

  private static func cell(_ scalar: Unicode.Scalar) -> (text: String, width: Int) {
    if scalar == "\t" { return (String(repeating: " ", count: tabWidth), tabWidth) }
    let text = visible(scalar)
    if text.unicodeScalars.count > 1 { return (text, text.unicodeScalars.count) }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return (text, 0)
    default: return (text, isWide(scalar.value) ? 2 : 1)
    }
  }

  /// The blocks that terminals draw two columns wide.
  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}

/// Text that a terminal may print.
package func terminalSafe(_ text: String) -> String {
  text.unicodeScalars.map(visible).joined()
}
