// `bench --per-layer` of a generated package: its parts make a whole, and its object is what docs/per-layer.md says.
import Foundation
import ResNetCompiler
import ResNetDSL
import ResNetRuntime
import Testing

extension SmallNetTests {
  private struct Report: Decodable {
    struct Times: Decodable {
      var best_ms: Double
      var median_ms: Double
    }
    struct Machine: Decodable {
      var gflops: Double
      var peaks: [String: Double]
      var memory_gbps: Double?
      var weights_gbps: Double?
      var values_gbps: Double?
    }
    struct Stage: Decodable {
      var name: String
      var best_ms: Double
      var median_ms: Double
      var share: Double
      var flops: Double
    }
    struct Layer: Decodable {
      var name: String
      var stage: String
      var algorithm: String
      var multiplies: [String]
      var best_ms: Double
      var median_ms: Double
      var share: Double
      var flops: Double
      var executed_flops: Double
      var weight_bytes: Double
      var value_bytes: Double
      var gflops: Double
      var bound: String?
      var bound_ms: Double?
      var reached: Double?
      var units: Int
      var alone_ms: Double
      var split: Double
    }
    struct Split: Decodable {
      struct Row: Decodable {
        var threads: Int
        var speedup: Double
        var efficiency: Double
        var by_parts: Double
      }
      var efficiency: Double
      var threads: [Row]
    }
    var split: Split
    var model: String
    var isa: String
    var threads: Int
    var batch: Int
    var passes: Int
    var precision: String
    var machine: Machine
    var call: Times
    var steps: Times
    var stages: [Stage]
    var layers: [Layer]
  }

  @Test(arguments: Umbrella.smallNets, [1, 2]) func timesOfLayersMakeTheTimeOfACall(net: Net, threads: Int) throws {
    let command = try Umbrella.small.get().command(of: net)
    let compilation = try net.compiled()
    for isa in net.isas {
      let text = try run(
        command.path,
        ["bench", "--weights", "random:1", "--isa", "\(isa)", "--threads", "\(threads)", "--seconds", "0.1"]
          + ["--per-layer", "--json"]
      ).output
      let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
      #expect(report.model == net.name && report.isa == "\(isa)" && report.threads == threads && report.batch == 1)
      // The input stands for the copying in; the copying out is a row of its own. A pool that computes its convolution
      // is counted as that.
      let plan = try #require(compilation.plans.first { $0.target.name == "\(isa)" })
      let steps = plan.steps.map { plan.graph[$0.convolution ?? $0.node].name }
      #expect(report.layers.map(\.name) == ["input"] + steps + ["output"])
      #expect(report.passes >= 3 && report.machine.gflops > 0)
      // The compiler counts the same work from its plan.
      var machine = Machine.reference
      machine.target = plan.target
      for (layer, predicted) in zip(report.layers, Prediction(plan, on: machine).layers) {
        let work = predicted.work
        #expect(predicted.name == layer.name && predicted.algorithm == layer.algorithm)
        #expect(work.flops == layer.flops && work.executed == layer.executed_flops, "\(layer.name)")
        #expect(work.weightBytes == layer.weight_bytes, "\(layer.name)")
        #expect(abs(work.valueBytes - layer.value_bytes) < 1e-5, "\(layer.name)")
        #expect(work.issued >= work.executed, "\(layer.name)")
      }
      #expect(report.layers.reduce(0) { $0 + $1.flops } == 2 * Double(compilation.cost.macs))
      #expect(abs(report.layers.reduce(0) { $0 + $1.share } - 1) < 1e-3)
      #expect(abs(report.stages.reduce(0) { $0 + $1.share } - 1) < 1e-3)
      #expect(abs(report.stages.reduce(0) { $0 + $1.flops } - 2 * Double(compilation.cost.macs)) < 1)
      for layer in report.layers {
        #expect(layer.best_ms >= 0 && layer.best_ms <= layer.median_ms)
        #expect(layer.name == "output" || layer.value_bytes > 0)
      }
      // No layer can take longer at its best than the fastest of all passes.
      #expect(report.layers.reduce(0) { $0 + $1.best_ms } <= report.steps.best_ms * 1.001 + 1e-3)
      #expect(report.call.best_ms > 0)
      // Each row says what the layers' units allow, by their times of one thread.
      #expect(report.split.threads.map(\.threads) == [2, 4, 8, 16, 32])
      for row in report.split.threads {
        #expect(row.efficiency > 0 && row.efficiency < 1 + 1e-9 && row.by_parts > 0)
        #expect(abs(row.speedup - row.efficiency * Double(row.threads)) < 1e-4)
      }
      #expect(
        report.layers.map(\.units) == [report.layers[0].units] + plan.steps.map { plan.kernels[$0.kernel].units } + [0])
      for layer in report.layers { #expect(layer.split <= 1 + 1e-9 && layer.alone_ms >= 0) }
      let all = report.layers.reduce(0) { $0 + $1.alone_ms }
      let busiest = report.layers.reduce(0) { $0 + $1.alone_ms / $1.split }
      #expect(abs(report.split.efficiency - all / busiest) < 1e-3)
    }
  }

