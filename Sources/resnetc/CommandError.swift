// How a run can end other than well. The exit codes are those of BSD's sysexits, as Swift's own commands use them.

enum ExitCode {
  static let success: Int32 = 0
  /// The input has errors.
  static let input: Int32 = 1
  /// The command line is wrong.
  static let usage: Int32 = 64
  /// A build or a measurement did not work.
  static let failed: Int32 = 70
  /// A file cannot be read or written, or stands in the way.
  static let files: Int32 = 74
}

/// Why a command stopped.
enum CommandError: Error {
  /// The command line of a subcommand, or of `resnetc` itself, is wrong.
  case usage(String, help: String? = nil)
  /// A sentence, and the way out.
  case files(String, help: String? = nil)
  /// Diagnostics were printed.
  case input
  /// Something besides the model's text is wrong; there are no diagnostics.
  case inputMessage(String)
  /// Something that a run needs besides its input did not work: a toolchain, a build.
  case failed(String, help: String? = nil)
  /// By a signal, or by Control-C.
  case interrupted(signal: Int32)

  var exitCode: Int32 {
    switch self {
    case .usage: ExitCode.usage
    case .files: ExitCode.files
    case .input, .inputMessage: ExitCode.input
    case .failed: ExitCode.failed
    case .interrupted(let signal): 128 + signal
    }
  }
}
