// Mangled model files: each ends in an error or in a network, soon, and its diagnostics can be rendered.

import Foundation
import TestTiers
import Testing

@testable import ResNetDSL

struct MutationTests {
  @Test func manglingNeverCrashes() throws {
    let torture = repository.appendingPathComponent("Tests/Fixtures/torture")
    let files = try modelFiles() + ["pyramid", "ushape", "taps"].map { torture.appendingPathComponent("\($0).rn") }
    let sources = try files.map(readSource)
    let seeds = seeds(1_000, slow: 10_000)
    var networks = 0
    let growth = try peakMemoryGrowth {
      for seed in seeds { if try isNetwork(seed: seed, sources) { networks += 1 } }
    }
    if isSlowRun, let growth { #expect(growth < 200 << 20) }
    // Mutations in comments and of numbers often leave a valid file: the mutator does not only break syntax.
    #expect(networks > seeds.count / 50)
    #expect(networks < seeds.count)
  }

  /// Mangles a source and reads it.
  private func isNetwork(seed: Int, _ sources: [SourceFile]) throws -> Bool {
    var mutator = Mutator(seed: UInt64(seed))
    let bytes = mutator.mutate(sources[seed % sources.count].bytes)
    let source = SourceFile(name: "mutated.rn", bytes: bytes)
    var sink = Diagnostics()
    var network: Network?
    let clock = ContinuousClock()
    let time = clock.measure {
      if let model = parse(source, &sink) {
        network = resolve(model, Selection(variant: model.variants.first), &sink)
      }
    }
    #expect((network == nil) == sink.hasErrors, "seed \(seed)")
    #expect(time < .seconds(10), "seed \(seed)")
    for diagnostic in sink.all {
      let spans = [diagnostic.primary.span] + diagnostic.secondary.map(\.span)
      #expect(spans.allSatisfy { $0.start >= 0 && $0.start <= $0.end && $0.end <= bytes.count }, "seed \(seed)")
    }
    if sink.hasErrors, seed % 10 == 0 {
      #expect(TextRenderer(source).render(sink).hasPrefix("error["), "seed \(seed)")
      #expect(!JSONRenderer(source).render(sink).isEmpty)
    }
    return !sink.hasErrors
  }

  @Test func aSeedGivesTheSameFile() throws {
    let bytes = try readSource(repository.appendingPathComponent("models/table1.rn")).bytes
    var first = Mutator(seed: 7)
    var second = Mutator(seed: 7)
    for _ in 0..<20 { #expect(first.mutate(bytes) == second.mutate(bytes)) }
  }
}
