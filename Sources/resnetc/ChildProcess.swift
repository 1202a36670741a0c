// Runs other programs, such that an interrupted run leaves neither them nor anything of its own behind.
import Foundation
import ResNetDSL

/// A folder for what a run needs while it lasts.
struct ScratchFolder {
  let path: String

  /// Makes a folder with a name of its own where the system keeps such.
  init(named name: String) throws(FileFault) {
    var parent = FileManager.default.temporaryDirectory.path
    while parent.count > 1, parent.hasSuffix("/") { parent.removeLast() }
    let template = "\(parent)/\(name)-XXXXXX"
    var bytes = Array(template.utf8CString)
    guard bytes.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) != nil else {
      throw FileFault(
        action: "make a folder in", path: parent, reason: systemMessage(errno),
        help: "Set TMPDIR to a folder that takes files.")
    }
    path = String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Turns signals that would end this program into an error that unwinds it.
enum Interruption {
  /// The signal that came, or 0. A handler may write nothing else.
  nonisolated(unsafe) private static var received: sig_atomic_t = 0

  static func watch() {
    // Whoever started us from a thread of a pool blocked all signals, and our children would inherit that.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      // What our caller ignores (nohup) stays ignored.
      var old = sigaction()
      if sigaction(signal, nil, &old) == 0, ignores(old) { continue }
      Foundation.signal(signal) { number in Interruption.received = sig_atomic_t(number) }
    }
  }

  static func check() throws(CommandError) {
    if received != 0 { throw .interrupted(signal: Int32(received)) }
  }

  private static func ignores(_ action: sigaction) -> Bool {
    #if os(Linux)
      unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    #else
      unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self) == 1
    #endif
  }
}

/// What a program said, and how it ended.
struct ChildResult {
  /// 128 and more: by a signal.
  let code: Int32
  let output: String
  let errors: String

  /// The end of what it said, for a message.
  func tail(lines count: Int) -> String {
    let lines = (errors.isEmpty ? output : errors).split(separator: "\n")
    return lines.suffix(count).map { "\n  " + terminalSafe(String($0)) }.joined()
  }
}

/// Runs a program that is looked for where a shell would, and waits for its end. Its output goes through files in
/// `scratch`: nothing can block on a full pipe.
func runChild(_ words: [String], scratch: String) throws(CommandError) -> ChildResult {
  try Interruption.check()
  let paths = ["out", "err"].map { "\(scratch)/child.\($0)" }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = words
  process.currentDirectoryURL = URL(fileURLWithPath: scratch)
  // SwiftPM leaves locks there.
  process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": scratch]) { $1 }
  do {
    for path in paths { try Data().write(to: URL(fileURLWithPath: path)) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: paths[0]))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: paths[1]))
    try process.run()
  } catch {
    throw .failed("Cannot run '\(words[0])': \(error.localizedDescription).")
  }
  do throws(CommandError) {
    while process.isRunning {
      usleep(20_000)
      try Interruption.check()
    }
  } catch {
    end(process)
    throw error
  }
  process.waitUntilExit()
  let texts = paths.map { path in
    // Far more than a build says; the rest is not needed.
    String(decoding: (try? readFile(path, limit: 1 << 24)) ?? [], as: UTF8.self)
  }
  let signalled = process.terminationReason == .uncaughtSignal
  return ChildResult(
    code: process.terminationStatus + (signalled ? 128 : 0), output: texts[0], errors: texts[1])
}

/// Ends a program and what it started, which is a group of processes; by force if it takes its time.
private func end(_ process: Process) {
  let id = process.processIdentifier
  for signal in [SIGINT, SIGTERM, SIGKILL] {
    if kill(-id, signal) != 0 { kill(id, signal) }
    for _ in 0..<50 where process.isRunning { usleep(20_000) }
    if !process.isRunning { break }
  }
  process.waitUntilExit()
}
