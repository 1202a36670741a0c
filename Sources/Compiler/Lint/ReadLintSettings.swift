// Reads `.resnetlint`: lines of `select`, `ignore` and `level`, each with the rules it is about.
package import ResNetDSL

/// The name of a configuration, looked for from the model's folder upwards.
package let lintSettingsName = ".resnetlint"

/// The largest configuration or baseline, in bytes.
package let lintFileLimit = 1 << 20

/// The settings in a file; `nil` if `sink` then holds an error.
package func readLintSettings(_ file: SourceFile, _ sink: inout Diagnostics) -> LintSettings? {
  guard file.isText(upTo: lintFileLimit, .lintSettings, help: SettingsKey.shape, &sink) else { return nil }
  var settings = LintSettings()
  for line in file.lineStarts.indices where !sink.isFull {
    let words = file.words(ofLine: line)
    guard let key = words.first else { continue }
    let rest = words.dropFirst()
    if rest.isEmpty, SettingsKey(rawValue: key.value) != nil {
      sink.report(
        Diagnostic(.lintSettings, "'\(key.value)' names no rules", at: Label(key.span), helps: [SettingsKey.shape]))
      continue
    }
    switch SettingsKey(rawValue: key.value) {
    case .select: settings.selected = (settings.selected ?? []) + selectors(rest, &sink)
    case .ignore: settings.ignored += selectors(rest, &sink)
    case .level:
      guard let last = rest.last, let level = Severity(rawValue: last.value), rest.count > 1 else {
        sink.report(
          Diagnostic(
            .lintSettings, "a level is error, warning or note, after the rules it is for",
            at: Label(rest.last?.span ?? key.span), helps: [SettingsKey.shape]))
        continue
      }
      settings.levels += selectors(rest.dropLast(), &sink).map { LintSettings.Level($0, level) }
    case nil:
      let near = suggestion(for: key.value, among: SettingsKey.allCases.map(\.rawValue))
      sink.report(
        Diagnostic(
          .lintSettings, "a line begins with select, ignore or level, not \(quoted(key.value))", at: Label(key.span),
          helps: [near.map { "write '\($0)'" } ?? SettingsKey.shape]))
    }
  }
  return sink.hasErrors ? nil : settings
}

private enum SettingsKey: String, CaseIterable {
  case select, ignore, level
  static let shape = "such as 'ignore RN401' or 'level residual error'"
}

private func selectors(_ words: ArraySlice<Located<String>>, _ sink: inout Diagnostics) -> [LintSelector] {
  words.compactMap { word in
    if let selector = LintSelector(word.value) { return selector }
    let near = suggestion(for: word.value, among: LintSelector.words).map { "write '\($0)'" }
    sink.report(
      Diagnostic(
        .lintSettings, "no rule is called \(quoted(word.value))", at: Label(word.span),
        helps: [near ?? "'resnetc explain' lists the rules"]))
    return nil
  }
}

extension SourceFile {
  /// Words between spaces and commas, up to a `#`.
  fileprivate func words(ofLine line: Int) -> [Located<String>] {
    words(statement(ofLine: line), separators: " \t,")
  }

  /// Words of a span, between any of the separators.
  func words(_ span: Span, separators: String) -> [Located<String>] {
    var result: [Located<String>] = []
    var start: Int?
    for offset in span.start...span.end {
      let isSeparator = offset == span.end || separators.utf8.contains(bytes[offset])
      if let first = start, isSeparator {
        result.append(Located(text(Span(first, offset)), Span(first, offset)))
        start = nil
      } else if start == nil, !isSeparator {
        start = offset
      }
    }
    return result
  }
}
