// `resnetc explain CODE`: what an error means and what to do about it.
import ResNetDSL

extension Subcommand {
  static let explain = Subcommand(
    name: "explain",
    overview: "Explain the code of an error, such as size-mismatch.",
    usage: "[<code>]",
    operands: [
      Operand(
        name: "code", help: "The word in brackets; without one, all are listed.", isRequired: false,
        completion: .words(DiagnosticCatalog.all.map(\.name)))
    ],
    options: [Option(name: .help, short: "h", help: "Show help information.")],
    run: runExplain)
}

private func runExplain(_ arguments: Arguments) throws(CommandError) -> Int32 {
  guard let name = arguments.operands.first else {
    try output(DiagnosticCatalog.all.map { "\($0.name)\n    \(firstSentence($0.explanation))\n" }.joined())
    return ExitCode.success
  }
  // As it stands in a message: error[size-mismatch].
  var code = name
  for prefix in ["error", "warning"] where code.hasPrefix(prefix + "[") && code.hasSuffix("]") {
    code = String(code.dropFirst(prefix.count + 1).dropLast())
  }
  guard let entry = DiagnosticCatalog.code(named: code) else {
    let near = DiagnosticCatalog.suggestion(for: code).map { " Did you mean '\($0)'?" } ?? ""
    throw .usage("There is no code \(quoted(code)).\(near)", help: "'resnetc explain' lists them all.")
  }
  try output("\(entry.name)\n\n\(entry.explanation)\n")
  return ExitCode.success
}
