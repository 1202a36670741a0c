// An open document: its text as the client has it, and what it says, read when somebody first asks after a change.
import ResNetDSL

struct Document {
  let uri: String
  private(set) var version: Int?
  private(set) var lines: LineTable
  private var known: Reading?
  /// What is wrong has not been published since the last change.
  var isStale = true

  private let lintSettings: LanguageServer.LintSettingsSource

  init(
    uri: String, version: Int?, text: String, encoding: LSP.PositionEncoding,
    lintSettings: @escaping LanguageServer.LintSettingsSource
  ) {
    self.uri = uri
    self.lintSettings = lintSettings
    self.version = version
    lines = LineTable(Array(text.utf8), encoding)
  }

  mutating func change(_ changes: [LSP.ChangeParameters.Change], version: Int?) {
    for change in changes {
      var bytes = Array(change.text.utf8)
      if let range = change.range {
        let span = lines.span(range)
        bytes = lines.bytes[..<span.start] + bytes + lines.bytes[span.end...]
      }
      lines = LineTable(bytes, lines.encoding)
    }
    self.version = version
    known = nil
    isStale = true
  }

  /// What the text says.
  mutating func reading() -> Reading {
    if let known { return known }
    let name = uri.split(separator: "/").last.map(String.init) ?? uri
    let reading = Reading(SourceFile(name: name, bytes: lines.bytes), lintSettings(uri))
    known = reading
    return reading
  }
}
