// Positions and changes: both encodings, all line ends, and places that are nowhere.

import Testing

@testable import ResNetDSL
@testable import ResNetLanguageServer

struct DocumentTests {
  private func position(_ line: Int, _ character: Int) -> LSP.Position {
    LSP.Position(line: line, character: character)
  }

  @Test func positionsInUTF16() {
    // 1, 2, 3 and 4 bytes; a pair of surrogates.
    let lines = LineTable(Array("aé€😀b\nc".utf8), .utf16)
    let offsets = [0, 1, 3, 6, 10, 11]
    let characters = [0, 1, 2, 3, 5, 6]
    for (offset, character) in zip(offsets, characters) {
      #expect(lines.position(offset) == position(0, character))
      #expect(lines.offset(position(0, character)) == offset)
    }
    // Between the halves of a pair, and inside the bytes of a character: its start.
    #expect(lines.offset(position(0, 4)) == 6)
    #expect(lines.position(8) == position(0, 3))
    #expect(lines.offset(position(1, 0)) == 12)
  }

  @Test func positionsInUTF8() {
    let lines = LineTable(Array("aé€😀b\nc".utf8), .utf8)
    for offset in [0, 1, 3, 6, 10, 11] {
      #expect(lines.position(offset) == position(0, offset))
      #expect(lines.offset(position(0, offset)) == offset)
    }
    #expect(lines.offset(position(0, 2)) == 1)
  }

  @Test func everyLineEnd() {
    let lines = LineTable(Array("a\nb\r\nc\rd\r\n".utf8), .utf16)
    #expect(lines.count == 5)
    #expect((0..<5).map { lines.contents(ofLine: $0) } == [0..<1, 2..<3, 5..<6, 7..<8, 10..<10])
    // The end of a line, however far one asks.
    #expect(lines.offset(position(1, 99)) == 3)
    #expect(lines.position(4) == position(1, 1))
  }

  @Test func placesThatAreNowhere() {
    let lines = LineTable(Array("ab\ncd".utf8), .utf16)
    #expect(lines.offset(position(-1, 5)) == 0)
    #expect(lines.offset(position(0, -5)) == 0)
    #expect(lines.offset(position(7, 0)) == 5)
    #expect(lines.offset(position(.max, .max)) == 5)
    #expect(lines.offset(position(.min, .min)) == 0)
    #expect(lines.position(-1) == position(0, 0))
    #expect(lines.position(99) == position(1, 2))
    let reversed = LSP.Range(start: position(1, 1), end: position(0, 1))
    #expect(lines.span(reversed) == Span(1, 4))
    let empty = LineTable([], .utf16)
    #expect(empty.offset(position(3, 3)) == 0 && empty.position(1) == position(0, 0))
  }

  @Test func changesApply() throws {
    var session = Session("1️⃣a2️⃣😀3️⃣b\nc4️⃣")
    try session.change(session.range(2, 3), "é")
    #expect(session.serverText == "aéb\nc")
    try session.change(LSP.Range(start: position(0, 1), end: position(1, 0)), "")
    #expect(session.serverText == "ac")
    // Reversed, and beyond the end.
    try session.change(LSP.Range(start: position(9, 9), end: position(0, 1)), "\nx")
    #expect(session.serverText == "a\nx")
    try session.change(nil, "whole")
    #expect(session.serverText == "whole")
  }

  @Test func changesInOneMessageBuildOnEachOther() throws {
    var session = Session("abc")
    func at(_ character: Int) -> LSP.Range { LSP.Range(start: position(0, character), end: position(0, character)) }
    try session.server.change(
      LSP.ChangeParameters(
        textDocument: .init(uri: session.uri, version: 7),
        contentChanges: [
          .init(range: at(3), text: "d"), .init(range: at(4), text: "e"), .init(range: at(0), text: "_"),
        ]))
    #expect(session.serverText == "_abcde")
    #expect(session.server.stalePublications().first?.version == 7)
  }

  @Test func theEncodingIsAgreedOn() throws {
    var session = Session("model Net # é\ninput 3 x 8 x 8", utf8: true)
    #expect(session.server.encoding == .utf8)
    try session.change(LSP.Range(start: position(0, 12), end: position(0, 14)), "e")
    #expect(session.serverText.hasPrefix("model Net # e\n"))
  }

  @Test func documentsThatAreNotOpen() throws {
    var server = LanguageServer(version: "test")
    let id = LSP.DocumentID(uri: "file:///nowhere.rn")
    #expect(throws: ResponseError.self) {
      try server.hover(LSP.PlaceParameters(textDocument: id, position: position(0, 0)))
    }
    server.close(LSP.DocumentParameters(textDocument: id))
    server.close(LSP.DocumentParameters(textDocument: id))
    #expect(server.stalePublications().isEmpty)
  }

  /// A file beyond the language's limit is still a document.
  @Test func largeDocuments() throws {
    let line = "s1 3x3, 8 # \(String(repeating: "é", count: 100))\n"
    var session = Session("model Net\n" + String(repeating: line, count: 8_000))
    #expect(session.server.stalePublications().first?.diagnostics.map(\.code) == ["limit-exceeded"])
    let place = LSP.PlaceParameters(textDocument: session.document.textDocument, position: position(4_000, 2))
    #expect(try session.server.hover(place) == nil)
    _ = try session.server.completion(place)
    #expect(try session.server.definition(place) == nil)
    #expect(try session.server.documentSymbols(session.document).isEmpty)
    #expect(try session.server.formatting(session.document).isEmpty)
    try session.change(LSP.Range(start: position(1, 0), end: position(8_001, 0)), "input 3 x 8 x 8\ns 8x8 3x3, 16\n")
    #expect(session.server.stalePublications().first?.diagnostics == [])
  }
}
