// The examples of README.md and of the pages in docs, run as they stand: blocks that begin with `$ resnetc`. Where a run
// does not end well, the block's last line says so: `exit code 1`; what ends in `> docs/figure3.svg` prints that file.

import Foundation
import Testing

struct DocsTests {
  /// A block of a page: a command, and what it prints.
  private struct Example {
    var command: String
    /// Where its output goes, if not to the page.
    var file: String?
    var output: String
  }

  private static let pages: [String] = {
    let docs = try? FileManager.default.contentsOfDirectory(atPath: repository.appending(path: "docs").path)
    return ["README.md"] + (docs ?? []).filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
  }()

  private func examples(_ text: String) -> [Example] {
    text.components(separatedBy: "```").enumerated().compactMap { index, block in
      let lines = block.drop { $0 == "\n" }
      guard index % 2 == 1, lines.hasPrefix("$ resnetc ") else { return nil }
      let line = lines.prefix { $0 != "\n" }
      let parts = line.components(separatedBy: " > ")
      return Example(
        command: parts[0], file: parts.count > 1 ? parts[1] : nil, output: String(lines.dropFirst(line.count + 1)))
    }
  }

  /// `RESNETC_UPDATE_GOLDENS=1` writes the page and fails, so that nothing blesses itself.
  @Test(arguments: pages) func examplesPrintWhatThePageSays(page: String) throws {
    let url = repository.appending(path: page)
    var text = try String(contentsOf: url, encoding: .utf8)
    let sandbox = try Sandbox()
    for folder in ["models", "docs"] {
      try FileManager.default.createSymbolicLink(
        at: sandbox(folder), withDestinationURL: repository.appending(path: folder))
    }
    let isUpdate = ProcessInfo.processInfo.environment["RESNETC_UPDATE_GOLDENS"] == "1"
    var isChanged = false
    for example in examples(text) {
      let run = try sandbox.run(example.command.split(separator: " ").dropFirst(2).map(String.init))
      #expect(run.err.isEmpty, "\(example.command): \(run.err)")
      // The page has lines as the repository has them.
      let printed =
        run.out.replacingOccurrences(of: "\r\n", with: "\n") + (run.code == 0 ? "" : "exit code \(run.code)\n")
      if let file = example.file {
        let url = repository.appending(path: file)
        let isCurrent = try String(contentsOf: url, encoding: .utf8) == printed
        #expect(isCurrent && example.output.isEmpty, "\(example.command)")
        if isUpdate, !isCurrent { try printed.write(to: url, atomically: true, encoding: .utf8) }
        continue
      }
      #expect(printed == example.output, "\(example.command)")
      isChanged = isChanged || printed != example.output
      text = text.replacingOccurrences(
        of: "```\n\(example.command)\n\(example.output)```", with: "```\n\(example.command)\n\(printed)```")
    }
    if isChanged, isUpdate {
      try text.write(to: url, atomically: true, encoding: .utf8)
      Issue.record("recorded \(page)")
    }
  }

  /// Every subcommand that prints something of its own accord is shown.
  @Test func everyCommandIsShown() throws {
    let text = try Self.pages.map { try String(contentsOf: repository.appending(path: $0), encoding: .utf8) }.joined()
    let words = examples(text).map { $0.command.split(separator: " ") }
    let commands = Set(words.compactMap { $0.dropFirst(2).first.map(String.init) })
    let shown = ["report", "table", "diagram", "diff", "reproduce", "lint", "fmt", "predict", "explain"]
    #expect(shown.filter { !commands.contains($0) } == [])
  }

  /// Files exist, and headings are there.
  @Test(arguments: pages + ["CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md", "editors/vscode/README.md"])
  func everyLinkLeadsSomewhere(page: String) throws {
    let url = repository.appending(path: page)
    let text = try String(contentsOf: url, encoding: .utf8)
    for link in text.components(separatedBy: "](").dropFirst() {
      let parts = link.prefix { $0 != ")" }.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
      if parts[0].hasPrefix("http") { continue }
      let target =
        parts[0].isEmpty ? url : url.deletingLastPathComponent().appending(path: String(parts[0])).standardized
      #expect(FileManager.default.fileExists(atPath: target.path), "\(parts[0])")
      guard parts.count > 1 else { continue }
      let headings = try String(contentsOf: target, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("#") }
      // As GitHub makes anchors of headings: letters and digits, and a hyphen for each space.
      let anchors = headings.map { heading in
        heading.drop { $0 == "#" }.dropFirst().lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
          .replacingOccurrences(of: " ", with: "-")
      }
      #expect(anchors.contains(String(parts[1])), "\(parts[0])#\(parts[1])")
    }
  }
}
