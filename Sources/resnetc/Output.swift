// Standard output and standard error, written whole; a full disk behind a redirection is an error like any other.
import Foundation

/// Writes to standard output.
func output(_ text: String) throws(CommandError) {
  if let code = writeAll(Array(text.utf8), to: STDOUT_FILENO) {
    throw .files("Cannot write to standard output: \(systemMessage(code)).")
  }
}

/// Writes to standard error; there is nobody to tell where that fails.
func errorOutput(_ text: String) {
  _ = writeAll(Array(text.utf8), to: STDERR_FILENO)
}

/// What the system calls an error number.
func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
