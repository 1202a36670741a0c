// Help in the layout that ArgumentParser made familiar: labels in a column of 26, explanations wrapped beside them.

private let labelWidth = 26
private let width = 100

/// Of `resnetc` itself: the default subcommand's arguments and options, then the subcommands.
func helpText() -> String {
  let version = Option(name: .version, help: "Show the version.")
  let options = Subcommand.compile.options.dropLast() + [version] + Subcommand.compile.options.suffix(1)
  return """
    OVERVIEW: Compile a residual network, written like Table 1 of its paper, to Swift or C.

    USAGE: resnetc <model> --output <folder> [<options>]
           resnetc <subcommand>

    \(operandSection(Subcommand.compile.operands))\(section("OPTIONS", options.map { ($0.label, $0.help) }))
    \(section("SUBCOMMANDS", Subcommand.all.map { command in
      (command.name + (command.name == Subcommand.compile.name ? " (default)" : ""), command.overview)
    }))
      See 'resnetc help <subcommand>' for detailed help.

    """
}

/// Of a subcommand.
func helpText(_ command: Subcommand) -> String {
  """
  OVERVIEW: \(command.overview)

  USAGE: resnetc \(command.name) \(command.usage)

  \(operandSection(command.operands))\(section("OPTIONS", command.options.map { ($0.label, $0.help) }))
  """
}

/// `Usage: resnetc ...`, with its newline.
func usageLine(_ command: Subcommand?) -> String {
  guard let command else { return "Usage: resnetc <model> --output <folder> [<options>]\n" }
  return "Usage: resnetc \(command.name) \(command.usage)\n"
}

private func operandSection(_ operands: [Operand]) -> String {
  operands.isEmpty ? "" : section("ARGUMENTS", operands.map { ($0.label, $0.help) }) + "\n"
}

private func section(_ title: String, _ entries: [(label: String, help: String)]) -> String {
  var text = title + ":\n"
  for entry in entries {
    let label = "  " + entry.label
    let lines = wrapped(entry.help, to: width - labelWidth)
    let margin = String(repeating: " ", count: labelWidth)
    if label.count < labelWidth - 1 {
      text += label + String(repeating: " ", count: labelWidth - label.count)
      text += lines.joined(separator: "\n" + margin) + "\n"
    } else {
      text += label + "\n" + lines.map { margin + $0 + "\n" }.joined()
    }
  }
  return text
}

private func wrapped(_ text: String, to width: Int) -> [String] {
  var lines: [String] = []
  for word in text.split(separator: " ") {
    if let last = lines.last, last.count + 1 + word.count <= width {
      lines[lines.count - 1] = last + " " + word
    } else {
      lines.append(String(word))
    }
  }
  return lines
}

/// Up to the first full stop that ends a line or precedes a space.
func firstSentence(_ text: String) -> String {
  var sentence = ""
  for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
    if line.isEmpty { break }
    for word in line.split(separator: " ") {
      sentence += (sentence.isEmpty ? "" : " ") + word
      if word.hasSuffix(".") { return sentence }
    }
  }
  return sentence
}
