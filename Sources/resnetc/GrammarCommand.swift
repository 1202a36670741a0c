// `resnetc grammar`: the TextMate grammar of the language, made of the same descriptions as the parser.
import ResNetLanguageServer

extension Subcommand {
  static let grammar = Subcommand(
    name: "grammar",
    overview: "Print the TextMate grammar of .rn files, with which editors color them.",
    usage: "[<options>]",
    operands: [],
    options: [Option(name: .help, short: "h", help: "Show help information.")],
    run: runGrammar)
}

private func runGrammar(_ arguments: Arguments) throws(CommandError) -> Int32 {
  try output(TextMateGrammar.text)
  return ExitCode.success
}
