// Runs programs.
import Foundation

struct CommandFailure: Error, CustomStringConvertible {
  var description: String
}

struct CommandResult {
  var status: Int32
  /// Standard output, then standard error.
  var output: String
  var seconds: Double
}

/// Runs a program found on the search path, or given by its path. Its output goes through files: nothing can fill up.
func execute(_ program: String, _ arguments: [String], in folder: URL? = nil) throws -> CommandResult {
  try withTemporaryFolder { logs in
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = folder
    let paths = ["out", "err"].map { logs.appending(path: $0) }
    for path in paths { _ = FileManager.default.createFile(atPath: path.path, contents: nil) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: paths[0])
    process.standardError = try FileHandle(forWritingTo: paths[1])
    let start = ContinuousClock.now
    try process.run()
    process.waitUntilExit()
    let time = (ContinuousClock.now - start).components
    let text = try paths.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }.joined()
    return CommandResult(
      status: process.terminationStatus, output: text,
      seconds: Double(time.seconds) + Double(time.attoseconds) * 1e-18)
  }
}

/// The same for a program that must succeed.
@discardableResult
func run(_ program: String, _ arguments: [String], in folder: URL? = nil) throws -> CommandResult {
  let result = try execute(program, arguments, in: folder)
  guard result.status == 0 else {
    throw CommandFailure(
      description: "\(program) \(arguments.joined(separator: " ")) exited with \(result.status):\n\(result.output)")
  }
  return result
}

/// Whether a program is on the search path.
func isInstalled(_ program: String) -> Bool {
  ((try? execute("sh", ["-c", "command -v \(program)"]))?.status ?? 1) == 0
}
