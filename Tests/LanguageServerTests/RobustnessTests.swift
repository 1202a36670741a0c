// Whatever is typed and whatever is sent: an answer, soon, and no crash.

import Foundation
import TestTiers
import Testing

@testable import ResNetDSL
@testable import ResNetLanguageServer

struct RobustnessTests {
  /// Asks everything at a place; ranges must lie in the text, and edits must apply.
  private func askEverything(_ session: inout Session, at position: LSP.Position) throws {
    let id = session.document.textDocument
    let place = LSP.PlaceParameters(textDocument: id, position: position)
    let lines = LineTable(Array(session.serverText.utf8), .utf16)
    func check(_ range: LSP.Range?) {
      guard let range else { return }
      #expect(range.start <= range.end && range.end <= lines.position(.max))
    }
    check(try session.server.hover(place)?.range)
    check(try session.server.definition(place)?.range)
    _ = try session.server.completion(place)
    for symbol in try session.server.documentSymbols(session.document) {
      check(symbol.range)
      for part in symbol.children ?? [] {
        #expect(part.range.start <= part.selectionRange.start && part.selectionRange.end <= part.range.end)
        #expect(symbol.range.start <= part.range.start && part.range.end <= symbol.range.end)
      }
    }
    _ = try session.server.inlayHints(LSP.InlayHintParameters(textDocument: id, range: everything))
    for edit in try session.server.formatting(session.document) { check(edit.range) }
    for action in try session.server.codeActions(LSP.CodeActionParameters(textDocument: id, range: everything)) {
      for edit in action.edit.changes.values.joined() { check(edit.range) }
    }
    for finding in session.server.stalePublications().flatMap(\.diagnostics) {
      check(finding.range)
      for related in finding.relatedInformation ?? [] { check(related.location.range) }
    }
  }

  /// Every model, typed letter by letter; asked after some of them.
  @Test func typing() throws {
    for text in isSlowRun
      ? try sample == nil ? modelTexts() : modelTexts().share(oneIn: 4)
      : [try modelText("cifar"), try modelText("vgg19"), try modelText("resnet50")]
    {
      var session = Session("")
      var end = zero
      for (index, character) in text.enumerated() {
        try session.change(LSP.Range(start: end, end: end), String(character))
        end =
          character == "\n"
          ? LSP.Position(line: end.line + 1, character: 0)
          : LSP.Position(line: end.line, character: end.character + String(character).utf16.count)
        if index % (isSlowRun ? 3 : 23) == 0 { try askEverything(&session, at: end) }
      }
      #expect(session.serverText == text)
      // Nothing but the linter's notes.
      #expect(session.server.stalePublications().flatMap(\.diagnostics).allSatisfy { $0.severity == 3 })
    }
  }

  /// Mangled models, asked at every fifth place.
  @Test func mangledModels() throws {
    let texts = try modelTexts()
    for seed in seeds(40, slow: 3_000) {
      var random = SeededRandom(seed: UInt64(seed))
      var mutator = Mutator(seed: UInt64(seed))
      var bytes = mutator.mutate(Array(texts[seed % texts.count].utf8))
      if seed % 4 == 0 {
        // A line end that only editors know, and a character of two units.
        bytes.insert(contentsOf: "😀\r".utf8, at: Int.random(in: 0...bytes.count, using: &random))
      }
      var session = Session(String(decoding: bytes, as: UTF8.self))
      let length = session.serverText.utf8.count
      let lines = LineTable(Array(session.serverText.utf8), .utf16)
      try askEverything(&session, at: lines.position(Int.random(in: 0...length, using: &random)))
      for offset in stride(from: 0, through: length, by: 5) {
        let place = LSP.PlaceParameters(
          textDocument: session.document.textDocument, position: lines.position(offset))
        _ = try session.server.hover(place)
        _ = try session.server.definition(place)
        _ = try session.server.completion(place)
      }
    }
  }

