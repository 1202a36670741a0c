// Which rules a run of the linter looks for: the configuration that is found for a model, then the command line.
import Foundation
import ResNetCompiler
import ResNetDSL

extension LintSettings {
  /// The configuration that holds for a model, and what the command line says against it.
  init(_ arguments: Arguments, forModelAt path: String) throws(CommandError) {
    self.init()
    if arguments.has(.noConfig), arguments.has(.config) {
      throw .usage("'--no-config' and '--config' do not go together.")
    }
    if let file = arguments.has(.noConfig) ? nil : arguments.value(.config) ?? lintConfiguration(forModelAt: path) {
      let source = SourceFile(name: file, bytes: try lintFileBytes(file))
      var sink = Diagnostics()
      let read = readLintSettings(source, &sink)
      try DiagnosticOutput(arguments).show(sink, in: source)
      // Its diagnostics have been printed.
      guard let read else { throw .input }
      self = read
    }
    var typed = LintSettings(ignored: try arguments.selectors(.ignore))
    let chosen = try arguments.selectors(.select)
    if !chosen.isEmpty { typed.selected = chosen }
    for text in arguments.values(.level) {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let level = Severity(rawValue: parts[1]) else {
        throw .usage(
          "The value \(quoted(text)) is invalid for '--level'. It takes rules and error, warning or note, such as "
            + "RN105=error.")
      }
      typed.levels += try lintSelectors(parts[0], .level).map { LintSettings.Level($0, level) }
    }
    self = typed.over(self)
  }
}

extension Arguments {
  /// What all uses of an option select.
  fileprivate func selectors(_ name: OptionName) throws(CommandError) -> [LintSelector] {
    var result: [LintSelector] = []
    for text in values(name) { result += try lintSelectors(text, name) }
    return result
  }
}

/// `RN1,missing-size`.
private func lintSelectors(_ text: String, _ name: OptionName) throws(CommandError) -> [LintSelector] {
  let words = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  var result: [LintSelector] = []
  for word in words {
    guard let selector = LintSelector(word) else {
      throw .usage(
        "No rule is called \(quoted(word)), as '--\(name.rawValue)' says.\(didYouMean(word, LintSelector.words))",
        help: "'resnetc explain' lists the rules.")
    }
    result.append(selector)
  }
  if result.isEmpty { throw .usage("'--\(name.rawValue)' names no rule.") }
  return result
}

/// The nearest `.resnetlint` at or above the model's folder.
func lintConfiguration(forModelAt path: String) -> String? {
  let folder = path == "-" ? "." : URL(fileURLWithPath: path).deletingLastPathComponent().path
  var here = URL(fileURLWithPath: folder).standardizedFileURL
  while true {
    let file = here.appendingPathComponent(lintSettingsName).path
    var status = stat()
    // Also where it is a link to one; not a pipe, which would wait.
    if stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG { return file }
    let above = here.deletingLastPathComponent().standardizedFileURL
    if above.path == here.path { return nil }
    here = above
  }
}

/// The bytes of a configuration or a baseline.
func lintFileBytes(_ path: String) throws(CommandError) -> [UInt8] {
  do throws(FileFault) {
    if path.isEmpty { throw FileFault(action: "read", path: path, reason: "the name is empty") }
    return try readFile(path, limit: lintFileLimit)
  } catch {
    throw .files(error.message)
  }
}
