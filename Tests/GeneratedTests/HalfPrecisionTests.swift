// Weights in half precision: the same bits where they are halves from the start, and within bounds of PyTorch where they
// are rounded. In C, whose kernels are Swift's; one network in Swift, too.
import Foundation
import ResNetCompiler
import ResNetRuntime
import Testing

@Suite(.serialized) struct HalfPrecisionTests {
  /// Products and sums are those of single precision, and a half is a float: nothing may differ, whatever the tile, the
  /// chunk or the transform that runs on weights as they are.
  @Test(arguments: [
    AlgorithmChoice.exact,
    .winograd([2, 3, 4].map { WinogradCut(tile: $0, blocks: $0 - 1, filters: .running) }),
  ])
  func halvesGiveTheBitsOfFloats(algorithms: AlgorithmChoice) throws {
    var net = Net.halves.batched(3)
    (net.algorithms, net.precisions) = (algorithms, [.float32, .float16])
    try withTemporaryFolder { folder in
      let package = try CPackage(net, in: folder)
      let (weights, pixels) = (folder.appending(path: "w.safetensors"), folder.appending(path: "in.f32"))
      let random = RandomTensors(seed: 3)
      try writeSafetensors(package.compilation.lowered.tensors.map { ($0.name, $0.shape) }, to: weights) {
        random.tensor($0, $1).map { Half(rounding: Double($0)).float }
      }
      try write(random.tensor("input", [3 * package.compilation.inputFloats]), to: pixels)
      for isa in net.isas {
        let expected = try package.logits(try package.pack(weights, for: isa), threads: 1, pixels: pixels)
        try #require(expected.count == 39 && Set(expected).count > 13)
        let packed = try package.pack(weights, for: isa, .float16)
        for threads in [1, 2, 3] {
          let found = try package.logits(packed, threads: threads, pixels: pixels)
          #expect(found.map(\.bitPattern) == expected.map(\.bitPattern), "\(isa), \(threads) threads")
        }
      }
    }
  }

  /// A weight is off by at most 2^-11 of itself, one transformed for F(4x4) costs its layer 1.4e-3 of the largest output
  /// where 64 channels are summed, and sums average that out: 5e-3 of the largest logit is what half precision may lose.
  @Test(arguments: [
    Net.torture[0], Net.paddings.winograd.batched(3), Net.grouped.batched(3), Net.separable, Net.attention, Net.preNorm,
  ])
  func answersAreNearThoseOfPyTorch(net: Net) throws {
    var net = net
    net.precisions = [.float32, .float16]
    let answers = try Answers(try #require(net.fixture))
    try withTemporaryFolder { folder in
      let package = try CPackage(net, in: folder)
      let (weights, pixels) = (folder.appending(path: "w.safetensors"), folder.appending(path: "in.f32"))
      try answers.writeWeights(of: package.compilation, to: weights)
      try write(answers.pixels(of: package.compilation, filling: net.batch), to: pixels)
      let bound = max(5e-3, 4 * (try lossByRoundedTensors(package, answers, weights, pixels)))
      for isa in net.isas {
        let packed = try package.pack(weights, for: isa, .float16)
        let expected = try package.logits(packed, threads: 1, pixels: pixels)
        let error = answers.error(of: expected, filling: net.batch, sizes: package.compilation.outputSizes)
        // Without any error nothing would have been rounded.
        #expect(error < bound && error > 1e-6, "\(net.name), \(isa): off by \(error) of the largest logit")
        print("\(net.name), \(isa), float16: within \(String(format: "%.1e", error))")
        for threads in [2, 3] {
          #expect(
            try package.logits(packed, threads: threads, pixels: pixels) == expected, "\(isa), \(threads) threads")
        }
      }
    }
  }

  /// What a network of random weights makes of as small a change by itself, which training would not leave so: in single
  /// precision, tensors rounded to halves before anything is folded into them. Other roundings of the same size, of weights
  /// alone, may lose a few times as much; with those of sums and values there are three where there was one.
  private func lossByRoundedTensors(
    _ package: CPackage, _ answers: Answers, _ weights: URL, _ pixels: URL
  ) throws -> Double {
    let source = try WeightSource(weights.path)
    let rounded = package.folder.appending(path: "rounded.safetensors")
    let tensors = package.compilation.lowered.tensors
    try writeSafetensors(tensors.map { ($0.name, $0.shape) }, to: rounded) { name, shape in
      var values = [Float](repeating: 0, count: shape.reduce(1, *))
      try values.withUnsafeMutableBufferPointer { try source.read(name, shape: shape, into: $0) }
      return shape.count < 2 ? values : values.map { Half(rounding: Double($0)).float }
    }
    let isa = try #require(package.net.isas.first)
    let packed = try package.pack(rounded, for: isa)
    let outputs = try package.logits(packed, threads: 1, pixels: pixels)
    return answers.error(of: outputs, filling: package.net.batch, sizes: package.compilation.outputSizes)
  }

