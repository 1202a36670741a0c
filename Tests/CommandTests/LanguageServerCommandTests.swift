// `resnetc lsp` as an editor runs it: the built binary behind two pipes.

import Foundation
import TestTiers
import Testing

struct LanguageServerCommandTests {
  private let initialize = #"{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}"#
  private let shutdown = #"{"jsonrpc": "2.0", "id": 9, "method": "shutdown"}"#
  private let exit = #"{"jsonrpc": "2.0", "method": "exit"}"#

  private func frame(_ message: String) -> String { "Content-Length: \(message.utf8.count)\r\n\r\n\(message)" }

  private func frames(_ messages: String...) -> String { messages.map(frame).joined() }

  /// The messages in a stream, which must hold nothing else.
  private func messages(_ stream: String) throws -> [String] {
    var rest = Array(stream.utf8)[...]
    var result: [String] = []
    while !rest.isEmpty {
      let end = try #require(rest.firstRange(of: Array("\r\n\r\n".utf8)))
      let header = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
      let length = try #require(Int(header.dropFirst("Content-Length: ".count)), "\(header)")
      let body = rest[end.upperBound...].prefix(length)
      #expect(body.count == length)
      result.append(String(decoding: body, as: UTF8.self))
      rest = rest[body.endIndex...]
    }
    return result
  }

  private func open(_ text: String) -> String {
    #"{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {"uri": "f:/é.rn", "#
      + #""languageId": "rn", "version": 1, "text": "\#(text.replacing("\n", by: "\\n"))"}}}"#
  }

  private let hover =
    #"{"jsonrpc": "2.0", "id": 5, "method": "textDocument/hover", "params": {"textDocument": {"uri": "f:/é.rn"}, "#
    + #""position": {"line": 3, "character": 0}}}"#

  private let hoverText =
    #"**conv1**\n\n| output | parameters | MACs | receptive field | activations |\n| :-- | --: | --: | --: | --: |\n"#
    + #"| 8x8x8 | 232 | 13,824 | 3x3 | 512 |"#

  @Test func coalescedFrames() throws {
    let run = try Sandbox().run("lsp", input: frames(initialize, open(tinyModel), hover, shutdown, exit))
    #expect(run.code == 0 && run.err.isEmpty)
    let answers = try messages(run.out)
    #expect(answers.count == 3)
    #expect(answers[0].hasPrefix(#"{"id":1,"jsonrpc":"2.0","result":{"capabilities":"#))
    #expect(answers[1].contains(hoverText))
    #expect(answers[2] == #"{"id":9,"jsonrpc":"2.0","result":null}"#)
  }

  @Test func exitCodes() throws {
    let sandbox = try Sandbox()
    #expect(try sandbox.run("lsp", input: frames(initialize, exit)).code == 1)
    #expect(try sandbox.run("lsp", input: frames(exit)).code == 1)
    #expect(try sandbox.run("lsp", input: "").code == 1)
    #expect(try sandbox.run("lsp", "--stdio", input: frames(initialize, shutdown)).code == 0)
    // What comes after the farewell is not read.
    let late = try sandbox.run("lsp", input: frames(initialize, shutdown, exit, hover))
    #expect(late.code == 0)
    #expect(try messages(late.out).count == 2)
    #expect(try sandbox.run("lsp", "model.rn").code == 64)
  }

  @Test func wrongLengths() throws {
    let wrong = "Content-Length: -1\r\n\r\nContent-Length: 99999999999\r\n\r\n{}"
    let run = try Sandbox().run("lsp", input: wrong + frames(initialize, "{", "[]", shutdown, exit))
    #expect(run.code == 0)
    let answers = try messages(run.out)
    #expect(answers.map { $0.contains(#""error""#) } == [true, true, false, true, true, false])
    #expect(
      run.err == """
        resnetc lsp: a Content-Length is no number
        resnetc lsp: a message has more than 16777216 bytes
        resnetc lsp: the message is not JSON
        resnetc lsp: the message is no request: it is not of the right type

        """)
  }

  /// A change and a question after it, cut in two at every byte; answers come in order.
  @Test func splitFrames() throws {
    let process = Process()
    process.executableURL = try commandURL()
    process.arguments = ["lsp"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let writer = input.fileHandleForWriting
    try writer.write(contentsOf: Data(frames(initialize, open(tinyModel)).utf8))
    let question = Array(frames(hover).utf8)
    for place in 0...question.count {
      try writer.write(contentsOf: Data(question[..<place]))
      // Time for the server to read what there is.
      usleep(300)
      try writer.write(contentsOf: Data(question[place...]))
    }
    try writer.write(contentsOf: Data(frames(shutdown, exit).utf8))
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let answers = try messages(String(decoding: data, as: UTF8.self))
    // Findings of the opened document come when nothing else waits to be read.
    #expect(answers.count { $0.contains("publishDiagnostics") } == 1)
    #expect(answers.count { $0.contains(hoverText) } == question.count + 1)
    #expect(answers.count == question.count + 4)
  }
}
