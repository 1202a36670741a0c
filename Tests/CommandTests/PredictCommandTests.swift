// `calibrate` and `predict` as people and programs use them: descriptions that are written and read, measurements that do
// not belong, and what is never overwritten.

import Foundation
import Testing

private struct Report: Decodable {
  struct Layer: Decodable {
    let name: String
    let flops: Double
    let predicted_ms: Double
    let best_ms: Double?
    let ratio: Double?
  }
  struct Total: Decodable {
    let flops: Double
    let predicted_ms: Double
    let best_ms: Double?
  }
  let model: String
  let isa: String
  let threads: Int
  let batch: Int
  let total: Total
  let layers: [Layer]
}

struct PredictCommandTests {
  private static let examples = repository.appending(path: "docs/examples")
  private static let machine = examples.appending(path: "server.machine").path
  private static let measured = examples.appending(path: "resnet18.json").path

  private func report(_ words: String...) throws -> Report {
    let run = try Sandbox().run(["predict"] + words + ["--format", "json"])
    #expect(run.code == 0 && run.err.isEmpty, "\(run.err)")
    return try JSONDecoder().decode(Report.self, from: Data(run.out.utf8))
  }

  @Test func rowsMakeTheTotal() throws {
    let plain = try report(model("resnet18"), "--batch", "3")
    #expect(plain.model == "ResNet18" && plain.isa == "avx512" && plain.threads == 1 && plain.batch == 3)
    #expect(plain.total.flops == 3 * 3_628_146_688)
    #expect(plain.layers.first?.name == "input" && plain.layers.last?.name == "output")
    #expect(plain.layers.allSatisfy { $0.best_ms == nil && $0.ratio == nil } && plain.total.best_ms == nil)
    let sum = plain.layers.reduce(0) { $0 + $1.predicted_ms }
    #expect(abs(sum - plain.total.predicted_ms) < 1e-4)
    let family = try report(model("cifar"), "--set", "n=200")
    #expect(family.layers.count > 1200)
    #expect(try report(model("table1"), "--variant", "34").model == "ResNet34")
    // Without Winograd there is more to do.
    let exact = try report(model("resnet18"), "--batch", "3", "--exact")
    #expect(exact.total.predicted_ms > plain.total.predicted_ms && exact.total.flops == plain.total.flops)
  }

  @Test func aMeasurementStandsBesideThePrediction() throws {
    let found = try report(model("resnet18"), "--machine", Self.machine, "--measured", Self.measured)
    #expect(found.layers.allSatisfy { $0.best_ms != nil })
    for layer in found.layers {
      guard let best = layer.best_ms, let ratio = layer.ratio else { continue }
      #expect(abs(ratio * layer.predicted_ms - best) < 1e-4)
    }
    let svg = try Sandbox().run(
      "predict", model("resnet18"), "--machine", Self.machine, "--measured", Self.measured, "--format", "svg")
    #expect(svg.code == 0 && svg.out.hasPrefix("<svg") && svg.out.contains("measured"))
    let markdown = try Sandbox().run("predict", model("resnet18"), "--format", "markdown")
    #expect(markdown.code == 0 && markdown.out.hasPrefix("## ResNet18\n\n| layer |"))
  }

