// A command line taken apart as ArgumentParser does it: `--name value`, `--name=value`, `-o value`, `-ovalue`, operands
// anywhere, nothing but operands after `--`.
import ResNetDSL

/// What the user typed, checked against a subcommand's options.
struct Arguments {
  private(set) var operands: [String] = []
  private var values: [(name: OptionName, value: String?)] = []

  init(_ words: ArraySlice<String>, for command: Subcommand) throws(CommandError) {
    var rest = words
    var optionsEnd = false
    while let word = rest.popFirst() {
      if !optionsEnd, word == "--" {
        optionsEnd = true
      } else if optionsEnd || word == "-" || !word.hasPrefix("-") {
        operands.append(word)
      } else {
        try option(word, &rest, command)
      }
    }
    if has(.help) { return }
    try checkOperands(command)
  }

  func has(_ name: OptionName) -> Bool { values.contains { $0.name == name } }

  /// The value given for an option, if any.
  func value(_ name: OptionName) -> String? { values.last { $0.name == name }?.value }

  /// The values of an option that may be repeated.
  func values(_ name: OptionName) -> [String] { values.filter { $0.name == name }.compactMap(\.value) }

  /// One of `choices`, by its raw value.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: OptionName, _ standard: Choice
  ) throws(CommandError) -> Choice where Choice.RawValue == String {
    guard let text = value(name) else { return standard }
    guard let choice = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue)
      throw .usage(
        "The value \(quoted(text)) is invalid for '--\(name.rawValue)'."
          + didYouMean(text, names, or: "It takes \(alternatives(names))."))
    }
    return choice
  }

  // MARK: Taking apart

  private mutating func option(
    _ word: String, _ rest: inout ArraySlice<String>, _ command: Subcommand
  ) throws(CommandError) {
    var name = word
    var attached: String?
    if word.hasPrefix("--") {
      if let equals = word.firstIndex(of: "=") {
        name = String(word[..<equals])
        attached = String(word[word.index(after: equals)...])
      }
    } else if word.count > 2 {
      name = String(word.prefix(2))
      attached = String(word.dropFirst(2))
      if attached?.first == "=" { attached?.removeFirst() }
    }
    guard let option = command.options.first(where: { $0.long == name || $0.short.map { "-\($0)" } == name }) else {
      let names = command.options.map(\.long)
      throw .usage("Unknown option \(quoted(word)).\(didYouMean(name, names))")
    }
    if has(option.name), !option.isRepeatable { throw .usage("'\(option.long)' is given more than once.") }
    values.append((option.name, try value(of: option, attached, &rest)))
  }

  private func value(
    of option: Option, _ attached: String?, _ rest: inout ArraySlice<String>
  ) throws(CommandError) -> String? {
    switch option.value {
    case .none:
      guard attached == nil else { throw .usage("'\(option.long)' takes no value.") }
      return nil
    case .required(let placeholder):
      if let attached { return attached }
      // A word that looks like an option is most likely one whose value was forgotten before it.
      guard let next = rest.first, next == "-" || !next.hasPrefix("-") else {
        throw .usage("Missing value for '\(option.long) <\(placeholder)>'.")
      }
      return rest.popFirst()
    case .optional(_, let accepted):
      if let attached { return attached }
      guard let next = rest.first, accepted.contains(next) else { return nil }
      return rest.popFirst()
    }
  }

  private func checkOperands(_ command: Subcommand) throws(CommandError) {
    if operands.isEmpty, let missing = command.operands.first(where: \.isRequired) {
      throw .usage("Missing expected argument '\(missing.label)'.")
    }
    guard !command.operands.contains(where: \.isRepeating), operands.count > command.operands.count else { return }
    let extra = operands[command.operands.count]
    // `--dump-ir fold-batchnrm`: a name that was not taken as the option's value.
    for option in command.options where has(option.name) && value(option.name) == nil {
      guard case .optional(_, let accepted) = option.value, let near = suggestion(for: extra, among: accepted) else {
        continue
      }
      throw .usage("Unexpected argument \(quoted(extra)). Did you mean '\(option.long)=\(near)'?")
    }
    throw .usage("Unexpected argument \(quoted(extra)).")
  }
}

/// ` Did you mean 'x'?` with a blank before it, or else another sentence, or nothing.
func didYouMean(_ word: String, _ candidates: [String], or sentence: String = "") -> String {
  if let near = suggestion(for: word, among: candidates) { return " Did you mean '\(near)'?" }
  return sentence.isEmpty ? "" : " " + sentence
}
