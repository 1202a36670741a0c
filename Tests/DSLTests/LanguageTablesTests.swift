// The tables of `docs/language.md` say what the descriptions say, which the parser, the checks and editors read.
// `RESNETC_UPDATE_GOLDENS=1` rewrites them and fails, so that nothing blesses itself.

import Foundation
import Testing

@testable import ResNetDSL

struct LanguageTablesTests {
  struct Table: CustomTestStringConvertible {
    /// The heading of its section, of which it is the first table.
    var heading: String
    var lines: [String]
    var testDescription: String { heading }

    init(_ heading: String, _ head: [String], _ rows: [[String]]) {
      self.heading = heading
      let rule = "|" + head.map { _ in "---|" }.joined()
      func line(_ cells: [String]) -> String { "|" + cells.map { $0.isEmpty ? " |" : " \($0) |" }.joined() }
      lines = [line(head), rule] + rows.map(line)
    }

    init(_ heading: String, _ first: String, _ meanings: [Meaning]) {
      self.init(
        heading, [first, "meaning", "default"],
        meanings.map { [$0.spelling, $0.text, $0.isRequired ? "required" : $0.standard ?? ""] })
    }
  }

  private static func attributes(_ text: String) throws -> [Meaning] {
    let outcome = compile("model Net\ninput 3 x 32 x 32\nr \(text)")
    guard case .elements(let elements)? = outcome.model?.rows.first?.cells.first?.kind else { return [] }
    return try #require(elements.first).kind.definition.attributes.map(\.meaning)
  }

  private static func tables() throws -> [Table] {
    [
      Table("### Convolutions", "attribute", try attributes("3x3, 8")),
      Table(
        "### Activations", ["activation", "value"],
        Activation.allCases.map { activation in
          [activation.spellings.map { "`\($0)`" }.joined(separator: ", "), String(activation.help.dropLast())]
        }),
      Table("### Pools", "attribute", try attributes("3x3 average pool, stride 2")),
      Table("### Local response normalisation", "attribute", try attributes("lrn 5")),
      Table("## The header", "line", HeaderKey.allCases.flatMap(\.description.lines)),
      Table(
        "### Whose names", ["`names`", "tensors"],
        TensorNames.allCases.map { [$0.meaning.spelling, $0.meaning.text] }),
      Table("### The input pipeline", "step", HeaderKey.preprocess.description.options.compactMap(\.meaning)),
    ]
  }

  @Test func tablesSayWhatTheDescriptionsSay() throws {
    let page = repository.appendingPathComponent("docs/language.md")
    var lines = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "\n")
    let isUpdating = ProcessInfo.processInfo.environment["RESNETC_UPDATE_GOLDENS"] == "1"
    for table in try Self.tables() {
      let heading = try #require(lines.firstIndex(of: table.heading), "\(table.heading)")
      let start = try #require(lines[heading...].firstIndex { $0.hasPrefix("|") }, "\(table.heading)")
      let end = lines[start...].firstIndex { !$0.hasPrefix("|") } ?? lines.endIndex
      #expect(Array(lines[start..<end]) == table.lines, "\(table.heading)")
      lines.replaceSubrange(start..<end, with: table.lines)
    }
    guard isUpdating else { return }
    try lines.joined(separator: "\n").write(to: page, atomically: true, encoding: .utf8)
    Issue.record("recorded language.md")
  }

  /// Every word has a line: an attribute's in a table of a layer that takes it, a layer's anywhere.
  @Test func everyWordIsOnThePage() throws {
    let page = try String(contentsOf: repository.appendingPathComponent("docs/language.md"), encoding: .utf8)
    let spelled = page.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    let words = Set(spelled.flatMap { $0.split { !$0.isLetter && !$0.isNumber }.map(String.init) })
    for word in Vocabulary.elements + HeaderKey.allWords { #expect(words.contains(word), "\(word)") }
  }
}
