// The examples of docs/report.md, run as they stand.

import Foundation
import Testing

struct DocsTests {
  /// A block of the page: a command, and what it prints.
  private struct Example {
    var command: [String]
    var output: String
  }

  private func examples(_ text: String) -> [Example] {
    text.components(separatedBy: "```").enumerated().compactMap { index, block in
      let lines = block.drop { $0 == "\n" }
      guard index % 2 == 1, lines.hasPrefix("$ resnetc ") else { return nil }
      let command = lines.prefix { $0 != "\n" }
      return Example(
        command: command.split(separator: " ").dropFirst(2).map(String.init),
        output: String(lines.dropFirst(command.count + 1)))
    }
  }

  /// `RESNETC_UPDATE_GOLDENS=1` writes the page and fails, so that nothing blesses itself.
  @Test func examplesPrintWhatThePageSays() throws {
    let page = repository.appending(path: "docs/report.md")
    var text = try String(contentsOf: page, encoding: .utf8)
    let examples = examples(text)
    #expect(examples.count == 7)
    let sandbox = try Sandbox()
    try FileManager.default.createSymbolicLink(
      at: sandbox("models"), withDestinationURL: repository.appending(path: "models"))
    for example in examples {
      let run = try sandbox.run(example.command)
      let words = example.command.joined(separator: " ")
      #expect(run.code == 0 && run.err.isEmpty, "\(words)")
      // The page has lines as the repository has them.
      let printed = run.out.replacingOccurrences(of: "\r\n", with: "\n")
      #expect(printed == example.output, "\(words)")
      text = text.replacingOccurrences(
        of: "```\n$ resnetc \(words)\n\(example.output)```", with: "```\n$ resnetc \(words)\n\(printed)```")
    }
    if ProcessInfo.processInfo.environment["RESNETC_UPDATE_GOLDENS"] == "1" {
      try text.write(to: page, atomically: true, encoding: .utf8)
      Issue.record("recorded docs/report.md")
    }
  }
}
