// What people write from habit, and what they are answered: `Answers/answers.txt`. A block is a source, its lines after
// '> ' (rows and header lines of a small network) or '>> ' (a whole file), and the rendered answer. An answer changes
// only where someone has read it: `RESNETC_UPDATE_GOLDENS=1` rewrites the file and fails.

import Foundation
import Testing

@testable import ResNetDSL

struct AnswerTests {
  private struct Case {
    var lines: [String] = []
    var answer = ""

    var source: SourceFile {
      let isWhole = lines.first?.hasPrefix(">>") == true
      let text = lines.map { $0.drop { $0 == ">" }.dropFirst() }.joined(separator: "\n")
      return SourceFile(name: "a.rn", text: isWhole ? text + "\n" : withHead(text))
    }
  }

  private static let file = repository.appendingPathComponent("Tests/DSLTests/Answers/answers.txt")

  private static func cases() throws -> [Case] {
    var result: [Case] = []
    var isAnswer = true
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(">") {
        if isAnswer { result.append(Case()) }
        isAnswer = false
        result[result.count - 1].lines.append(String(line))
      } else if !result.isEmpty {
        isAnswer = true
        result[result.count - 1].answer += line + "\n"
      }
    }
    return result
  }

  private static func diagnostics(_ source: SourceFile) -> Diagnostics {
    var sink = Diagnostics()
    if let model = parse(source, &sink) { _ = resolve(model, Selection(variant: model.variants.first), &sink) }
    return sink
  }

  @Test func answersAreAsRead() throws {
    let cases = try Self.cases()
    #expect(cases.count >= 120)
    var rewritten = ""
    for one in cases {
      let source = one.source
      let answer = TextRenderer(source).render(Self.diagnostics(source))
      let expected = one.answer.trimmingCharacters(in: .newlines)
      #expect(answer.trimmingCharacters(in: .newlines) == expected, "\(one.lines)")
      rewritten += one.lines.joined(separator: "\n") + "\n" + (answer.isEmpty ? "\n" : answer + "\n")
    }
    if ProcessInfo.processInfo.environment["RESNETC_UPDATE_GOLDENS"] == "1" {
      try rewritten.write(to: Self.file, atomically: true, encoding: .utf8)
      Issue.record("recorded answers.txt")
    }
  }

  /// A fix is right: what it answers is gone, and nothing has come instead.
  @Test func fixesFix() throws {
    for one in try Self.cases() {
      let before = Self.diagnostics(one.source).all
      let fixable = before.filter { !$0.fixIts.isEmpty }
      guard !fixable.isEmpty else { continue }
      let fixed = one.source.applying(fixable.flatMap(\.fixIts))
      let after = Self.diagnostics(fixed).all
      #expect(
        after.count == before.count - fixable.count,
        "\(one.lines) becomes \(String(decoding: fixed.bytes, as: UTF8.self)): \(after.map(\.message))")
    }
  }

  /// One cause, one error: blocks of one line hold one mistake.
  @Test func oneMistakeIsOneError() throws {
    for one in try Self.cases() where one.lines.count == 1 {
      #expect(Self.diagnostics(one.source).all.count <= 1, "\(one.lines)")
    }
  }
}
