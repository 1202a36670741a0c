// `resnetc explain CODE`: what an error or a finding of the linter means and what to do about it.
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let explain = Subcommand(
    name: "explain",
    overview: "Explain the code of an error, such as size-mismatch, or of a lint rule, such as RN101.",
    usage: "[<code>]",
    operands: [
      Operand(
        name: "code", help: "The word in brackets; without one, all are listed.", isRequired: false,
        completion: .words(LintRule.all.flatMap { [$0.code.name, $0.name] } + DiagnosticCatalog.all.map(\.name)))
    ],
    options: [Option(name: .help, short: "h", help: "Show help information.")],
    run: runExplain)
}

private func runExplain(_ arguments: Arguments) throws(CommandError) -> Int32 {
  guard let name = arguments.operands.first else {
    try output(list)
    return ExitCode.success
  }
  // As it stands in a message: error[size-mismatch].
  // With the colon after it, if it was copied so.
  var code = name.hasSuffix(":") ? String(name.dropLast()) : name
  for severity in Severity.allCases where code.hasPrefix(severity.rawValue + "[") && code.hasSuffix("]") {
    code = String(code.dropFirst(severity.rawValue.count + 1).dropLast())
  }
  // The code of a rule stands before its name.
  if let first = code.split(separator: " ").first { code = String(first) }
  if let rule = LintRule.named(code) {
    try output(explanation(of: rule))
    return ExitCode.success
  }
  let selector = LintSelector(code)
  let selected = LintRule.all.filter { rule in selector.map { $0.selects(rule) } ?? false }
  if !selected.isEmpty {
    try output(selected.map(summary).joined())
    return ExitCode.success
  }
  guard let entry = DiagnosticCatalog.code(named: code) else {
    let near =
      DiagnosticCatalog.suggestion(for: code)
      ?? suggestion(for: code, among: LintRule.all.flatMap { [$0.name, $0.code.name] })
    throw .usage(
      "There is no code \(quoted(code)).\(near.map { " Did you mean '\($0)'?" } ?? "")",
      help: "'resnetc explain' lists them all.")
  }
  try output("\(entry.name)\n\n\(entry.explanation)\n")
  return ExitCode.success
}

/// Every code with a sentence: rules by group, then errors.
private var list: String {
  var text = ""
  for group in LintGroup.allCases {
    text += "Lint rules, \(group.name) (RN\(group.rawValue)): \(group.summary)\n\n"
    for rule in LintRule.all where rule.group == group {
      text += summary(rule)
    }
    text += "\n"
  }
  return text + "Errors\n\n"
    + DiagnosticCatalog.all.map { "\($0.name)\n    \(firstSentence($0.explanation))\n" }.joined()
}

private func summary(_ rule: LintRule) -> String {
  "\(rule.code.text) (\(rule.level.rawValue))\n    \(firstSentence(rule.code.explanation))\n"
}

private func explanation(of rule: LintRule) -> String {
  func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "    " + $0 }
      .joined(separator: "\n")
  }
  return """
    \(rule.code.text)

    \(rule.code.explanation)

    Group \(rule.group.name), \(rule.level.rawValue) unless set otherwise. Found in

    \(indented(rule.example))
    and not in

    \(indented(rule.remedy))
    """
}