  /// Of whole numbers, too: work by type, bytes of each, and a peak for every type that a layer multiplies.
  @Test(arguments: Umbrella.integerNets) func workOfWholeNumbersIsCounted(net: Net) throws {
    let command = try Umbrella.small.get().command(of: net)
    let compilation = try net.compiled()
    for isa in ISA.available(computing: .int8) {
      guard let plan = compilation.plans.first(where: { $0.target.name == "\(isa)" && $0.target.precision == .int8 })
      else { continue }
      let text = try run(
        command.path,
        ["bench", "--weights", "random:1", "--precision", "int8", "--isa", "\(isa)", "--seconds", "0.1"]
          + ["--per-layer", "--json"]
      ).output
      let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
      #expect(report.precision == "int8" && report.isa == "\(isa)")
      var machine = Machine.reference
      machine.otherPeaks = [.float16: 1, .int8: 1, .int16: 1]
      for (layer, predicted) in zip(report.layers, Prediction(plan, on: machine).layers) {
        let work = predicted.work
        #expect(predicted.name == layer.name && predicted.algorithm == layer.algorithm)
        #expect(work.multiplicands.map(\.rawValue) == layer.multiplies, "\(net.name), \(isa), \(layer.name)")
        #expect(work.flops == layer.flops && work.executed == layer.executed_flops, "\(layer.name)")
        #expect(work.weightBytes == layer.weight_bytes, "\(net.name), \(isa), \(layer.name)")
        #expect(abs(work.valueBytes - layer.value_bytes) < 1e-5, "\(net.name), \(isa), \(layer.name)")
        #expect(work.issued >= work.executed, "\(net.name), \(isa), \(layer.name)")
        #expect(layer.multiplies.allSatisfy { (report.machine.peaks[$0] ?? 0) > 0 })
        #expect(layer.multiplies.isEmpty || layer.reached != nil)
      }
      #expect(report.layers.contains { $0.multiplies != ["float32"] && !$0.multiplies.isEmpty })
    }
  }

  @Test func tableNamesEveryLayer() throws {
    let net = Net.digits
    let command = try Umbrella.small.get().command(of: net)
    let text = try run(
      command.path, ["bench", "--weights", "random:1", "--seconds", "0.1", "--per-layer", "--threads", "2"]
    ).output
    let lines = text.split(separator: "\n").map(String.init)
    let head = try #require(lines.first { $0.hasPrefix("layer") })
    for column in ["algorithm", "best ms", "median ms", "share", "GFLOP/s", "bound by", "reached", "units", "split"] {
      #expect(head.contains(column))
    }
    for step in try net.compiled().plans[0].steps {
      let name = try net.compiled().fused[step.convolution ?? step.node].name
      #expect(lines.contains { $0.hasPrefix(name + " ") })
    }
    #expect(lines.contains { $0.hasPrefix("all ") && $0.contains("100.0 %") })
    #expect(lines.contains { $0.hasPrefix("a call takes") } && lines.contains { $0.hasPrefix("this machine") })
  }
}
