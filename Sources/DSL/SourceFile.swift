// The text of one `.rn` file as UTF-8 bytes. Everything after the lexer speaks in byte offsets; only renderers ask this
// file for lines and columns. Lines end at a line feed; a carriage return before it belongs to the line's end.

/// One source file: a name to show and the bytes that were read.
package struct SourceFile: Sendable {
  /// As shown in diagnostics: the path that the user gave.
  package let name: String
  package let bytes: [UInt8]
  /// Offset of each line's first byte.
  package let lineStarts: [Int]
  /// Where the text begins: 3 after a byte order mark, else 0.
  package let contentStart: Int

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    contentStart = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var starts = [0]
    for offset in bytes.indices where bytes[offset] == UInt8(ascii: "\n") { starts.append(offset + 1) }
    lineStarts = starts
  }

  package init(name: String, text: String) { self.init(name: name, bytes: Array(text.utf8)) }

  /// The text of a span; bytes that are no UTF-8 become U+FFFD.
  package func text(_ span: Span) -> String { String(decoding: bytes[clamp(span)], as: UTF8.self) }

  /// The zero-based line that holds an offset; an offset past the end belongs to the last line.
  package func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The bytes of a line without its end and without a byte order mark.
  package func contents(ofLine line: Int) -> Span {
    let start = line == 0 ? contentStart : lineStarts[line]
    var end = line + 1 < lineStarts.count ? lineStarts[line + 1] - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return Span(start, max(start, end))
  }

  /// One-based line and column; columns count UTF-8 bytes.
  package func position(at offset: Int) -> (line: Int, column: Int) {
    let line = line(at: offset)
    return (line + 1, max(0, offset - contents(ofLine: line).start) + 1)
  }

  /// The offset of the first byte that is not part of well-formed UTF-8.
  package var firstInvalidUTF8: Int? {
    // Decoding repairs what is wrong, so a text that comes out unchanged was right.
    if Array(String(decoding: bytes, as: UTF8.self).utf8) == bytes { return nil }
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .error: return offset
      case .emptyInput: return nil
      }
    }
  }

  private func clamp(_ span: Span) -> Range<Int> {
    let start = min(max(0, span.start), bytes.count)
    return start..<min(max(start, span.end), bytes.count)
  }
}
