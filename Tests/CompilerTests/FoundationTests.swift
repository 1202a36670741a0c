import Foundation
import Testing

/// Foundation is megabytes in other people's binaries, and generated code does without; the command alone may use it.
@Suite struct FoundationTests {
  @Test(arguments: ["Sources/DSL", "Sources/Compiler", "Sources/Runtime", "Sources/Checkpoints", "Templates"])
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
