// SPDX-License-Identifier: Apache-2.0
// The command that every generated package brings: classify images, compute raw logits, measure, pack
// weights, verify.
// Exit codes: 0; 1 where the model or its files are at fault; 64 where the command line is.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs the command line of a generated model.
///
/// - Parameter arguments: the program's, its own name first.
/// - Returns: the exit code.
package func runModelCommand(_ model: ModelDescription, _ arguments: [String]) -> Int32 {
  let words = arguments.dropFirst()
  // Whose help tells more.
  var asked = ""
  do throws(CommandError) {
    switch words.first {
    case "help", "--help", "-h":
      guard let word = words.dropFirst().first else {
        print(Subcommand.overview(of: model))
        return 0
      }
      print(try subcommand(word, of: model).help(of: model))
      return 0
    case nil:
      writeError(Subcommand.overview(of: model))
      return 64
    case let word?:
      let command = try subcommand(word, of: model)
      let rest = words.dropFirst()
      asked = " \(word)"
      guard !rest.contains("--help"), !rest.contains("-h") else {
        print(command.help(of: model))
        return 0
      }
      return try run(command, of: model, Arguments(rest, of: command))
    }
  } catch {
    switch error {
    case .usage(let error):
      writeError("Error: \(error.message)\nSee '\(model.name.lowercased())\(asked) --help' for more information.")
      return 64
    case .model(let error):
      writeError("Error: \(error.description)")
      return 1
    }
  }
}

private func subcommand(_ word: String, of model: ModelDescription) throws(CommandError) -> Subcommand {
  let all = Subcommand.all(of: model)
  if let command = Subcommand(rawValue: word) {
    guard all.contains(command) else {
      let ensemble = "\(model.name) is an ensemble of \(model.members.count)"
      let way = "compile the one that is meant by itself"
      let message =
        switch command {
        case .embed:
          "'embed' writes what one network computes its classes from, and \(ensemble), each with its own: \(way)"
        case .quantize: "'quantize' chooses the ranges of one network, and \(ensemble): \(way)"
        default:
          "'logits' writes the outputs of one network, and \(ensemble), of which only scores have a mean: write "
            + "these with 'evaluate --scores', or \(way)"
        }
      throw .usage(UsageError(message: message))
    }
    return command
  }
  let names = all.map(\.rawValue) + ["help"]
  let nearest = nearestName(to: word, in: names).map { "; did you mean '\($0)'?" } ?? ""
  throw .usage(UsageError(message: "unknown subcommand '\(word)'\(nearest)"))
}

private func run(
  _ command: Subcommand, of model: ModelDescription, _ arguments: Arguments
) throws(CommandError) -> Int32 {
  switch command {
  case .classify: return try classifyCommand(model, arguments)
  case .evaluate: return try evaluateCommand(model, arguments)
  case .embed: return try embedCommand(model, arguments)
  case .logits: try logitsCommand(model, arguments)
  case .bench: try benchCommand(model, arguments)
  case .pack: return try packCommand(model, arguments)
  case .quantize: return try quantizeCommand(model, arguments)
  case .verify: return try verifyCommand(model, arguments)
  }
  return 0
}

/// Ends the process; here so that a generated command needs no import of its own.
package func exitProcess(_ code: Int32) -> Never { exit(code) }

func writeError(_ text: String) { writeToStandardError(text + "\n") }

/// Without the end of a line.
func writeToStandardError(_ text: String) {
  // Straight to the descriptor: `stderr` is a mutable global.
  var text = text
  text.withUTF8 { bytes in _ = write(2, bytes.baseAddress, bytes.count) }
}

/// What is worth knowing and no error.
func writeNotes(_ notes: [String]) {
  for note in notes { writeError("Note: \(note)") }
}

/// Runs `body`, whose errors are the model's.
func modelErrors<Result: ~Copyable>(
  _ body: () throws(ModelError) -> Result
) throws(CommandError) -> Result {
  do {
    return try body()
  } catch {
    throw .model(error)
  }
}
