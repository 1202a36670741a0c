// The linter on mangled files: it ends, its places exist, and its safe fixes are safe.

import Foundation
import ResNetDSL
import TestTiers
import Testing

@testable import ResNetCompiler

struct LintMutationTests {
  @Test func manglingNeverCrashes() throws {
    let models = fixtures.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("models")
    let files = try FileManager.default.contentsOfDirectory(atPath: models.path).filter { $0.hasSuffix(".rn") }
    // In turns, since there are far more models.
    let whole = try files.sorted().map { try Array(Data(contentsOf: models.appendingPathComponent($0))) }
    let examples = LintRule.all.map { Array($0.example.utf8) }
    var found: Set<String> = []
    var fixed = 0
    for seed in seeds(120, slow: 1_500) {
      var mutator = Mutator(seed: UInt64(seed))
      let corpus = seed.isMultiple(of: 2) ? whole : examples
      let source = SourceFile(name: "mutated.rn", bytes: mutator.mutate(corpus[seed / 2 % corpus.count]))
      let diagnostics = lint(source)
      for diagnostic in diagnostics.all {
        found.insert(diagnostic.code.name)
        let spans =
          [diagnostic.primary.span] + diagnostic.secondary.map(\.span)
          + diagnostic.fixIts.flatMap(\.edits).map(\.span)
        #expect(
          spans.allSatisfy { $0.start >= 0 && $0.start <= $0.end && $0.end <= source.bytes.count }, "seed \(seed)")
      }
      for includesUnsafe in [false, true] {
        do throws(LintFixFault) {
          fixed += try fixLints(in: source, LintSettings(), includesUnsafe: includesUnsafe).count
        } catch {
          #expect(error != .changesNetwork, "seed \(seed)")
          #expect(includesUnsafe || error == .hasErrors, "seed \(seed): \(error)")
        }
      }
      if seed % 20 == 0 {
        var none = LintBaseline()
        let files = [LintedFile(source, diagnostics, baseline: &none)]
        _ = try JSONDecoder().decode(Log.self, from: Data(files.sarif.utf8))
        #expect(files.gitHubCommands.split(separator: "\n").allSatisfy { $0.hasPrefix("::") })
      }
    }
    // The corpus reaches the rules, and fixes.
    let missed = LintRule.all.map(\.code.name).filter { !found.contains($0) }
    #expect(missed.count <= LintRule.all.count - (isSlowRun && sample == nil ? 18 : 4), "\(missed)")
    #expect(fixed > 20)
  }

  private struct Log: Decodable {
    struct Run: Decodable {
      struct Result: Decodable { let ruleId: String }
      let results: [Result]
    }
    let version: String
    let runs: [Run]
  }
}
