// Applying fixes to the text they were made for.

extension SourceFile {
  /// The file with these fixes applied. Where two edits overlap, the one that begins first wins.
  package func applying(_ fixIts: [FixIt]) -> SourceFile {
    var result: [UInt8] = []
    var position = 0
    let edits = fixIts.flatMap(\.edits).enumerated()
      .sorted { ($0.element.span.start, $0.offset) < ($1.element.span.start, $1.offset) }
      .map(\.element)
    for edit in edits where edit.span.start >= position && edit.span.end <= bytes.count {
      result += bytes[position..<edit.span.start] + Array(edit.replacement.utf8)
      position = edit.span.end
    }
    return SourceFile(name: name, bytes: result + bytes[position...])
  }
}
