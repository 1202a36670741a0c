// The subcommands, in one list, and the dispatch. `resnetc MODEL -o FOLDER` is `resnetc compile MODEL -o FOLDER`.
import Foundation
import ResNetCompiler
import ResNetDSL

/// One verb of the command.
struct Subcommand: Sendable {
  let name: String
  /// A sentence for the overview.
  let overview: String
  /// What follows the name in the line of usage.
  let usage: String
  let operands: [Operand]
  let options: [Option]
  /// The exit code for an error that is no finding; `nil` leaves it to the error.
  var failureCode: Int32?
  let run: @Sendable (Arguments) throws(CommandError) -> Int32

  static let all = [
    compile, ensemble, convert, weights, decompile, report, diagram, table, diff, export, reproduce, lint, fmt, lsp,
    grammar, tune, calibrate, predict, explain, completions,
  ]

  static func named(_ name: String) -> Subcommand? { all.first { $0.name == name } }
}

/// Runs a command line, the program's name not included, and gives the exit code.
func runCommand(_ words: ArraySlice<String>) -> Int32 {
  var command: Subcommand?
  do throws(CommandError) {
    switch words.first {
    case nil:
      // Called without anything, it cannot do what it is for.
      errorOutput(helpText())
      return ExitCode.usage
    case "-h", "--help":
      try output(helpText())
      return ExitCode.success
    case "--version":
      guard words.count == 1 else { throw .usage("'--version' stands alone.") }
      try output(resnetcVersion + "\n")
      return ExitCode.success
    case "help":
      return try help(words.dropFirst())
    default:
      break
    }
    var rest = words
    if let first = words.first, let named = Subcommand.named(first) {
      command = named
      rest = words.dropFirst()
    } else {
      try checkFirstWord(words)
      command = .compile
    }
    guard let command else { return ExitCode.usage }
    let arguments = try Arguments(rest, for: command)
    if arguments.has(.help) {
      try output(helpText(command))
      return ExitCode.success
    }
    return try command.run(arguments)
  } catch {
    report(error, of: command)
    return command?.failureCode ?? error.exitCode
  }
}

private func help(_ words: ArraySlice<String>) throws(CommandError) -> Int32 {
  guard let name = words.first else {
    try output(helpText())
    return ExitCode.success
  }
  guard let command = Subcommand.named(name) else {
    throw .usage("Unknown subcommand \(quoted(name)).\(didYouMean(name, Subcommand.all.map(\.name)))")
  }
  try output(helpText(command))
  return ExitCode.success
}

/// A word that is no file, but nearly a subcommand, is a misspelt subcommand.
private func checkFirstWord(_ words: ArraySlice<String>) throws(CommandError) {
  let names = Subcommand.all.map(\.name) + ["help"]
  guard let word = words.first, !word.hasPrefix("-"), let near = suggestion(for: word, among: names),
    !FileManager.default.fileExists(atPath: word)
  else { return }
  throw .usage("Unknown subcommand \(quoted(word)). Did you mean '\(near)'?")
}

private func report(_ error: CommandError, of command: Subcommand?) {
  switch error {
  case .usage(let message, let help):
    var text = "Error: \(message)\n"
    if let help { text += "Help:  \(help)\n" }
    text += usageLine(command) + "  See 'resnetc \(command.map { $0.name + " " } ?? "")--help' for more information.\n"
    errorOutput(text)
  case .interrupted:
    errorOutput("Interrupted. Nothing was written.\n")
  case .files(let message, let help), .failed(let message, let help):
    errorOutput("Error: \(message)\n" + (help.map { "Help:  \($0)\n" } ?? ""))
  case .inputMessage(let message):
    errorOutput("Error: \(message)\n")
  case .input:
    break
  }
}