  @Test func measurementsThatDoNotBelong() throws {
    let sandbox = try Sandbox()
    let text = try String(contentsOfFile: Self.measured, encoding: .utf8)
    try sandbox.write(text.replacing("\"best_ms\": 0", by: "\"best_ms\": -0"), to: "negative")
    try sandbox.write(text.replacing("\"best_ms\": 0", by: "\"best_ms\": 1e300, \"was\": 0"), to: "absurd")
    try sandbox.write(text.replacing("conv4_1.2", by: "conv4_1.9"), to: "layer")
    try sandbox.write(text.replacing("\"winograd F(4x4)\"", by: "\"direct\""), to: "exact")
    try sandbox.write(text.replacing("\"algorithm\"", by: "\"algorism\""), to: "member")
    try sandbox.write(text.replacing("\"batch\": 1", by: "\"batch\": \"one\""), to: "type")
    try sandbox.write(text.replacing("\"best_ms\": 1.", by: "\"best_ms\": 1e999"), to: "huge")
    try sandbox.write(String(text.prefix(text.count / 2)), to: "cut")
    try sandbox.write("[1, 2]", to: "list")
    try sandbox.write(String(repeating: "[", count: 200_000), to: "deep")
    try sandbox.write("{\"layers\": " + String(repeating: "{\"a\":", count: 100_000), to: "deeper")
    try sandbox.write("", to: "empty")
    let end = try #require(text.range(of: ",\n    {\"name\": \"output\", \"stage\": \"output\", \"algorithm\""))
    try sandbox.write(text[..<end.lowerBound] + "\n  ]\n}\n", to: "short")
    let machine = try String(contentsOfFile: Self.machine, encoding: .utf8)
    try sandbox.write(machine.replacing("threads 1", by: "threads 2"), to: "two.machine")
    try sandbox.write(machine.replacing("avx512", by: "avx2"), to: "avx2.machine")
    let cases: [(file: String, more: [String], message: String)] = [
      (Self.measured, ["--batch", "2"], "its batch is '1', the prediction's '2'"),
      (Self.measured, ["--machine", "two.machine"], "its number of threads is '1', the prediction's '2'"),
      (Self.measured, ["--machine", "avx2.machine"], "its instruction set is 'avx512', the prediction's 'avx2'"),
      (Self.measured, ["--exact"], "the plan 'direct'"),
      ("negative", [], "took -0."), ("absurd", [], "took 1e+300 ms"),
      ("layer", [], "its layer 14 is 'conv4_1.9', the prediction's 'conv4_1.2'"),
      ("exact", [], "it has 'direct' for 'conv2_1.1', the plan 'winograd F(4x4)'"),
      ("member", [], "there is no 'layers[0].algorithm' in it"), ("type", [], "'batch' is not what stands there"),
      ("huge", [], "Cannot use 'huge'"), ("cut", [], "it is not JSON, or cut"), ("list", [], "Cannot use 'list'"),
      ("deep", [], "it is not JSON"), ("deeper", [], "Cannot use 'deeper'"), ("empty", [], "it is not JSON"),
      ("short", [], "it ends before 'output'"), ("nowhere", [], "Cannot read 'nowhere'"),
      ("", [], "the name is empty"), ("/dev/zero", [], "it has more than 16.00 MiB"),
    ]
    for (file, more, message) in cases {
      let run = try sandbox.run(["predict", model("resnet18"), "--measured", file] + more)
      #expect(run.code == 74 && run.out.isEmpty && run.err.contains(message), "\(file): \(run.err)")
      #expect(run.err.contains("Help:  ") && run.err.utf8.count < 1_000)
    }
    let other = try sandbox.run("predict", model("resnet34"), "--measured", Self.measured)
    #expect(other.code == 74 && other.err.contains("its network is 'ResNet18', the prediction's 'ResNet34'"))
  }

  /// Old descriptions say nothing about other numbers than floats: what needs those is refused, with the way out.
  @Test func otherPrecisions() throws {
    let int8 = try report(model("resnet18"), "--precision", "int8")
    let float32 = try report(model("resnet18"))
    #expect(int8.isa == "avx512" && int8.total.flops == float32.total.flops)
    #expect(int8.total.predicted_ms < float32.total.predicted_ms / 2)
    let half = try report(model("resnet18"), "--precision", "float16", "--machine", Self.machine)
    #expect(half.layers.count == float32.layers.count)
    let sandbox = try Sandbox()
    let refused = try sandbox.run("predict", model("resnet18"), "--precision", "int8", "--machine", Self.machine)
    #expect(refused.code == 74 && refused.out.isEmpty && refused.err.contains("how fast it multiplies int8 and int16"))
    #expect(refused.err.contains("resnetc calibrate -o FILE"), "\(refused.err)")
    let measured = try sandbox.run(
      "predict", model("resnet18"), "--precision", "float16", "--machine", Self.machine, "--measured", Self.measured)
    #expect(measured.code == 74 && measured.err.contains("its precision is 'float32', the prediction's 'float16'"))
    let two = try sandbox.run("predict", model("resnet18"), "--precision", "float16,int8")
    #expect(two.code == 64 && two.err.contains("takes one type at a time"))
  }

