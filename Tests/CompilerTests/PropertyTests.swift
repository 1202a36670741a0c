// What holds for any network: lowering makes legal graphs, passes keep them legal and change no result.
import ResNetDSL
import TestTiers
import Testing

@testable import ResNetCompiler

@Suite struct PropertyTests {
  @Test func randomNetworks() throws {
    var accepted = 0
    let seeds = seeds(80, slow: 2_000)
    for seed in seeds.map(UInt64.init) {
      var sink = Diagnostics()
      guard let graph = lower(randomNetwork(seed: seed), &sink) else {
        #expect(sink.hasErrors, "seed \(seed) is refused without a reason")
        continue
      }
      accepted += 1
      #expect(sink.all.isEmpty, "seed \(seed)")
      try expectPassesPreserve(graph, seed: seed)
      let cost = CostReport(graph)
      #expect(cost.layers.reduce(0) { $0 + $1.parameters } == cost.parameters)
      #expect(cost.parameters == parameters(graph), "seed \(seed)")
      #expect(Liveness(runPasses(graph)).peak <= Liveness(graph).peak, "seed \(seed)")
    }
    #expect(accepted > seeds.count / 2)
  }

  /// ResNet-1202 must not notice its depth.
  @Test(.enabled(if: isSlowRun, "it measures time")) func deepNetworksLowerInLinearTime() throws {
    let clock = ContinuousClock()
    var graph: Graph?
    // The best of three: other tests run beside this one.
    func time(_ n: Int) throws -> Duration {
      let times = try (0..<3).map { _ in
        try clock.measure { graph = runPasses(try lowered(Paper.cifar(n: n))) }
      }
      return times.min() ?? .zero
    }
    let short = try time(50)
    let long = try time(400)
    #expect(graph?.nodes.count == 2401 + 3)
    // Eight times the work, with room for a busy machine; quadratic would be 64.
    #expect(long < short * 24)
  }

  private func parameters(_ graph: Graph) -> Int {
    graph.tensors.filter { !$0.name.contains("running_") }.reduce(0) { $0 + $1.shape.reduce(1, *) }
  }
}
