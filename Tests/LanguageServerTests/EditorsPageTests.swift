// `docs/editors.md` is true: its session comes out as shown, and it knows every key.

import Foundation
import Testing

@testable import ResNetDSL
@testable import ResNetLanguageServer

struct EditorsPageTests {
  private let page: String

  init() throws {
    page = try String(contentsOf: repository.appendingPathComponent("docs/editors.md"), encoding: .utf8)
  }

  @Test func theSessionIsReal() throws {
    let question = try #require(
      page.components(separatedBy: "\n").first { $0.hasPrefix(#"{"jsonrpc": "2.0", "id": 2"#) })
    var server = LanguageServer(version: "test")
    let text = String(decoding: encoded(try modelText("vgg19")), as: UTF8.self)
    var answer: [UInt8]?
    for message in [
      #"{"id": 1, "method": "initialize", "params": {}}"#,
      #"{"method": "textDocument/didOpen", "params": {"textDocument": {"uri": "file:///vgg19.rn", "text": \#(text)}}}"#,
      question,
    ] { answer = server.handle(.message(Array(message.utf8))) }
    #expect(page.contains("```json\n\(String(decoding: try #require(answer), as: UTF8.self))\n```"))
  }

  @Test func theTablesAreReal() throws {
    for (model, place) in [
      ("vgg19", "conv5_x "), ("table1", "conv3_x "), ("table1", "[1x1, 128; 3x3, 128; 1x1, 512] x 4"),
    ] {
      let text = try modelText(model)
      let start = try #require(text.range(of: place)).lowerBound
      let reading = Reading(SourceFile(name: "\(model).rn", text: text))
      let hover = try #require(reading.hover(at: text.utf8.distance(from: text.startIndex, to: start)))
      #expect(page.contains("\n\n\(hover.text)\n\n"), "\(place)")
    }
  }

  @Test func everyKeyIsKnownToEmacs() {
    let line = page.components(separatedBy: "\n").first { $0.contains("font-lock-defaults") }
    #expect(line != nil)
    for key in HeaderKey.allWords {
      #expect(page.contains("\\\\(\(key)\\\\|") || page.contains("\\\\|\(key)\\\\"), "\(key)")
    }
  }
}