  /// Arithmetic in half precision, by the double of its words where AVX-512 is: sums of up to 128 products, some more where
  /// a block of the input has them, then single precision. Depthwise layers, groups and gates stay in single precision.
  @Test(
    .enabled(if: ISA.avx512.isAvailable, "needs AVX-512"),
    arguments: [
      Net.torture[0].batched(3), Net.paddings, Net.pooled, Net.grouped, Net.branches, Net.separable, Net.attention,
      Net.torture[4], Net.preNorm, Net.inception, Net.windows,
    ])
  func arithmeticInHalfPrecisionIsNearPyTorch(net: Net) throws {
    var net = net
    net.precisions = [.float32, .float16]
    net.targets = [.avx512]
    let answers = try Answers(try #require(net.fixture))
    try withTemporaryFolder { folder in
      let package = try CPackage(net, in: folder, compiler: "clang -O1 -DRESNET_FLOAT16_DOUBLE")
      let (weights, pixels) = (folder.appending(path: "w.safetensors"), folder.appending(path: "in.f32"))
      try answers.writeWeights(of: package.compilation, to: weights)
      try write(answers.pixels(of: package.compilation, filling: net.batch), to: pixels)
      let bound = max(5e-3, 8 * (try lossByRoundedTensors(package, answers, weights, pixels)))
      let packed = try package.pack(weights, for: .avx512fp16, .float16)
      let expected = try package.logits(packed, threads: 1, pixels: pixels)
      let error = answers.error(of: expected, filling: net.batch, sizes: package.compilation.outputSizes)
      #expect(error < bound && error > 1e-6, "\(net.name): off by \(error) of the largest logit")
      print("\(net.name), avx512fp16: within \(String(format: "%.1e", error))")
      for threads in [2, 3] {
        #expect(try package.logits(packed, threads: threads, pixels: pixels) == expected, "\(threads) threads")
      }
    }
  }

  /// Where the processor lacks it, such kernels are refused.
  @Test(.enabled(if: ISA.avx512.isAvailable && !ISA.avx512fp16.isAvailable, "needs AVX-512 without FP16"))
  func arithmeticThatIsNotThereIsRefused() throws {
    var net = Net.torture[0]
    (net.precisions, net.targets) = ([.float16], [.avx512])
    let answers = try Answers(try #require(net.fixture))
    try withTemporaryFolder { folder in
      let package = try CPackage(net, in: folder)
      let weights = folder.appending(path: "w.safetensors")
      try answers.writeWeights(of: package.compilation, to: weights)
      let packed = try package.pack(weights, for: .avx512fp16, .float16)
      let result = try execute(package.command, ["bench", "--weights", packed.path])
      #expect(result.status != 0 && result.output.contains("does not run here"), "\(result.output)")
    }
  }

  /// A generated Swift package: what it answers for a file that it packed is what C answers for that file.
  @Test func swiftAnswersAsC() throws {
    var net = Net.torture[0]
    (net.name, net.precisions) = ("OddHalf", [.float32, .float16])
    let umbrella = try Umbrella("half", [net])
    let answers = try Answers(try #require(net.fixture))
    try withTemporaryFolder { folder in
      let package = try CPackage(net, in: folder)
      let (weights, pixels) = (folder.appending(path: "w.safetensors"), folder.appending(path: "in.f32"))
      try answers.writeWeights(of: package.compilation, to: weights)
      try write(answers.pixels(of: package.compilation), to: pixels)
      let command = try umbrella.command(of: net).path
      for isa in net.isas {
        let packed = folder.appending(path: "swift.packed")
        let arguments = ["--weights", weights.path, "--isa", "\(isa)", "--precision", "float16"]
        let said = try run(command, ["pack", "-o", packed.path] + arguments).output
        #expect(said.contains("OddHalf for \(isa)-float16, "))
        #expect(try Data(contentsOf: packed) == Data(contentsOf: package.pack(weights, for: isa, .float16)))
        let expected = try package.logits(packed, threads: 1, pixels: pixels)
        for threads in [1, 2] {
          let found = try umbrella.logits(net, weights: packed, isa: isa, threads: threads, pixels: pixels).values
          #expect(found.map(\.bitPattern) == expected.map(\.bitPattern), "\(isa), \(threads) threads")
        }
        let verified = try run(command, ["verify", "--quiet"] + arguments).output
        #expect(verified.hasPrefix("\(isa)-float16: ") && verified.contains("within 5.0e-03"), "\(verified)")
        // What was packed for one precision is not read as another.
        let refused = try execute(
          command, ["verify", "--packed", packed.path, "--weights", weights.path, "--precision", "float32"])
        #expect(refused.status != 0 && refused.output.contains("\(isa)-float16"), "\(refused.output)")
      }
    }
  }
}
