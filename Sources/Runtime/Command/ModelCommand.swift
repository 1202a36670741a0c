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
  do throws(CommandError) {
    switch words.first {
    case "classify": try classifyCommand(model, words.dropFirst())
    case "logits": try logitsCommand(model, words.dropFirst())
    case "bench": try benchCommand(model, words.dropFirst())
    case "pack": try packCommand(model, words.dropFirst())
    case "verify": return try verifyCommand(model, words.dropFirst())
    case "help", "--help", "-h":
      print(usage(of: model))
    case nil:
      writeError(usage(of: model))
      return 64
    case let word?:
      let commands = ["classify", "logits", "bench", "pack", "verify", "help"]
      let nearest = nearestName(to: word, in: commands).map { "; did you mean '\($0)'?" } ?? ""
      throw CommandError.usage(UsageError(message: "unknown subcommand '\(word)'\(nearest)"))
    }
    return 0
  } catch {
    switch error {
    case .usage(let error):
      writeError("Error: \(error.message)\nSee '\(model.name.lowercased()) --help' for more information.")
      return 64
    case .model(let error):
      writeError("Error: \(error.description)")
      return 1
    }
  }
}

/// Ends the process; here so that a generated command needs no import of its own.
package func exitProcess(_ code: Int32) -> Never { exit(code) }

func writeError(_ text: String) {
  // Straight to the descriptor: `stderr` is a mutable global.
  var line = text + "\n"
  line.withUTF8 { bytes in _ = write(2, bytes.baseAddress, bytes.count) }
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

private func usage(of model: ModelDescription) -> String {
  let name = model.name.lowercased()
  return """
    OVERVIEW: \(model.name), compiled to Swift by resnetc.

    USAGE: \(name) <subcommand>

    SUBCOMMANDS:
      classify IMAGE... --weights W [--labels L] [--top K]
                              Name the best classes of PPM or PNG images, with what the network ends in: the
                              percentages of its softmax or its sigmoid, or else its outputs as they are.
      logits --weights W --input IN --output OUT
                              Compute outputs, those before a softmax: raw little-endian float32, NCHW, one or more images.
      bench --weights W [--seconds S] [--per-layer] [--json]
                              Measure the time of a call, or of each of its layers.
      pack --weights W -o FILE
                              Pack weights once, into a file that --weights maps at every start after; for the kernels
                              that --isa names.
      pack --check FILE       Check a packed file, every byte of it.
      verify --weights W [--packed FILE] [--tolerance T]
                              Compare the kernels, or a packed file, with a plain computation, layer by layer.

    OPTIONS:
      --weights W             A safetensors file with torchvision's tensor names, a packed file, or random:SEED.
      --threads N             Threads that a call uses. (default: 1)
      --isa ISA               Which kernels: avx512, avx2, neon or portable. (default: those of a packed
                              file, or the best that runs here)
      -h, --help              Show help information.
    """
}
