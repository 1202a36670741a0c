// Formatting: the layout of `resnetc fmt`, as one edit of the lines between the first and the last that change.
import ResNetDSL

extension Reading {
  /// What to replace by what; `nil` for a file that cannot be parsed or is as it should be.
  func formattingEdit() -> FixIt.Edit? {
    var sink = Diagnostics()
    guard let text = formatted(source, &sink) else { return nil }
    let old = source.bytes
    let new = Array(text.utf8)
    guard old != new else { return nil }
    let newline = UInt8(ascii: "\n")
    let limit = min(old.count, new.count)
    // A byte order mark stays, and clients may have none.
    var start = source.contentStart
    while start < limit, old[start] == new[start] { start += 1 }
    while start > source.contentStart, old[start - 1] != newline { start -= 1 }
    var end = 0
    while end < limit - start, old[old.count - 1 - end] == new[new.count - 1 - end] { end += 1 }
    // To the beginning of a line in both, so that no character is cut.
    func startsLine(_ text: [UInt8]) -> Bool { text.count - end > start && text[text.count - 1 - end] == newline }
    while end > 0, !startsLine(old) || !startsLine(new) { end -= 1 }
    return FixIt.Edit(
      Span(start, old.count - end), String(decoding: new[start..<new.count - end], as: UTF8.self))
  }
}
