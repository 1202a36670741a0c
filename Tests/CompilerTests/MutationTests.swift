// Mangled model files through the middle of the compiler: each ends in an error or in a graph that is legal before and
// after the passes.
import Foundation
import Testing

@testable import ResNetCompiler
@testable import ResNetDSL

@Suite struct MutationTests {
  @Test func manglingEndsInAnErrorOrALegalGraph() throws {
    let models = fixtures.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("models")
    let files = try FileManager.default.contentsOfDirectory(atPath: models.path).filter { $0.hasSuffix(".rn") }
    let sources = try files.sorted().map { try Array(Data(contentsOf: models.appendingPathComponent($0))) }
    let count = isSlowRun ? 10_000 : 300
    var graphs = 0
    var refused = 0
    for seed in 0..<count {
      var mutator = Mutator(seed: UInt64(seed))
      let source = SourceFile(name: "mutated.rn", bytes: mutator.mutate(sources[seed % sources.count]))
      var sink = Diagnostics()
      guard let model = parse(source, &sink),
        let network = resolve(model, Selection(variant: model.variants.first), &sink)
      else { continue }
      guard let graph = lower(network, &sink) else {
        #expect(sink.hasErrors, "seed \(seed)")
        #expect(TextRenderer(source).render(sink).hasPrefix("error["), "seed \(seed)")
        refused += 1
        continue
      }
      graphs += 1
      #expect(verify(graph).isEmpty, "seed \(seed): \(verify(graph))")
      let result = runPasses(graph)
      #expect(verify(result).isEmpty, "seed \(seed): \(verify(result))")
      #expect(Liveness(result).peak <= Liveness(graph).peak, "seed \(seed)")
    }
    // Both ends are reached.
    #expect(graphs > count / 50)
    #expect(refused > count / 100)
  }
}
