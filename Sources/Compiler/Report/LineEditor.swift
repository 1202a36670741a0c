// Changes to single lines of a source: what stands on them stays where it is, comments too.
internal import ResNetDSL

struct LineEditor {
  private let source: SourceFile
  private var edits: [(span: Span, text: String)] = []
  private var removed: Set<Int> = []
  private var inserted: [Int: String] = [:]

  init(_ source: SourceFile) { self.source = source }

  mutating func replace(_ span: Span, by text: String) { edits.append((span, text)) }

  /// The whole line that holds a place.
  mutating func remove(_ span: Span) { removed.insert(source.line(at: span.start)) }

  /// A line behind the one of a key.
  mutating func insert(_ text: String, after key: String) {
    if let line = line(of: key) { inserted[line] = text }
  }

  mutating func setValue(of key: String, to value: String) {
    if let span = valueSpan(of: key) { replace(span, by: value) }
  }

  /// What stands behind a key of the header, without a comment.
  func value(of key: String) -> String? { valueSpan(of: key).map { source.text($0) } }

  private func line(of key: String) -> Int? {
    source.lineStarts.indices.first { line in
      let text = source.text(source.contents(ofLine: line))
      return text.split(whereSeparator: { $0 == " " || $0 == "\t" }).first.map(String.init) == key
    }
  }

  private func valueSpan(of key: String) -> Span? {
    guard let line = line(of: key) else { return nil }
    let contents = source.contents(ofLine: line)
    let bytes = source.bytes
    func isSpace(_ place: Int) -> Bool { [0x20, 0x09, 0x0D].contains(bytes[place]) }
    var start = contents.start
    while start < contents.end, isSpace(start) { start += 1 }
    start += key.utf8.count
    while start < contents.end, isSpace(start) { start += 1 }
    var end = start
    while end < contents.end, bytes[end] != UInt8(ascii: "#") { end += 1 }
    while end > start, isSpace(end - 1) { end -= 1 }
    return start < end ? Span(start, end) : nil
  }

  /// The lines that changed, and all of it; laid out anew if it was laid out before.
  func result() -> (changes: [LineChange], text: String) {
    var changes: [LineChange] = []
    var text = ""
    for line in source.lineStarts.indices {
      let contents = source.contents(ofLine: line)
      let next =
        line + 1 < source.lineStarts.count ? source.lineStarts[line + 1] : source.bytes.count
      let before = source.text(contents)
      guard !removed.contains(line) else {
        changes.append(LineChange(line: line + 1, before: before, after: nil))
        continue
      }
      var after = ""
      var place = contents.start
      for edit in edits.sorted(by: { $0.span.start < $1.span.start })
      where edit.span.start >= contents.start && edit.span.end <= contents.end {
        after += source.text(Span(place, edit.span.start)) + edit.text
        place = edit.span.end
      }
      after += source.text(Span(place, contents.end))
      if after != before {
        changes.append(LineChange(line: line + 1, before: before, after: after))
      }
      text +=
        source.text(Span(source.lineStarts[line], contents.start)) + after
        + source.text(Span(contents.end, next))
      if let more = inserted[line] {
        changes.append(LineChange(line: line + 2, before: "", after: more))
        text += more + "\n"
      }
    }
    var sink = Diagnostics()
    if formatted(source, &sink) == String(decoding: source.bytes, as: UTF8.self),
      let again = formatted(SourceFile(name: source.name, text: text), &sink)
    {
      text = again
    }
    return (changes, text)
  }
}
