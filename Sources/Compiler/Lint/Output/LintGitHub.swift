// Findings as workflow commands of GitHub Actions, which shows them as annotations at their lines.
internal import ResNetDSL

extension [LintedFile] {
  /// One command a line.
  package var gitHubCommands: String {
    flatMap { file in file.findings.map { command($0, in: file.source) } }.joined()
  }
}

private func command(_ finding: LintFinding, in source: SourceFile) -> String {
  let diagnostic = finding.diagnostic
  let level = diagnostic.severity == .note ? "notice" : diagnostic.severity.rawValue
  let (start, end) = (
    source.position(at: diagnostic.primary.span.start), source.position(at: diagnostic.primary.span.end)
  )
  let properties = [
    ("file", source.name), ("line", "\(start.line)"), ("endLine", "\(end.line)"), ("col", "\(start.column)"),
    ("endColumn", "\(end.column)"), ("title", diagnostic.code.text),
  ].map { "\($0.0)=\(escaped($0.1, inProperty: true))" }
  let text = ([diagnostic.message, diagnostic.primary.text] + diagnostic.notes + diagnostic.helps)
    .filter { !$0.isEmpty }.joined(separator: "\n")
  return "::\(level) \(properties.joined(separator: ","))::\(escaped(text, inProperty: false))\n"
}

/// What would end a command or a property, as `%0A`.
private func escaped(_ text: String, inProperty: Bool) -> String {
  text.unicodeScalars.reduce(into: "") { result, scalar in
    switch scalar {
    case "%": result += "%25"
    case "\r": result += "%0D"
    case "\n": result += "%0A"
    case ":" where inProperty: result += "%3A"
    case "," where inProperty: result += "%2C"
    default: result.unicodeScalars.append(scalar)
    }
  }
}
