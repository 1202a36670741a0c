// A server in this process, asked with typed requests. Texts carry markers (1️⃣, 2️⃣, ...); requests and ranges name
// them.

import Foundation
import Testing

@testable import ResNetDSL
@testable import ResNetLanguageServer

/// The repository, found from this file.
let repository = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func modelText(_ name: String) throws -> String {
  try String(contentsOf: repository.appendingPathComponent("models/\(name).rn"), encoding: .utf8)
}

func modelTexts() throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: repository.appendingPathComponent("models").path)
    .filter { $0.hasSuffix(".rn") }.sorted().map { try modelText(String($0.dropLast(3))) }
}

/// A server with one document open.
struct Session {
  var server = LanguageServer(version: "test")
  let uri = "file:///folder/test.rn"
  let text: String
  private let markers: [Int: Int]

  init(_ marked: String, utf8: Bool = false, snippets: Bool = true) {
    (text, markers) = extractMarkers(marked)
    let item = LSP.ClientCapabilities.Completion.Item(snippetSupport: snippets)
    _ = server.initialize(
      LSP.InitializeParameters(
        capabilities: LSP.ClientCapabilities(
          general: .init(positionEncodings: utf8 ? ["utf-16", "utf-8"] : nil),
          textDocument: .init(completion: .init(completionItem: item), documentSymbol: nil))))
    server.open(LSP.OpenParameters(textDocument: .init(uri: uri, version: 1, text: text)))
  }

  var document: LSP.DocumentParameters { LSP.DocumentParameters(textDocument: .init(uri: uri)) }

  /// The text as the server has it.
  var serverText: String { String(decoding: server.documents[uri]?.lines.bytes ?? [], as: UTF8.self) }

  func position(_ marker: Int) throws -> LSP.Position {
    let lines = LineTable(Array(text.utf8), server.encoding)
    return lines.position(try #require(markers[marker], "marker \(marker)"))
  }

  func range(_ first: Int, _ last: Int) throws -> LSP.Range {
    LSP.Range(start: try position(first), end: try position(last))
  }

  func place(_ marker: Int) throws -> LSP.PlaceParameters {
    LSP.PlaceParameters(textDocument: document.textDocument, position: try position(marker))
  }

  mutating func hover(_ marker: Int) throws -> LSP.Hover? { try server.hover(place(marker)) }

  mutating func change(_ range: LSP.Range?, _ text: String) throws {
    try server.change(
      LSP.ChangeParameters(
        textDocument: .init(uri: uri, version: 2), contentChanges: [.init(range: range, text: text)]))
  }

  mutating func labels(_ marker: Int) throws -> [String] {
    try server.completion(place(marker)).items.map(\.label)
  }

  /// The text with edits applied, as a client would.
  func applying(_ edits: [LSP.TextEdit]) -> String {
    let lines = LineTable(Array(text.utf8), server.encoding)
    var bytes = lines.bytes
    for edit in edits.sorted(by: { $0.range.start > $1.range.start }) {
      bytes.replaceSubrange(lines.offset(edit.range.start)..<lines.offset(edit.range.end), with: edit.newText.utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The text without its markers, and the byte offset of each.
private func extractMarkers(_ marked: String) -> (String, [Int: Int]) {
  var text = ""
  var markers: [Int: Int] = [:]
  // Scalar by scalar: a marker behind a carriage return or a combining character is still one.
  var rest = marked.unicodeScalars[...]
  while let first = rest.first {
    if let digit = first.properties.numericType == .decimal ? Int(String(first)) : nil,
      rest.dropFirst().first == "\u{FE0F}", rest.dropFirst(2).first == "\u{20E3}"
    {
      markers[digit] = text.utf8.count
      rest = rest.dropFirst(3)
    } else {
      text.unicodeScalars.append(first)
      rest = rest.dropFirst()
    }
  }
  return (text, markers)
}

let zero = LSP.Position(line: 0, character: 0)
let everything = LSP.Range(start: zero, end: LSP.Position(line: .max, character: 0))
