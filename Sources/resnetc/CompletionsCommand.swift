// `resnetc completions SHELL`: what a shell may offer, made of the same list of subcommands and options that is parsed.
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let completions = Subcommand(
    name: "completions",
    overview: "Print a script that completes resnetc's words in bash, zsh or fish.",
    usage: "<shell>",
    operands: [
      Operand(
        name: "shell",
        help: "bash: source it. zsh: save it as _resnetc in a folder of $fpath. fish: save it in completions/.",
        completion: .words(Shell.allCases.map(\.rawValue)))
    ],
    options: [Option(name: .help, short: "h", help: "Show help information.")],
    run: runCompletions)
}

enum Shell: String, CaseIterable { case bash, zsh, fish }

private func runCompletions(_ arguments: Arguments) throws(CommandError) -> Int32 {
  guard let name = arguments.operands.first, let shell = Shell(rawValue: name) else {
    let names = Shell.allCases.map(\.rawValue)
    let given = arguments.operands.first ?? ""
    throw .usage(
      "There is no script for \(quoted(given)).\(didYouMean(given, names, or: "It takes \(alternatives(names))."))")
  }
  switch shell {
  case .bash: try output(bashCompletions(Subcommand.all))
  case .zsh: try output(zshCompletions(Subcommand.all))
  case .fish: try output(fishCompletions(Subcommand.all))
  }
  return ExitCode.success
}

extension Option {
  fileprivate var spellings: [String] { (short.map { ["-\($0)"] } ?? []) + [long] }

  /// Whether the next word is its value, and the words to offer for it.
  fileprivate var values: [String]? {
    switch value {
    case .none: nil
    case .required: choices
    case .optional(_, let accepts): accepts
    }
  }

  /// Whether its value may be left out.
  fileprivate var hasOptionalValue: Bool { if case .optional = value { true } else { false } }

  fileprivate var summary: String {
    let sentence = firstSentence(help)
    return sentence.last == "." ? String(sentence.dropLast()) : sentence
  }
}

private func bashCompletions(_ commands: [Subcommand]) -> String {
  let names = commands.map(\.name)
  func offer(_ words: [String]) -> String { "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$word\"))" }
  let values = commands.flatMap { command in
    command.options.compactMap { option -> String? in
      guard let values = option.values else { return nil }
      let pattern = option.spellings.map { "\(command.name):\($0)" }.joined(separator: "|")
      // The value of an optional one may be missing: then the word is another option.
      let action = values.isEmpty ? "COMPREPLY=($(compgen -f -- \"$word\"))" : offer(values)
      return
        "    \(pattern)) \(option.hasOptionalValue ? "[[ $word == -* ]] || { \(action); return; }" : "\(action); return")"
        + " ;;"
    }
  }
  let cases = commands.map { command in
    let options = offer(command.options.map(\.long))
    let operands =
      switch command.operands.first?.completion {
      case .words(let words)?: offer(words)
      case .folders?: "COMPREPLY=($(compgen -d -- \"$word\"))"
      case .files?: "COMPREPLY=($(compgen -f -- \"$word\"))"
      case .models?, nil: "COMPREPLY=($(compgen -f -X '!*.rn' -- \"$word\") $(compgen -d -- \"$word\"))"
      }
    return "    \(command.name)) if [[ $word == -* ]]; then \(options); else \(operands); fi ;;"
  }
  return """
    # bash completion for resnetc.
    _resnetc() {
      local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=compile name
      COMPREPLY=()
      if ((COMP_CWORD > 1)); then
        for name in \(names.joined(separator: " ")); do
          [[ ${COMP_WORDS[1]} == "$name" ]] && command=$name
        done
      fi
      case $command:$previous in
    \(values.joined(separator: "\n"))
      esac
      case $command in
    \(cases.joined(separator: "\n"))
      esac
      if ((COMP_CWORD == 1)); then
        COMPREPLY+=($(compgen -W '\((names + ["help", "--version"]).joined(separator: " "))' -- "$word"))
      fi
    }
    complete -o filenames -F _resnetc resnetc

    """
}