  /// A client's whole conversation, mangled.
  @Test func mangledConversations() throws {
    let text = String(decoding: encoded(try modelText("cifar")), as: UTF8.self)
    func message(_ method: String, id: String? = nil, _ members: String...) -> [UInt8] {
      let id = id.map { #""id": \#($0), "# } ?? ""
      return Array(
        #"{"jsonrpc": "2.0", \#(id)"method": "\#(method)", "params": {\#(members.joined(separator: ", "))}}"#.utf8)
    }
    let document = #""textDocument": {"uri": "f:/a"}"#
    let place = #""position": {"line": 11, "character": 18}"#
    let range = #"{"start": {"line": 3, "character": 5}, "end": {"line": 4, "character": 1}}"#
    let messages = [
      message("initialize", id: "1", #""capabilities": {"general": {"positionEncodings": ["utf-8"]}}"#),
      message("textDocument/didOpen", #""textDocument": {"uri": "f:/a", "version": 1, "text": \#(text)}"#),
      message("textDocument/didChange", document, #""contentChanges": [{"range": \#(range), "text": "\ud83d\ude00"}]"#),
      message("textDocument/hover", id: "2", document, place),
      message("textDocument/completion", id: "\"c\"", document, place),
      message("textDocument/didClose", document),
      message("shutdown", id: "3"), message("exit"),
    ]
    let stream = messages.flatMap(FrameReader.frame)
    for seed in seeds(300, slow: 5_000) {
      var mutator = Mutator(seed: UInt64(seed))
      // One in three keeps its frames, so that what is mangled is the JSON.
      let bytes =
        seed % 3 == 0
        ? messages.enumerated().flatMap { FrameReader.frame(($0 + seed / 3) % 3 == 0 ? mutator.mutate($1) : $1) }
        : mutator.mutate(stream)
      var server = LanguageServer(version: "test")
      var reader = FrameReader()
      reader.append(bytes)
      while let frame = reader.next(), server.exitCode == nil {
        if let answer = server.handle(frame) { #expect(String(validating: answer, as: UTF8.self) != nil) }
        _ = server.publish()
      }
    }
  }

  /// Far larger than any family: bounded by what is read, not by what is written.
  @Test func hugeFamilies() throws {
    let columns = (0..<64).map { "a\($0)" }
    let row = columns.map { _ in "[3x3, 8; 3x3, 8] x \(isSlowRun ? 4000 : 150)" }.joined(separator: " | ")
    var session = Session(
      "family Net\ninput 3 x 8 x 8\n| \(columns.joined(separator: " | "))\ns | \(row)\nhead | average pool, 4-d fc\n")
    let time = try ContinuousClock().measure {
      try askEverything(&session, at: LSP.Position(line: 3, character: 0))
    }
    #expect(time < .seconds(30))
    let hover = try session.server.hover(
      LSP.PlaceParameters(textDocument: session.document.textDocument, position: LSP.Position(line: 3, character: 0)))
    #expect(hover?.contents.value.contains("| a0 | 8x8x8 |") == true)
  }
}

/// Every question about the models at hand, the deepest of the paper among them.
struct SpeedTests {
  @Test(arguments: ["table1", "vgg19", "cifar"]) func answersAreQuick(model: String) throws {
    let text = try modelText(model).replacing("(n = 3)", with: "(n = 200)")
    var session = Session(text)
    let lines = LineTable(Array(text.utf8), .utf16)
    var isDebug = false
    assert({ isDebug = true }() == ())
    let limit = Duration.milliseconds(isDebug ? 10_000 : 300)
    func expectQuick(_ what: String, _ body: () throws -> Void) rethrows {
      let time = try ContinuousClock().measure(body)
      #expect(time < limit, "\(model): \(what)")
    }
    expectQuick("diagnostics") {
      #expect(session.server.stalePublications().flatMap(\.diagnostics).allSatisfy { $0.severity == 3 })
    }
    let id = session.document.textDocument
    for offset in stride(from: 0, to: text.utf8.count, by: 17) {
      let place = LSP.PlaceParameters(textDocument: id, position: lines.position(offset))
      try expectQuick("hover at \(offset)") { _ = try session.server.hover(place) }
      try expectQuick("completion at \(offset)") { _ = try session.server.completion(place) }
      try expectQuick("definition at \(offset)") { _ = try session.server.definition(place) }
    }
    try expectQuick("symbols") { _ = try session.server.documentSymbols(session.document) }
    try expectQuick("formatting") { _ = try session.server.formatting(session.document) }
    try expectQuick("hints") {
      _ = try session.server.inlayHints(LSP.InlayHintParameters(textDocument: id, range: everything))
    }
    // What typing costs: a change, and all that an editor asks after it.
    try expectQuick("a change") {
      try session.change(LSP.Range(start: zero, end: zero), "# ")
      _ = session.server.stalePublications()
      _ = try session.server.inlayHints(LSP.InlayHintParameters(textDocument: id, range: everything))
      _ = try session.server.documentSymbols(session.document)
    }
  }
}
