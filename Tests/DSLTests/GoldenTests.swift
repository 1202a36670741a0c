// One rendered example for each catalogued code: `Goldens/CODE.rn` and what the compiler says to it, `CODE.stderr`.
// `RESNETC_UPDATE_GOLDENS=1` rewrites the expectations and fails, so that nothing blesses itself.

import Foundation
import Testing

@testable import ResNetDSL

struct GoldenTests {
  private static let folder = repository.appendingPathComponent("Tests/DSLTests/Goldens")
  private static let isUpdating = ProcessInfo.processInfo.environment["RESNETC_UPDATE_GOLDENS"] == "1"

  /// Codes that lowering reports are tested beside it.
  private static let codes = (DiagnosticCatalog.syntaxCodes + DiagnosticCatalog.modelCodes).map(\.name)

  @Test(arguments: codes) func rendering(code: String) throws {
    let source = try readSource(Self.folder.appendingPathComponent("\(code).rn"))
    var sink = Diagnostics()
    if let model = parse(source, &sink) { _ = resolve(model, Self.selection(source, model), &sink) }
    let actual = TextRenderer(source).render(sink)
    #expect(sink.all.contains { $0.code.name == code }, "\(code).rn does not report \(code)")
    let file = Self.folder.appendingPathComponent("\(code).stderr")
    if Self.isUpdating {
      try actual.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(file.lastPathComponent)")
    } else {
      #expect(actual == (try String(contentsOf: file, encoding: .utf8)))
    }
  }

  /// A fix is right: with all of them applied, what they fix is gone and nothing has come instead.
  @Test(arguments: codes) func fixesFix(code: String) throws {
    let source = try readSource(Self.folder.appendingPathComponent("\(code).rn"))
    func diagnostics(_ source: SourceFile) -> [Diagnostic] {
      var sink = Diagnostics()
      if let model = parse(source, &sink) { _ = resolve(model, Self.selection(source, model), &sink) }
      return sink.all
    }
    let before = diagnostics(source)
    let fixable = before.filter { !$0.fixIts.isEmpty }
    guard !fixable.isEmpty else { return }
    let after = diagnostics(source.applying(fixable.flatMap(\.fixIts)))
    #expect(after.count == before.count - fixable.count, "\(after.map(\.message))")
    #expect(after.allSatisfy { $0.fixIts.isEmpty }, "\(after.map(\.message))")
  }

  /// A first line `# select --variant 50 --set n=3` stands for the command line.
  private static func selection(_ source: SourceFile, _ model: SourceModel) -> Selection {
    let words = source.text(source.contents(ofLine: 0)).split(separator: " ").map(String.init)
    guard words.starts(with: ["#", "select"]) else { return Selection(variant: model.variants.first) }
    var selection = Selection()
    for (option, value) in zip(words, words.dropFirst()) {
      if option == "--variant" { selection.variant = value }
      let parts = value.split(separator: "=")
      if option == "--set", parts.count == 2, let number = Int(parts[1]) {
        selection.parameters.append(.init(name: String(parts[0]), value: number))
      }
    }
    return selection
  }

  @Test func everyGoldenBelongsToACode() throws {
    let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
    for file in files where file.pathExtension == "rn" {
      #expect(Self.codes.contains(file.deletingPathExtension().lastPathComponent), "\(file.lastPathComponent)")
    }
  }

  @Test func catalogueIsSortedUniqueAndExplained() {
    let names = DiagnosticCatalog.all.map(\.name)
    #expect(names == names.sorted())
    #expect(Set(names).count == names.count)
    for code in DiagnosticCatalog.all {
      #expect(code.explanation.utf8.count > 100, "\(code.name)")
      #expect(code.explanation.split(separator: "\n").allSatisfy { $0.utf8.count <= 100 }, "\(code.name)")
    }
  }
}
