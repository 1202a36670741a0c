// Diagnostics as one JSON array, for editors and scripts. `docs/language.md` documents the members; they are only ever
// added to. Offsets count UTF-8 bytes from 0, lines and columns from 1, columns in UTF-8 bytes; ends are exclusive.

package struct JSONRenderer {
  package var source: SourceFile

  package init(_ source: SourceFile) { self.source = source }

  /// One object for each diagnostic, in source order; a last one with `omitted`, if not all are shown.
  package func render(_ diagnostics: Diagnostics) -> String {
    let (shown, more) = diagnostics.shown
    var objects = shown.map(object)
    if let message = Diagnostics.moreMessage(more) {
      objects.append(
        .object([("severity", .string("note")), ("message", .string(message)), ("omitted", .number(more))]))
    }
    return JSON.lines(objects)
  }

  package func object(_ diagnostic: Diagnostic) -> JSON {
    .object([
      ("severity", .string(diagnostic.severity.rawValue)),
      ("code", .string(diagnostic.code.name)),
      ("message", .string(diagnostic.message)),
      ("file", .string(source.name)),
      ("primary", label(diagnostic.primary)),
      ("secondary", .array(diagnostic.secondary.map(label))),
      ("notes", .array(diagnostic.notes.map(JSON.string))),
      ("helps", .array(diagnostic.helps.map(JSON.string))),
      ("fixes", .array(diagnostic.fixIts.map(fix))),
    ])
  }

  private func label(_ label: Label) -> JSON { .object(place(label.span) + [("text", .string(label.text))]) }

  private func fix(_ fixIt: FixIt) -> JSON {
    .object([
      ("message", .string(fixIt.message)),
      ("edits", .array(fixIt.edits.map { .object(place($0.span) + [("replacement", .string($0.replacement))]) })),
      ("safe", .bool(fixIt.isSafe)),
    ])
  }

  private func place(_ span: Span) -> [(String, JSON)] {
    [("start", position(span.start)), ("end", position(span.end))]
  }

  private func position(_ offset: Int) -> JSON {
    let (line, column) = source.position(at: offset)
    return .object([("offset", .number(offset)), ("line", .number(line)), ("column", .number(column))])
  }
}

/// Just enough of JSON to write it.
package enum JSON {
  case string(String)
  case number(Int)
  case bool(Bool)
  case array([JSON])
  case object([(String, JSON)])
  case null

  /// On one line, strings escaped.
  package var text: String {
    switch self {
    case .string(let value): Self.quote(value)
    case .number(let value): String(value)
    case .bool(let value): String(value)
    case .null: "null"
    case .array(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\(Self.quote($0.0)): \($0.1.text)" }.joined(separator: ", ") + "}"
    }
  }

  /// An array, one value a line, with its newline.
  package static func lines(_ values: [JSON]) -> String {
    values.isEmpty ? "[]\n" : "[\n" + values.map { "  " + $0.text }.joined(separator: ",\n") + "\n]\n"
  }

  private static func quote(_ value: String) -> String {
    var result = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0x2028 || scalar.value == 0x2029:
        let hex = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