private func zshCompletions(_ commands: [Subcommand]) -> String {
  /// In the brackets of an `_arguments` specification.
  func plain(_ text: String) -> String {
    text.map { "[]:\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  }
  func specification(_ option: Option) -> [String] {
    let repeats = option.isRepeatable ? "*" : ""
    return option.spellings.map { spelling in
      var text = "\(repeats)\(spelling)[\(plain(option.summary))]"
      switch option.value {
      case .none: break
      case .required(let name), .optional(let name, _):
        let values = option.values ?? []
        text +=
          (option.hasOptionalValue ? "::" : ":") + name + ":"
          + (values.isEmpty ? "_files" : "(\(values.joined(separator: " ")))")
      }
      return shellQuoted(text)
    }
  }
  func operand(_ command: Subcommand) -> String {
    guard let operand = command.operands.first else { return "" }
    let action =
      switch operand.completion {
      case .words(let words): "(\(words.joined(separator: " ")))"
      case .folders: "_files -/"
      case .files: "_files"
      case .models: "_files -g \"*.rn\""
      }
    return shellQuoted("*:\(operand.name):\(action)")
  }
  let cases = commands.map { command in
    let lines = command.options.flatMap(specification) + [operand(command)]
    return "    \(command.name)) _arguments \\\n      " + lines.joined(separator: " \\\n      ") + " ;;"
  }
  let names = commands.map { "    " + shellQuoted("\($0.name):\($0.overview)") }
  return """
    #compdef resnetc
    # zsh completion for resnetc.
    _resnetc() {
      local -a commands
      local command=compile
      commands=(
    \(names.joined(separator: "\n"))
      )
      if (( CURRENT == 2 )); then
        _describe command commands
      elif [[ ${words[2]} == (\(commands.map(\.name).joined(separator: "|"))) ]]; then
        command=${words[2]}
        shift words
        (( CURRENT-- ))
      fi
      case $command in
    \(cases.joined(separator: "\n"))
      esac
    }
    if [[ ${funcstack[1]} == _resnetc ]]; then _resnetc "$@"; else compdef _resnetc resnetc; fi

    """
}

private func fishCompletions(_ commands: [Subcommand]) -> String {
  let others = commands.map(\.name).filter { $0 != "compile" }
  var lines = ["# fish completion for resnetc.", "complete -c resnetc -f"]
  for command in commands {
    lines.append("complete -c resnetc -n __fish_use_subcommand -a \(command.name) -d \(shellQuoted(command.overview))")
    // Without a subcommand it compiles.
    let condition =
      command.name == "compile"
      ? "not __fish_seen_subcommand_from \(others.joined(separator: " "))"
      : "__fish_seen_subcommand_from \(command.name)"
    let start = "complete -c resnetc -n \(shellQuoted(condition))"
    switch command.operands.first?.completion {
    case .words(let words)?: lines.append("\(start) -a \(shellQuoted(words.joined(separator: " ")))")
    case .folders?: lines.append("\(start) -a '(__fish_complete_directories)'")
    case .files?: lines.append("\(start) -F")
    case .models?: lines.append("\(start) -a '(__fish_complete_suffix .rn)'")
    case nil: break
    }
    for option in command.options {
      var line = start + (option.short.map { " -s \($0)" } ?? "") + " -l \(option.name.rawValue)"
      switch option.value {
      case .none: break
      case .required:
        line += option.choices.isEmpty ? " -r -F" : " -x -a \(shellQuoted(option.choices.joined(separator: " ")))"
      case .optional(_, let accepts): line += " -a \(shellQuoted(accepts.joined(separator: " ")))"
      }
      lines.append(line + " -d \(shellQuoted(option.summary))")
    }
  }
  return lines.joined(separator: "\n") + "\n"
}
