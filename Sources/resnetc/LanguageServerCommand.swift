// `resnetc lsp`: the language server between standard input and standard output. Nothing else may be printed there; what
// is worth a word goes to standard error.
import Foundation
import ResNetCompiler
import ResNetDSL
import ResNetLanguageServer

extension Subcommand {
  static let lsp = Subcommand(
    name: "lsp",
    overview: "Serve an editor: the Language Server Protocol on standard input and output.",
    usage: "[<options>]",
    operands: [],
    options: [
      Option(name: .stdio, help: "Talk over standard input and output, as it does anyway; some editors say so."),
      Option(name: .help, short: "h", help: "Show help information."),
    ],
    run: runLanguageServer)
}

private func runLanguageServer(_ arguments: Arguments) throws(CommandError) -> Int32 {
  // A client that went away is an error of writing, not a signal.
  signal(SIGPIPE, SIG_IGN)
  var server = LanguageServer(version: resnetcVersion, lintSettings: lintSettings)
  var reader = FrameReader()
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = chunk.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return server.exitCodeAtEnd }
    reader.append(chunk[..<count])
    while let frame = reader.next() {
      let answer = server.handle(frame)
      for line in server.takeLog() { errorOutput("resnetc lsp: \(line)\n") }
      if let answer { try send(answer) }
      if let code = server.exitCode { return code }
    }
    for message in server.publish() { try send(message) }
  }
}

private func send(_ message: [UInt8]) throws(CommandError) {
  if let code = writeAll(FrameReader.frame(message), to: STDOUT_FILENO) {
    throw .files("Cannot write to standard output: \(systemMessage(code)).")
  }
}

/// What `.resnetlint` says for a document.
@Sendable private func lintSettings(_ uri: String) -> LintConfiguration {
  guard let url = URL(string: uri), url.isFileURL, let file = lintConfiguration(forModelAt: url.path) else {
    return LintConfiguration()
  }
  guard let bytes = try? lintFileBytes(file) else { return LintConfiguration(fault: "\(file) cannot be read") }
  let source = SourceFile(name: file, bytes: bytes)
  var sink = Diagnostics()
  if let settings = readLintSettings(source, &sink) { return LintConfiguration(settings) }
  let fault = sink.all.first.map { ":\(source.position(at: $0.primary.span.start).line): \($0.message)" } ?? ""
  return LintConfiguration(fault: file + fault)
}
