// The networks of models/: all of them, or a sample of the default tier.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

let repositoryModels = fixtures.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("models")

func modelFiles() throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: repositoryModels.path).filter { $0.hasSuffix(".rn") }.sorted()
}

/// A third of them, another with the next commit; in the slow tier all.
func sampledModelFiles() throws -> [String] {
  let files = try modelFiles()
  return isSlowRun ? files : files.enumerated().filter { $0.offset % 3 == commitDraw % 3 }.map(\.element)
}

/// A number made of the commit's name; 0 where there is no repository.
private let commitDraw: Int = {
  let git = Process()
  let pipe = Pipe()
  git.executableURL = URL(filePath: "/usr/bin/env")
  git.arguments = ["git", "-C", repositoryModels.path, "rev-parse", "HEAD"]
  (git.standardOutput, git.standardError) = (pipe, FileHandle.nullDevice)
  guard (try? git.run()) != nil, let name = try? pipe.fileHandleForReading.readToEnd() else { return 0 }
  return Int(fnv1a([UInt8](name)) % 1024)
}()

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
