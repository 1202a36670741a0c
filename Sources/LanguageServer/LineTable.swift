// Between the protocol's positions (line, code units of UTF-16 or UTF-8) and the compiler's offsets in bytes. The
// protocol ends lines at `\n`, `\r\n` and also at `\r`, which is why `SourceFile`'s table does not serve. Positions
// that are nowhere are moved to the nearest place: into the file, back to their line's end, to the start of their
// character.
import ResNetDSL

/// Where the lines of a text are.
struct LineTable: Sendable {
  let bytes: [UInt8]
  let encoding: LSP.PositionEncoding
  /// Offset of each line's first byte.
  private let starts: [Int]

  init(_ bytes: [UInt8], _ encoding: LSP.PositionEncoding) {
    self.bytes = bytes
    self.encoding = encoding
    var starts = [0]
    for (offset, byte) in bytes.enumerated() {
      let isEnd =
        byte == UInt8(ascii: "\n")
        || byte == UInt8(ascii: "\r") && (offset + 1 == bytes.count || bytes[offset + 1] != UInt8(ascii: "\n"))
      if isEnd { starts.append(offset + 1) }
    }
    self.starts = starts
  }

  var count: Int { starts.count }

  /// The bytes of a line without its end.
  func contents(ofLine line: Int) -> Swift.Range<Int> {
    let start = starts[line]
    guard line + 1 < starts.count else { return start..<bytes.count }
    var end = starts[line + 1] - 1
    if bytes[end] == UInt8(ascii: "\n"), end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  func offset(_ position: LSP.Position) -> Int {
    guard position.line >= 0 else { return 0 }
    guard position.line < starts.count else { return bytes.count }
    let line = contents(ofLine: position.line)
    var offset = line.lowerBound
    var units = 0
    while offset < line.upperBound {
      let character = character(at: offset, to: line.upperBound)
      units += character.units
      if units > position.character { break }
      offset += character.bytes
    }
    return offset
  }

  func position(_ offset: Int) -> LSP.Position {
    let offset = min(max(0, offset), bytes.count)
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    let line = contents(ofLine: low)
    var at = line.lowerBound
    var units = 0
    while at < min(offset, line.upperBound) {
      let character = character(at: at, to: line.upperBound)
      guard at + character.bytes <= offset else { break }
      at += character.bytes
      units += character.units
    }
    return LSP.Position(line: low, character: units)
  }

  func range(_ span: Span) -> LSP.Range {
    let start = position(span.start)
    return LSP.Range(start: start, end: max(start, position(span.end)))
  }

  /// A range that ends before it begins is read the other way round.
  func span(_ range: LSP.Range) -> Span {
    let (start, end) = (offset(range.start), offset(range.end))
    return Span(min(start, end), max(start, end))
  }

  /// How long the character is that begins here. The text came as a string, so it is well formed.
  private func character(at offset: Int, to end: Int) -> (bytes: Int, units: Int) {
    let length: Int
    switch bytes[offset] {
    case ..<0x80: length = 1
    case ..<0xE0: length = 2
    case ..<0xF0: length = 3
    default: length = 4
    }
    let bytes = min(length, end - offset)
    switch encoding {
    case .utf8: return (bytes, bytes)
    case .utf16: return (bytes, bytes == 4 ? 2 : 1)
    }
  }
}
