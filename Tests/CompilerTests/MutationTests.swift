// Mangled model files through the whole compiler: each ends in an error, or in a graph that is legal before and after the
// passes and can be planned and printed. None takes 200 MB.
import Foundation
import TestTiers
import Testing

@testable import ResNetCompiler
@testable import ResNetDSL

@Suite struct MutationTests {
  @Test func manglingEndsInAnErrorOrAValidProgram() throws {
    let models = fixtures.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("models")
    let files = try FileManager.default.contentsOfDirectory(atPath: models.path).filter { $0.hasSuffix(".rn") }
    let sources = try files.sorted().map { try Array(Data(contentsOf: models.appendingPathComponent($0))) }
    let seeds = seeds(300, slow: 10_000)
    var programs = 0
    var refused = 0
    let growth = try peakMemoryGrowth {
      for seed in seeds {
        var mutator = Mutator(seed: UInt64(seed))
        let source = SourceFile(name: "mutated.rn", bytes: mutator.mutate(sources[seed % sources.count]))
        if try check(source, seed: seed) { programs += 1 } else { refused += 1 }
      }
    }
    if isSlowRun, let growth { #expect(growth < 200 << 20) }
    // Both ends are reached.
    #expect(programs > seeds.count / 50)
    #expect(refused > seeds.count / 50)
  }

  /// Whether the source is a program.
  private func check(_ source: SourceFile, seed: Int) throws -> Bool {
    var sink = Diagnostics()
    var options = CompileOptions(targets: [.avx512])
    options.selection.variant = parse(source, &sink)?.variants.first
    sink = Diagnostics()
    guard let result = analyze(source, options, &sink) else {
      #expect(sink.hasErrors, "seed \(seed)")
      #expect(TextRenderer(source).render(sink).hasPrefix("error["), "seed \(seed)")
      return false
    }
    #expect(verify(result.lowered).isEmpty, "seed \(seed): \(verify(result.lowered))")
    #expect(verify(result.fused).isEmpty, "seed \(seed): \(verify(result.fused))")
    #expect(Liveness(result.fused).peak <= Liveness(result.lowered).peak, "seed \(seed)")
    #expect(result.plans.allSatisfy { $0.arena.floats >= $0.arena.lowerBound }, "seed \(seed)")
    // Printing takes a while in a debug build; what it prints depends on the plan alone.
    if seed % 50 == 0 { #expect(try emit(result, from: source, options).count > 20, "seed \(seed)") }
    return true
  }
}
