// Every option of every subcommand, once: what is parsed and what `--help` prints are the same list.

/// An option's identity; its raw value is its long name.
enum OptionName: String, CaseIterable {
  case output, variant, set, isa, batch, exact, tuning, threads, seconds, noCommand = "no-command", quiet, templates,
    dumpIR = "dump-ir"
  case machine, measured
  case stopAfter = "stop-after", printMemory = "print-memory", depth, check, format, diagnostics, color, version, help
  case select, ignore, level, config, noConfig = "no-config", fix, unsafe, baseline, writeBaseline = "write-baseline"
  case blocks, stdio
  case model, key, rename, dialect, weights, line, name
  case language, prefix, singleFile = "single-file", staticArena = "static-arena", embedWeights = "embed-weights"
  case web, python
  case precision, keepFloat = "keep-float", ranges
}

/// What an option takes.
enum OptionValue {
  case none
  case required(String)
  /// Only a word that `accepts` is taken from the command line without `=`.
  case optional(String, accepts: [String])
}

/// An option of a subcommand.
struct Option {
  let name: OptionName
  var short: Character?
  var value = OptionValue.none
  var isRepeatable = false
  /// What shells may offer as its value; without any they offer files.
  var choices: [String] = []
  let help: String

  var long: String { "--" + name.rawValue }

  /// `-o, --output <folder>`.
  var label: String {
    let names = (short.map { "-\($0), " } ?? "") + long
    switch value {
    case .none: return names
    case .required(let placeholder): return "\(names) <\(placeholder)>"
    case .optional(let placeholder, _): return "\(names) [<\(placeholder)>]"
    }
  }

  static let common: [Option] = [
    Option(
      name: .diagnostics, value: .required("style"), choices: DiagnosticOutput.Style.allCases.map(\.rawValue),
      help: "How errors are shown: plain, color or json. (default: plain, in color on a terminal)"),
    Option(
      name: .color, value: .required("when"), choices: DiagnosticOutput.When.allCases.map(\.rawValue),
      help: "Color errors: auto, always or never. NO_COLOR and FORCE_COLOR are heeded. (default: auto)"),
    Option(name: .help, short: "h", help: "Show help information."),
  ]

  static let selection: [Option] = [
    Option(name: .variant, value: .required("name"), help: "The column of a family, such as 50."),
    Option(
      name: .set, value: .required("name=value"), isRepeatable: true,
      help: "The value of a family's parameter, such as n=9. May be repeated."),
  ]
}

/// A word that is no option.
struct Operand {
  let name: String
  let help: String
  var isRequired = true
  var isRepeating = false
  var completion = Completion.models

  /// What shells offer for it.
  enum Completion {
    case models, folders, files
    case words([String])
  }

  /// Networks to print.
  static let models = Operand(
    name: "model", help: "One or more .rn files; - reads standard input. Of a family, every variant is printed.",
    isRepeating: true)

  var label: String { "<\(name)>" + (isRepeating ? " ..." : "") }
}
