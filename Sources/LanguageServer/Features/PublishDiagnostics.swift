// Findings in the protocol's terms. Notes and helps have no member there, so they end the message; labels become
// related places.
import ResNetDSL

extension LSP.Diagnostic {
  init(_ finding: Diagnostic, in document: String, _ lines: LineTable) {
    let label = finding.primary.text.isEmpty ? [] : ["here: \(finding.primary.text)"]
    let notes = finding.notes.map { "note: \($0)" } + finding.helps.map { "help: \($0)" }
    self.init(
      range: lines.range(finding.primary.span),
      severity: {
        switch finding.severity {
        case .error: 1
        case .warning: 2
        case .note: 3
        }
      }(),
      code: finding.code.name,
      message: ([finding.message] + label + notes).joined(separator: "\n"),
      relatedInformation: finding.secondary.isEmpty
        ? nil
        : finding.secondary.map {
          Related(
            location: LSP.Location(uri: document, range: lines.range($0.span)), message: $0.text)
        })
  }
}
