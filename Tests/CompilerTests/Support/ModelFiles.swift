// The networks of models/: all of them, or a sample of the default tier.
import Foundation
import ResNetDSL
import TestTiers
import Testing

@testable import ResNetCompiler

let repositoryModels = fixtures.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("models")

func modelFiles() throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: repositoryModels.path).filter { $0.hasSuffix(".rn") }.sorted()
}

/// A third of them, another with the next commit; in the slow tier all.
func sampledModelFiles() throws -> [String] {
  try isSlowRun ? modelFiles() : modelFiles().share(oneIn: 3)
}

/// A file of models/, each of its variants.
func modelCompilations(_ file: String, n: Int? = nil) throws -> [Compilation] {
  let url = repositoryModels.appendingPathComponent(file)
  let source = SourceFile(name: file, text: try String(contentsOf: url, encoding: .utf8))
  var sink = Diagnostics()
  let model = try #require(parse(source, &sink))
  let settings = n.map { [Selection.Setting(name: "n", value: $0)] } ?? []
  return try (model.variants.isEmpty ? [nil] : model.variants.map { $0 }).map { variant in
    var sink = Diagnostics()
    let options = CompileOptions(selection: Selection(variant: variant, parameters: settings), targets: [])
    return try #require(analyze(source, options, &sink))
  }
}