  @Test func mistakesInADescriptionAreShown() throws {
    let sandbox = try Sandbox()
    let text = try String(contentsOfFile: Self.machine, encoding: .utf8)
    try sandbox.write(text.replacing("l2 gbps", by: "l2 gpbs"), to: "m")
    let run = try sandbox.run("predict", model("resnet18"), "--machine", "m")
    #expect(run.code == 1 && run.out.isEmpty)
    #expect(run.err.contains("m:8:1") && run.err.contains("write 'l2 gbps'"), "\(run.err)")
    let json = try sandbox.run("predict", model("resnet18"), "--machine", "m", "--diagnostics", "json")
    #expect(json.err.contains("\"machine-value\""))
    let missing = try sandbox.run("predict", model("resnet18"), "--machine", "nowhere")
    #expect(missing.code == 74 && missing.err.contains("resnetc calibrate -o FILE"))
    let zero = try sandbox.run("predict", model("resnet18"), "--machine", "/dev/zero")
    #expect(zero.code == 1 && zero.err.contains("more than 64 KiB"))
    #expect(try sandbox.run("predict", model("resnet18"), "--machine", "-").code == 64)
    #expect(try sandbox.run("predict", model("table1")).code == 1)
    let format = try sandbox.run("predict", model("resnet18"), "--format", "jsn")
    #expect(format.code == 64 && format.err.contains("Did you mean 'json'?"))
  }

  @Test func calibrateDescribesThisMachine() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.run("calibrate", "--isa", "portable", "--threads", "2", "--seconds", "0.2", "-o", "m")
    #expect(run.code == 0 && run.err.isEmpty, "\(run.err)")
    let text = try sandbox.read("m")
    #expect(text.hasPrefix("resnetc machine 1, portable, threads 2\n# made by resnetc ") && run.out.hasPrefix(text))
    #if arch(x86_64) || arch(arm64)
      #expect(text.contains("\npeak int16 gops: "))
      #expect(try sandbox.run("predict", model("digits20"), "--machine", "m", "--precision", "int8").code == 0)
    #endif
    let predicted = try sandbox.run("predict", model("digits20"), "--machine", "m")
    #expect(predicted.code == 0 && predicted.out.contains("batch 1, 2 threads, portable"), "\(predicted.err)")
    // A description is replaced, and nothing else is.
    let plain = try sandbox.run("calibrate", "--isa", "portable", "--seconds", "0.1")
    #expect(plain.code == 0 && plain.out.hasPrefix("resnetc machine 1, portable, threads 1\n"))
    let dash = try sandbox.run("calibrate", "--isa", "portable", "--seconds", "0.1", "-o", "-")
    #expect(dash.code == 0 && dash.out.hasPrefix("resnetc machine 1, portable, threads 1\n"))
    #expect(!dash.out.contains("Wrote") && (try? sandbox.read("-")) == nil)
    #expect(try sandbox.run("calibrate", "--isa", "portable", "--seconds", "0.1", "-o", "m").code == 0)
    try sandbox.write("mine", to: "other")
    let refused = try sandbox.run("calibrate", "-o", "other")
    #expect(refused.code == 74 && refused.err.contains("it exists, and is not a machine's description"))
    #expect(try sandbox.read("other") == "mine")
  }

  @Test(
    arguments: [
      (["--isa", "all"], 64, "names one instruction set"), (["--threads", "0"], 64, "from 1 to 256"),
      (["--seconds", "nan"], 64, "from 0.1 to 600"), (["-o", ""], 64, "names no file"),
      (["-o", "."], 74, "it is a folder"), (["-o", "nowhere/x"], 74, "Cannot write 'nowhere/x'"),
      (["-o", "/dev/null"], 74, "not a plain file"),
      (["--threads", "256"], 64, "which is \(ProcessInfo.processInfo.activeProcessorCount) here"),
      (["model.rn"], 64, "Unexpected argument"),
    ] as [([String], Int32, String)])
  func mistakesAreFoundBeforeAnythingIsMeasured(words: [String], code: Int32, message: String) throws {
    let run = try Sandbox().run(["calibrate"] + words)
    #expect(run.code == code && run.err.contains(message), "\(run.err)")
  }
}
