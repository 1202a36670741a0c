// How the small text files that resnetc writes for itself are taken apart: lines with comments, parts with commas.
internal import ResNetDSL

extension SourceFile {
  /// Whether the file is text of no more than so many bytes; reports what it is instead, under `code`.
  func isText(upTo limit: Int, _ code: DiagnosticCode, help: String, _ sink: inout Diagnostics) -> Bool {
    let fault: (message: String, span: Span)? =
      if bytes.count > limit {
        ("the file has more than \(limit % 1_048_576 == 0 ? "\(limit >> 20) MiB" : "\(limit >> 10) KiB")", Span(0, 0))
      } else {
        firstInvalidUTF8.map { ("this is not UTF-8 text", Span($0, $0 + 1)) }
      }
    guard let fault else { return true }
    sink.report(Diagnostic(code, fault.message, at: Label(fault.span), helps: [help]))
    return false
  }

  /// A line without its comment, and without blanks around it; empty where nothing is left.
  func statement(ofLine line: Int) -> Span {
    let span = contents(ofLine: line)
    return trimmed(Span(span.start, (span.start..<span.end).first { bytes[$0] == UInt8(ascii: "#") } ?? span.end))
  }

  func trimmed(_ span: Span) -> Span {
    func isBlank(_ offset: Int) -> Bool { bytes[offset] == 0x20 || bytes[offset] == 0x09 }
    var span = span
    while span.start < span.end, isBlank(span.start) { span.start += 1 }
    while span.start < span.end, isBlank(span.end - 1) { span.end -= 1 }
    return span
  }

  /// Separated by commas; never empty.
  func parts(of span: Span) -> [Span] {
    var result: [Span] = []
    var start = span.start
    for offset in span.start..<span.end where bytes[offset] == UInt8(ascii: ",") {
      result.append(trimmed(Span(start, offset)))
      start = offset + 1
    }
    return result + [trimmed(Span(start, span.end))]
  }

  /// An instruction set by its name; reports one that is unknown, under `code`.
  ///
  /// - Parameter targets: Which there are, by their titles.
  func target(
    at span: Span, among targets: [Target] = Target.all, _ code: DiagnosticCode, _ sink: inout Diagnostics
  ) -> Target? {
    let name = text(span)
    if let target = targets.first(where: { $0.title == name }) { return target }
    let names = targets.map(\.title)
    let near = suggestion(for: name, among: names).map { "write '\($0)'" }
    sink.report(
      Diagnostic(
        code, "unknown instruction set \(quoted(name))", at: Label(span),
        helps: [near ?? "there are \(alternatives(names, joiner: "and"))"]))
    return nil
  }

  func words(_ span: Span) -> [String] {
    text(span).split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
  }
}
