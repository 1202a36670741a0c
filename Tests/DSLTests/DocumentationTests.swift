// `docs/language.md` is true: its examples compile, its errors come out as shown, its grammar is the parser's.
//
// Fences: `rn` is a whole file; `rn rows` and `rn header` are parts of one; `rn error` is followed by what the compiler
// says to it, as `text` or `json`.

import Foundation
import Testing

@testable import ResNetDSL

struct DocumentationTests {
  private struct Fence {
    var info: String
    var text: String
    var line: Int
  }

  private static func page() throws -> String {
    try String(contentsOf: repository.appendingPathComponent("docs/language.md"), encoding: .utf8)
  }

  private static func fences() throws -> [Fence] {
    var result: [Fence] = []
    var open: Fence?
    for (number, line) in try page().split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("```") {
        if let fence = open { result.append(fence) }
        open = open == nil ? Fence(info: String(line.dropFirst(3)), text: "", line: number + 1) : nil
      } else {
        open?.text += line + "\n"
      }
    }
    return result
  }

  @Test func examplesCompile() throws {
    let head = "model Example\ninput 3 x 224 x 224\n"
    var count = 0
    for fence in try Self.fences() {
      let text: String
      switch fence.info {
      case "rn": text = fence.text
      case "rn rows": text = head + fence.text
      case "rn header": text = head + fence.text + "conv1 3x3, 8\n"
      default: continue
      }
      count += 1
      let outcome = compile(text)
      #expect(outcome.diagnostics.isEmpty, "line \(fence.line): \(outcome.diagnostics.map(\.message))")
      for variant in outcome.model?.variants ?? [] {
        #expect(compile(text, Selection(variant: variant)).network != nil, "line \(fence.line), variant \(variant)")
      }
    }
    #expect(count >= 11)
  }

  @Test func errorsComeOutAsShown() throws {
    let fences = try Self.fences()
    var count = 0
    for (fence, shown) in zip(fences, fences.dropFirst()) where fence.info == "rn error" {
      count += 1
      let source = SourceFile(name: "example.rn", text: fence.text)
      var sink = Diagnostics()
      if let model = parse(source, &sink) { _ = resolve(model, Selection(), &sink) }
      let rendered =
        shown.info == "json" ? JSONRenderer(source).render(sink) : TextRenderer(source).render(sink)
      #expect(rendered == shown.text, "line \(fence.line)")
    }
    #expect(count == 2)
  }

  @Test func grammarIsTheParsers() throws {
    let parser = try String(contentsOf: repository.appendingPathComponent("Sources/DSL/Parser.swift"), encoding: .utf8)
    let essay = parser.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("//") }
    var rules = essay.filter { $0.hasPrefix("//     ") || $0 == "//" }.map { $0.dropFirst(7) }
    while rules.first?.isEmpty == true { rules.removeFirst() }
    while rules.last?.isEmpty == true { rules.removeLast() }
    let shown = try #require(try Self.fences().first { $0.info == "ebnf" })
    #expect(rules.joined(separator: "\n") + "\n" == shown.text)
  }

  @Test func everyCodeIsListed() throws {
    let page = try Self.page()
    for code in DiagnosticCatalog.syntaxCodes + DiagnosticCatalog.modelCodes {
      #expect(page.contains("`\(code.name)`"), "\(code.name)")
    }
  }

  @Test func everyLinkLeadsSomewhere() throws {
    let page = try Self.page()
    let anchors = page.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
      line.drop { $0 == "#" || $0 == " " }.lowercased().filter { $0.isLetter || $0 == " " || $0 == "-" }
        .replacingOccurrences(of: " ", with: "-")
    }
    for link in page.components(separatedBy: "](#").dropFirst() {
      let target = String(link.prefix { $0 != ")" })
      #expect(anchors.contains(target), "\(target)")
    }
  }
}
