// What reaches a terminal: carets under what they mean whatever precedes them, nothing that could act on the terminal.

import Foundation
import Testing

@testable import ResNetDSL

struct RendererTests {
  private func render(_ text: String, colour: Bool = false) -> String {
    render(SourceFile(name: "test.rn", text: text), colour: colour)
  }

  private func render(_ source: SourceFile, colour: Bool = false) -> String {
    var sink = Diagnostics()
    if let model = parse(source, &sink) { _ = resolve(model, Selection(), &sink) }
    return TextRenderer(source, isColoured: colour).render(sink)
  }

  @Test func tabsAreExpanded() {
    #expect(
      render("model Net\ninput 3 x 32 x 32\na\t3x3,\t8, wobble\n") == """
        error[unknown-name]: there is no layer, attribute or block named 'wobble'
         --> test.rn:3:11
          |
        3 | a    3x3,    8, wobble
          |                 ^^^^^^ unknown

        """)
  }

  @Test func columnsAreBytesAndCaretsCharacters() {
    let text = render("model Net\ninput 3 x 32 x 32\na 3x3, 8, “é漢”\n")
    #expect(text.contains("--> test.rn:3:11\n"))
    #expect(text.contains("3 | a 3x3, 8, “é漢”\n  |           ^^^^^ not part of the language\n"))
    // The multiplication sign has two bytes and one column.
    let size = render("model Net\ninput 3 × 32 × 32\na 3×3, wobble\n")
    #expect(size.contains("--> test.rn:3:9\n"))
    #expect(size.contains("3 | a 3×3, wobble\n  |        ^^^^^^"))
  }

  @Test func controlCharactersAreShown() {
    let text = render("model Net\ninput 3 x 32 x 32\na 3x3, 8 \u{1B}[31m\u{202E}, wobble(\n")
    #expect(!text.contains("\u{1B}"))
    #expect(!text.contains("\u{202E}"))
    #expect(text.contains("a 3x3, 8 U+001B[31mU+202E, wobble("))
    let name = SourceFile(name: "evil\u{1B}[2J\n.rn", text: "")
    #expect(render(name).contains("--> evilU+001B[2JU+000A.rn:1:1\n"))
  }

  @Test func lineEndsAndByteOrderMark() {
    let unix = "model Net\ninput 3 x 32 x 32\na 3x3, wobble(1)\nb [3x3, 8"
    let expected = render(unix)
    #expect(expected.contains("4:10\n"))
    #expect(render(unix + "\n") == expected)
    #expect(render(unix.replacingOccurrences(of: "\n", with: "\r\n") + "\r\n") == expected)
    #expect(render("\u{FEFF}" + unix) == expected)
    #expect(render("\u{FEFF}wobble").contains("test.rn:1:1\n"))
    #expect(compile("model Net\r\ninput 3 x 32 x 32\r\na 3x3, 8").network != nil)
    #expect(compile("model Net\ninput 3 x 32 x 32\ra 3x3, 8").codes.contains("unexpected-character"))
  }

  @Test(arguments: ["", "\n", "\n\n\n", "# nothing", "\u{FEFF}", "  \t", "\r\n"])
  func emptyFiles(text: String) {
    let outcome = compile(text)
    #expect(outcome.codes == ["missing-model"])
    #expect(render(text).hasPrefix("error[missing-model]"))
  }

  @Test func invalidUTF8() {
    for bytes: [UInt8] in [
      [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x61, 0xF0, 0x9F, 0x98], [0xC0, 0x80], [0xFF, 0xFE, 0x6D, 0],
    ] {
      let source = SourceFile(name: "test.rn", bytes: Array("model Net\n".utf8) + bytes)
      let outcome = compile(source)
      #expect(outcome.codes == ["invalid-utf8"])
      let offset = 10 + (bytes[0] == 0x61 ? 1 : 0)
      #expect(outcome.diagnostics.first?.message == "byte \(offset) of the file is not valid UTF-8")
      #expect(render(source).contains("\u{FFFD}"))
    }
  }

  @Test func longLinesAreCut() {
    let line = "a " + String(repeating: "3x3, 8; ", count: 600) + "wobble; " + String(repeating: "3x3, 8; ", count: 500)
    let text = render("model Net\ninput 3 x 32 x 32\n\(line)3x3, 8\n")
    let lines = text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.utf8.count < 220 })
    let source = lines[3]
    let carets = lines[4]
    let caret = carets.distance(from: carets.startIndex, to: carets.firstIndex(of: "^") ?? carets.endIndex)
    #expect(source.dropFirst(caret).hasPrefix("wobble"))
    #expect(source.hasPrefix("3 | ...") && source.hasSuffix("..."))
  }

  @Test func colourIsAnsiAroundTheSameText() {
    let text = "model Net\ninput 3 x 32 x 32\na [3x3, 8; wobble\n"
    let coloured = render(text, colour: true)
    #expect(coloured.contains("\u{1B}[1;31merror[unknown-name]\u{1B}[0m"))
    #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == render(text))
  }

  @Test func jsonIsValid() throws {
    let source = SourceFile(
      name: "a \"b\" \u{1F}\\.rn", text: "model Net\ninput 3 x 32 x 32\na 3x3, 8 \u{7}\u{2028}\"\nb fc 10\nb 3x3, 8\n")
    var sink = Diagnostics()
    _ = parse(source, &sink)
    let data = Data(JSONRenderer(source).render(sink).utf8)
    let objects = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    #expect(objects.count == sink.all.count)
    #expect(objects.first?["file"] as? String == source.name)
    #expect(objects.compactMap { $0["code"] as? String } == sink.inSourceOrder.map(\.code.name))
    let fixes = objects.compactMap { $0["fixes"] as? [[String: Any]] }.flatMap { $0 }
    #expect(fixes.contains { $0["message"] as? String == "write '10-d fc'" })
    #expect(JSONRenderer(source).render(Diagnostics()) == "[]\n")
  }

  @Test func positions() {
    let source = SourceFile(name: "", text: "ab\r\nc\n\nd")
    #expect(source.lineStarts == [0, 4, 6, 7])
    #expect((0...8).map { source.line(at: $0) } == [0, 0, 0, 0, 1, 1, 2, 3, 3])
    #expect(source.text(source.contents(ofLine: 0)) == "ab")
    #expect(source.position(at: 7) == (4, 1))
    #expect(source.position(at: 100).line == 4)
  }
}
