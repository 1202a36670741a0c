// What the DSL tests share: where the repository's files are, and one call from text to network.

import Foundation
import Testing

@testable import ResNetDSL

/// The repository, found from this file.
let repository = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Every file in `models/`, sorted by name.
func modelFiles() throws -> [URL] {
  try FileManager.default.contentsOfDirectory(
    at: repository.appendingPathComponent("models"), includingPropertiesForKeys: nil
  )
  .filter { $0.pathExtension == "rn" }
  .sorted { $0.lastPathComponent < $1.lastPathComponent }
}

func readSource(_ url: URL) throws -> SourceFile {
  SourceFile(name: url.lastPathComponent, bytes: [UInt8](try Data(contentsOf: url)))
}

/// What the front end makes of a text. A family with columns is resolved in its first, unless told otherwise.
struct Outcome {
  var model: SourceModel?
  var network: Network?
  var diagnostics: [Diagnostic]

  var codes: [String] { diagnostics.map(\.code.name) }
}

func compile(_ source: SourceFile, _ selection: Selection? = nil) -> Outcome {
  var sink = Diagnostics()
  let model = parse(source, &sink)
  var network: Network?
  if let model { network = resolve(model, selection ?? Selection(variant: model.variants.first), &sink) }
  return Outcome(model: model, network: network, diagnostics: sink.inSourceOrder)
}

func compile(_ text: String, _ selection: Selection? = nil) -> Outcome {
  compile(SourceFile(name: "test.rn", text: text), selection)
}
