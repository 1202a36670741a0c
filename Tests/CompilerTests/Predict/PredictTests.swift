// Predictions: the work of each step is what generated packages count, rows make totals, and bounds behave as bounds.
import Foundation
import Testing

@testable import ResNetCompiler
@testable import ResNetDSL

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct PredictTests {
  /// What `bench --per-layer --json` of generated packages printed, without times.
  struct Capture: Decodable, Sendable, CustomTestStringConvertible {
    struct Layer: Decodable {
      var name: String
      var algorithm: String
      /// Of float32 alone it was not said.
      var multiplies: [String]?
      var flops: Double
      var executed_flops: Double
      var weight_bytes: Double
      var value_bytes: Double
    }
    var file: String
    var model: String
    var isa: String
    var batch: Int
    var precision: String?
    var layers: [Layer]

    var testDescription: String { "\(model) \(isa) \(precision ?? "float32") batch \(batch)" }

    static func all() throws -> [Capture] {
      try JSONDecoder().decode(
        [Capture].self, from: Data(contentsOf: fixtures.appendingPathComponent("per-layer.json")))
    }
  }

  private static func plan(
    _ file: String, _ selection: Selection = Selection(), target: Target, batch: Int = 1
  ) throws -> Plan {
    try plans(file, selection, target: target, precision: .float32, batch: batch)[0]
  }

  /// Best first.
  private static func plans(
    _ file: String, _ selection: Selection = Selection(), target: Target, precision: Precision, batch: Int = 1
  ) throws -> [Plan] {
    var sink = Diagnostics()
    let options = CompileOptions(selection: selection, targets: [target], precisions: [precision], batch: batch)
    let text = try String(contentsOf: models.appendingPathComponent(file), encoding: .utf8)
    return try #require(analyze(SourceFile(name: file, text: text), options, &sink), "\(sink.all)").plans
  }

  private static func prediction(
    _ file: String, _ selection: Selection = Selection(), on machine: Machine = .reference, batch: Int = 1
  ) throws -> Prediction {
    Prediction(try plan(file, selection, target: machine.target, batch: batch), on: machine)
  }

  private static let models = fixtures.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("models")

  @Test(arguments: try Capture.all()) func workIsWhatPackagesCount(capture: Capture) throws {
    let selection = Selection(parameters: capture.file == "cifar.rn" ? [Selection.Setting(name: "n", value: 3)] : [])
    let precision = try #require(Precision(rawValue: capture.precision ?? "float32"))
    let target = try #require(
      Target.all.first { $0.computing(in: precision).contains { $0.name == capture.isa } })
    let plan = try #require(
      try Self.plans(capture.file, selection, target: target, precision: precision, batch: capture.batch)
        .first { $0.target.name == capture.isa })
    var machine = Machine.reference
    machine.otherPeaks = [.float16: 360, .int8: 720, .int16: 360]
    let found = Prediction(plan, on: machine)
    #expect(found.target.precision == precision)
    #expect(found.model == capture.model && found.layers.count == capture.layers.count)
    for (layer, expected) in zip(found.layers, capture.layers) {
      #expect((layer.name, layer.algorithm) == (expected.name, expected.algorithm))
      if let multiplies = expected.multiplies {
        #expect(layer.work.multiplicands.map(\.rawValue) == multiplies, "\(layer.name)")
      }
      #expect(layer.work.flops == expected.flops, "\(layer.name)")
      #expect(layer.work.executed == expected.executed_flops, "\(layer.name)")
      #expect(layer.work.weightBytes == expected.weight_bytes, "\(layer.name)")
      #expect(layer.work.valueBytes == expected.value_bytes, "\(layer.name)")
    }
  }

  private static let files = (try? sampledModelFiles()) ?? []

  @Test(arguments: files) func everyModelHasAPrediction(file: String) throws {
    #expect(Self.files.count > 10)
    var selection = Selection()
    switch file {
    case "table1.rn": selection.variant = "34"
    case "prelu_net.rn": selection.variant = "A"
    case "cifar.rn", "cifar_plain.rn": selection.parameters = [Selection.Setting(name: "n", value: 3)]
    default: break
    }
    let plan = try Self.plan(file, selection, target: .avx512)
    check(plan)
    check(makePlan(plan.graph, target: .avx512, batch: 3))
    for target in Target.all.dropFirst() { check(makePlan(plan.graph, target: target, batch: 1)) }
  }

  /// What holds for any prediction.
  private func check(_ plan: Plan) {
    var machine = Machine.reference
    machine.target = plan.target
    let prediction = Prediction(plan, on: machine)
    for layer in prediction.layers {
      let (work, bound) = (layer.work, layer.bound)
      #expect(bound.seconds >= work.executed / (machine.gflops * 1e9), "\(layer.name)")
      #expect(bound.seconds >= work.weightBytes / (machine.gbps(prediction.weightLevel) * 1e9), "\(layer.name)")
      #expect(bound.seconds >= work.valueBytes / (machine.gbps(prediction.valueLevel) * 1e9), "\(layer.name)")
      #expect(bound.seconds == max(bound.arithmetic, bound.weights + bound.values))
      #expect(work.issued >= work.executed * (1 - 1e-12), "\(layer.name)")
      #expect((bound.limit == nil) == (bound.seconds == 0) && bound.seconds.isFinite)
    }
    #expect(prediction.layers.count == plan.steps.count + 2 && prediction.seconds > 0)
    func isSum(_ part: (StepWork) -> Double) -> Bool {
      let sum = prediction.layers.reduce(0) { $0 + part($1.work) }
      return abs(sum - part(prediction.work)) <= sum * 1e-12
    }
    #expect(isSum(\.flops) && isSum(\.executed) && isSum(\.issued) && isSum(\.weightBytes) && isSum(\.valueBytes))
    #expect(prediction.work.weightBytes == Double(plan.weightBytes))
    #expect(prediction.boundSeconds == prediction.layers.reduce(0) { $0 + $1.bound.seconds })
    #expect(prediction.seconds == prediction.layers.reduce(0) { $0 + $1.seconds })
    for layer in prediction.layers {
      #expect((layer.transforms > 0) == layer.algorithm.hasPrefix("winograd") && layer.seconds >= layer.bound.seconds)
    }
  }

  /// Layers of bytes are bound by the machine's peak for those, and halves in memory take half as long to come.
  @Test func otherNumbersHaveOtherRates() throws {
    var machine = Machine.reference
    let plans = try Self.plans("resnet50.rn", target: .avx512, precision: .int8)
    let int8 = Prediction(try #require(machine.best(of: plans)), on: machine)
    #expect(int8.peaks.map(\.multiplicand) == [.int8, .int16] && int8.text.contains("720.0 GOP/s of int8"))
    for layer in int8.layers where layer.work.multiplicands == [.int8] {
      #expect(layer.bound.arithmetic == layer.work.issued / 720e9, "\(layer.name)")
    }
    #expect(int8.layers.filter { $0.work.multiplicands == [.int16] }.allSatisfy { $0.algorithm == "winograd F(4x4)" })
    let float32 = try Self.prediction("resnet50.rn")
    #expect(int8.seconds < float32.seconds / 2)
    #expect(rooflineChart(int8).contains("peak 360 GOP/s of int16"))
    // Without arithmetic in half precision weights are halves, and all else is as it was.
    let halves = try Self.plans("resnet50.rn", target: .avx512, precision: .float16)
    #expect(halves.map(\.target.title) == ["avx512fp16", "avx512-float16"])
    let stored = Prediction(try #require(machine.best(of: halves)), on: machine)
    #expect(stored.target.title == "avx512-float16" && stored.work.multiplicands == [.float32])
    #expect(stored.work.weightBytes < float32.work.weightBytes * 0.51)
    #expect(stored.work.valueBytes == float32.work.valueBytes)
    machine.otherPeaks[.float16] = 360
    let half = Prediction(try #require(machine.best(of: halves)), on: machine)
    #expect(half.target.title == "avx512fp16" && half.seconds < stored.seconds)
    // Bytes where there is an instruction for them, pairs else, and nothing that nobody measured.
    let narrow = try Self.plans("resnet50.rn", target: .avx2, precision: .int8)
    machine.target = .avx2
    #expect(machine.best(of: narrow)?.target.name == "avxvnni")
    machine.otherPeaks = [.int16: 100]
    #expect(machine.best(of: narrow)?.target.name == "avx2")
    machine.otherPeaks = [:]
    #expect(machine.best(of: narrow) == nil)
  }

  /// Faster in any respect is never slower, and larger caches are never worse where nearer is faster.
  @Test(arguments: ["resnet50.rn", "digits20.rn"]) func betterMachinesAreNotSlower(file: String) throws {
    let plan = try Self.plan(file, target: .avx512)
    let rates: [WritableKeyPath<Machine, Double>] = [
      \.gflops, \.l1.gbps, \.l2.gbps, \.l3.gbps, \.memoryGbps,
    ]
    let sizes: [WritableKeyPath<Machine, Int>] = [\.l1.bytes, \.l2.bytes, \.l3.bytes]
    func times(_ machine: Machine) -> [Double] { Prediction(plan, on: machine).layers.map(\.seconds) }
    var last = times(.reference)
    func expectNotSlower(_ machine: Machine, _ what: String) {
      let now = times(machine)
      #expect(zip(now, last).allSatisfy { $0 <= $1 }, "\(what)")
      last = now
    }
    for path in rates {
      var machine = Machine.reference
      last = times(machine)
      for _ in 0..<6 {
        machine[keyPath: path] *= 1.7
        expectNotSlower(machine, "\(path)")
      }
    }
    for path in sizes {
      var machine = Machine.reference
      last = times(machine)
      for _ in 0..<12 {
        machine[keyPath: path] *= 2
        expectNotSlower(machine, "\(path)")
      }
    }
    // With all rates infinite but one, that one alone counts.
    #expect(times(.reference).reduce(0, +) > 0)
  }

  @Test func measuredTimesAndSurprises() throws {
    let plain = try Self.prediction("resnet18.rn")
    #expect(plain.measuredSeconds == nil && plain.surprises.isEmpty && !plain.text.contains("ratio"))
    var times = plain.layers.map { $0.seconds * 1.1 }
    let even = plain.measured(times)
    #expect(even.surprises.isEmpty && even.text.contains("No layer of weight is far from its prediction."))
    #expect(even.measuredSeconds.map { abs($0 - plain.seconds * 1.1) < 1e-12 } == true)
    let slow = try #require(plain.layers.firstIndex { $0.name == "conv5_1.2" })
    times[slow] *= 3
    times[1] /= 3
    let uneven = plain.measured(times)
    #expect(uneven.surprises.map(\.name) == ["conv5_1.2", "conv1"])
    #expect(uneven.text.contains("Far from their prediction: conv5_1.2 (3.30), conv1 (0.37).\n"), "\(uneven.text)")
    #expect(uneven.markdown.hasPrefix("## ResNet18\n\n| layer | algorithm |"))
    // A list that ends early leaves the total open.
    #expect(plain.measured([1]).measuredSeconds == nil)
  }

  @Test func chartsHaveADotForEveryLayerThatComputes() throws {
    let plain = try Self.prediction("resnet50.rn")
    let computing = plain.layers.filter { $0.work.executed > 0 }.count
    func dots(_ svg: String) -> Int { svg.components(separatedBy: "<title>").count - 1 }
    let svg = rooflineChart(plain)
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n") && dots(svg) == computing)
    #expect(svg == rooflineChart(plain))
    let measured = plain.measured(plain.layers.map { $0.bound.seconds * 2 })
    #expect(dots(rooflineChart(measured)) == 2 * computing)
    // Every element is closed, and everything is inside.
    var odd = Machine.reference
    (odd.gflops, odd.l1.gbps, odd.l3.gbps) = (900_000, 900_000, 0.001)
    var slow = Machine.reference
    (slow.gflops, slow.l1.gbps) = (0.001, 1e6)
    let charts = try [odd, slow].map { rooflineChart(try Self.prediction("digits20.rn", on: $0)) }
    for svg in [svg, rooflineChart(measured)] + charts {
      let parser = XMLParser(data: Data(svg.utf8))
      #expect(parser.parse())
      let places = svg.matches(of: /\sc?([xy])[12]?="(-?[0-9.]+)"/)
      #expect(places.count > 100)
      for place in places {
        let value = Double(place.output.2) ?? .nan
        #expect(0...(place.output.1 == "x" ? 900 : 500) ~= value)
      }
    }
    let deep = try Self.prediction("cifar.rn", Selection(parameters: [Selection.Setting(name: "n", value: 200)]))
    let many = rooflineChart(deep)
    #expect(dots(many) > 1200 && many.utf8.count < 600_000)
  }
}
