// The compiler carries copies of Templates/, Sources/Runtime and Sources/CPU. They may not drift.
import Foundation
import Testing

@testable import ResNetCompiler

@Suite struct EmbeddedSourcesTests {
  @Test(arguments: ["Templates", "Sources/Runtime", "Sources/CPU"])
  func copiesAreCurrent(root: String) throws {
    let copies = ["Templates": EmbeddedTemplates.all, "Sources/Runtime": EmbeddedRuntime.all]
    let embedded = copies[root] ?? EmbeddedCPU.all
    let folder = repository.appendingPathComponent(root)
    let names = try #require(FileManager.default.subpaths(atPath: folder.path))
      .filter { name in [".swift", ".c", ".h", ".modulemap"].contains { name.hasSuffix($0) } }.sorted()
    #expect(embedded.map(\.name).sorted() == names, "run scripts/embed.sh")
    for file in embedded {
      let text = try String(contentsOf: folder.appendingPathComponent(file.name), encoding: .utf8)
      #expect(file.text == text, "\(root)/\(file.name) has changed: run scripts/embed.sh")
    }
  }
}

/// Foundation is megabytes in other people's binaries, and generated code does without; the command alone may use it.
@Suite struct FoundationTests {
  @Test(arguments: ["Sources/DSL", "Sources/Compiler", "Sources/Runtime", "Templates"])
  func isNotImported(root: String) throws {
    let folder = repository.appendingPathComponent(root)
    let names = try #require(FileManager.default.subpaths(atPath: folder.path)).filter { $0.hasSuffix(".swift") }
    #expect(!names.isEmpty)
    for name in names {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      let imports = text.split(separator: "\n").filter { $0.hasPrefix("import ") || $0.contains(" import ") }
      #expect(!imports.contains { $0.hasSuffix("Foundation") }, "\(root)/\(name)")
    }
  }
}

/// The checkout that these tests were built from.
private let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()
