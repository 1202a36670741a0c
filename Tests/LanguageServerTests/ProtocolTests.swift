// JSON-RPC and the order of a server's life, in messages as they come over the wire.

import Foundation
import Testing

@testable import ResNetLanguageServer

struct ProtocolTests {
  private var server = LanguageServer(version: "test")

  private mutating func ask(_ message: String) -> String? { ask(Array(message.utf8)) }

  private mutating func ask(_ message: [UInt8]) -> String? {
    server.handle(.message(message)).map { String(decoding: $0, as: UTF8.self) }
  }

  private mutating func start() {
    _ = ask(#"{"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {}}}"#)
  }

  /// What an error looks like.
  private func error(_ id: String, _ code: Int, _ message: String) -> String {
    #"{"error":{"code":\#(code),"message":"\#(message)"},"id":\#(id),"jsonrpc":"2.0"}"#
  }

  @Test mutating func aWholeLife() {
    let hello = ask(#"{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}"#)
    #expect(
      hello == """
        {"id":1,"jsonrpc":"2.0","result":{"capabilities":{"codeActionProvider":{"codeActionKinds":["quickfix"]},\
        "completionProvider":{"triggerCharacters":[" ",",",";","|","[","("]},"definitionProvider":true,\
        "documentFormattingProvider":true,"documentSymbolProvider":true,"hoverProvider":true,\
        "inlayHintProvider":true,"positionEncoding":"utf-16","textDocumentSync":{"change":2,"openClose":true}},\
        "serverInfo":{"name":"resnetc","version":"test"}}}
        """)
    #expect(ask(#"{"jsonrpc": "2.0", "method": "initialized", "params": {}}"#) == nil)
    #expect(
      ask(
        #"{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {"uri": "f:/a.rn", "#
          + #""languageId": "rn", "version": 3, "text": "model Net\ninput 3 x 8 x 8\nc 3x3, 8 stride 2"}}}"#) == nil)
    let published = server.publish().map { String(decoding: $0, as: UTF8.self) }
    #expect(
      published == [
        #"{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{"diagnostics":[{"code":"missing-comma","#
          + #""message":"a comma is missing before 'stride'\nhere: starts something new","range":"#
          + #"{"end":{"character":15,"line":2},"start":{"character":9,"line":2}},"severity":1,"source":"resnetc"}],"#
          + #""uri":"f:/a.rn","version":3}}"#
      ])
    #expect(server.publish().isEmpty)
    #expect(
      ask(
        #"{"jsonrpc": "2.0", "id": "h", "method": "textDocument/definition", "#
          + #""params": {"textDocument": {"uri": "f:/a.rn"}, "position": {"line": 9, "character": 9}}}"#)
        == #"{"id":"h","jsonrpc":"2.0","result":null}"#)
    #expect(ask(#"{"jsonrpc": "2.0", "id": 2, "method": "shutdown"}"#) == #"{"id":2,"jsonrpc":"2.0","result":null}"#)
    #expect(server.exitCode == nil && server.exitCodeAtEnd == 0)
    #expect(
      ask(#"{"jsonrpc": "2.0", "id": 3, "method": "shutdown"}"#) == error("3", -32600, "the server is shut down"))
    #expect(ask(#"{"jsonrpc": "2.0", "method": "exit"}"#) == nil)
    #expect(server.exitCode == 0)
  }

  @Test mutating func exitWithoutShutdown() {
    #expect(server.exitCodeAtEnd == 1)
    #expect(ask(#"{"jsonrpc": "2.0", "method": "exit"}"#) == nil)
    #expect(server.exitCode == 1)
  }

  @Test mutating func theOrderOfALife() {
    #expect(
      ask(#"{"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover"}"#)
        == error("1", -32002, "the first request is 'initialize'"))
    #expect(ask(#"{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": 5}"#) == nil)
    start()
    #expect(
      ask(#"{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}"#)
        == error("1", -32600, "the server is initialized already"))
  }

  @Test mutating func whatIsNotJSON() {
    for text in ["", "{", "{\"id\": 1,", "nonsense", "{\"method\": \"x\u{0}", "[1, 2", "\"\\ud800"] {
      #expect(ask(text) == error("null", -32700, "the message is not JSON"), "\(text)")
    }
    #expect(ask([0x7B, 0xFF, 0x7D]) == error("null", -32700, "the message is not UTF-8"))
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      let deep = String(repeating: open, count: 200_000) + "1" + String(repeating: close, count: 200_000)
      #expect(ask(deep) == error("null", -32700, "the message is not JSON"))
      let nested = #"{"jsonrpc": "2.0", "id": 1, "method": "x", "params": \#(deep)}"#
      #expect(ask(nested) == error("null", -32700, "the message is not JSON"))
    }
    #expect(server.takeLog().count == 12)
  }

  @Test mutating func whatIsNoRequest() {
    start()
    for text in [
      "[]", "5", "null", "\"text\"", "{}", "{\"id\": 1}", "{\"method\": 5}", "[{\"id\": 1, \"method\": \"x\"}]",
    ] {
      #expect(ask(text)?.contains(#""code":-32600"#) == true, "\(text)")
    }
    for id in ["1.5", "[]", "{}", "true", "1e300"] {
      #expect(ask(#"{"id": \#(id), "method": "x"}"#)?.contains(#""code":-32600"#) == true, "\(id)")
    }
    // Answers to questions that nobody asked.
    #expect(ask(#"{"jsonrpc": "2.0", "id": 1, "result": null}"#) == nil)
    #expect(ask(#"{"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": ""}}"#) == nil)
  }

  @Test mutating func identifiers() {
    start()
    for id in ["1", "-7", "0", "\"a\"", "\"\"", "null", "9223372036854775807"] {
      #expect(ask(#"{"id": \#(id), "method": "x/y"}"#) == error(id, -32601, "unknown method x/y"), "\(id)")
    }
  }

  @Test mutating func unknownMethods() {
    start()
    #expect(ask(#"{"id": 1, "method": "$/whatever"}"#) == error("1", -32601, "unknown method $/whatever"))
    for method in ["$/cancelRequest", "$/setTrace", "$/progress", "workspace/didChangeConfiguration", "x"] {
      #expect(ask(#"{"method": "\#(method)", "params": {"id": 1}}"#) == nil)
    }
    #expect(server.takeLog().isEmpty)
  }

  @Test mutating func parametersOfTheWrongKind() {
    start()
    for parameters in [
      "", #", "params": null"#, #", "params": []"#, #", "params": {}"#, #", "params": {"textDocument": 5}"#,
    ] {
      let answer = ask(#"{"id": 1, "method": "textDocument/hover"\#(parameters)}"#)
      #expect(answer?.contains(#""code":-32602"#) == true, "\(parameters)")
      #expect(ask(#"{"method": "textDocument/didChange"\#(parameters)}"#) == nil)
    }
    #expect(server.takeLog().count == 5)
    #expect(
      ask(#"{"id": 1, "method": "textDocument/formatting", "params": {"textDocument": {"uri": "f:/x"}}}"#)
        == error("1", -32602, "f:/x is not open"))
    #expect(
      ask(
        #"{"id": 1, "method": "textDocument/hover", "params": {"textDocument": {"uri": "f:/x"}, "#
          + #""position": {"line": 1e99, "character": 0}}}"#)?.contains("-32602") == true)
  }
}
