// Weights in half precision: the same bits as float32's kernels give for the halves that are nearest to its weights. And
// arithmetic in half precision: within a bound of PyTorch that follows from how often it rounds. In C, whose kernels are
// Swift's; one network in Swift, too.
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

  /// What weights as halves are, and what kernels make of them, each by itself and without a judgement: every weight is the
  /// half nearest to float32's, and the answer has the bits that float32's kernels give for those halves. What that is off
  /// from PyTorch is then the network's own, and is printed.
  @Test(arguments: [
    Net.torture[0], Net.paddings.winograd.batched(3), Net.grouped.batched(3), Net.separable, Net.attention, Net.preNorm,
  ])
  func answersAreThoseOfTheNearestHalves(net: Net) throws {
    var net = net
    net.precisions = [.float32, .float16]
    let answers = try Answers(try #require(net.fixture))
    try withTemporaryFolder { folder in
      let package = try CPackage(net, in: folder)
      let (weights, pixels) = (folder.appending(path: "w.safetensors"), folder.appending(path: "in.f32"))
      try answers.writeWeights(of: package.compilation, to: weights)
      try write(answers.pixels(of: package.compilation, filling: net.batch), to: pixels)
      for isa in net.isas {
        let packed = try package.pack(weights, for: isa, .float16)
        let widened = try widened(packed, beside: package.pack(weights, for: isa), isa, package)
        let expected = try package.logits(widened, threads: 1, pixels: pixels)
        for threads in [1, 2, 3] {
          let found = try package.logits(packed, threads: threads, pixels: pixels)
          #expect(found.map(\.bitPattern) == expected.map(\.bitPattern), "\(net.name), \(isa), \(threads) threads")
        }
        let error = answers.error(of: expected, filling: net.batch, sizes: package.compilation.outputSizes)
        // Without any error nothing would have been rounded.
        #expect(error > 1e-6, "\(net.name), \(isa)")
        print("\(net.name), \(isa), float16: off by \(String(format: "%.1e", error)) of the largest logit")
      }
    }
  }

  /// The packed file of float32 with the halves of float16's in place of its weights, after each was held against the float
  /// that it is rounded from: to half a unit of its last place, 2^-11 of it or, below 2^-14, 2^-25, where the float itself
  /// is rounded by 2^-24 of it. Both lie alike: what is in float32's more is a half where there a float is.
  private func widened(_ halves: URL, beside floats: URL, _ isa: ISA, _ package: CPackage) throws -> URL {
    func plan(_ precision: ResNetCompiler.Precision) throws -> Plan {
      try #require(
        package.compilation.plans.first { $0.target.name == "\(isa)" && $0.target.precision == precision })
    }
    let header = 4096
    var file = [UInt8](try Data(contentsOf: floats))
    let small = [UInt8](try Data(contentsOf: halves))
    var count = 0
    let steps = zip(try plan(.float32).steps, try plan(.float16).steps).flatMap {
      [($0.weights, $1.weights), ($0.readerWeights, $1.readerWeights)]
    }
    // Within the memory of both at once: hundreds of thousands of numbers, in a test that is not optimised.
    file.withUnsafeMutableBytes { file in
      small.withUnsafeBytes { small in
        for case (let wide?, let narrow?) in steps {
          let numbers = 2 * (wide.floats - narrow.floats)
          let head = wide.floats - numbers
          for index in 0..<numbers {
            let place = header + 4 * (wide.offset + head + index)
            let float = file.loadUnaligned(fromByteOffset: place, as: Float.self)
            let half = floatFromHalf(
              small.loadUnaligned(fromByteOffset: header + 4 * (narrow.offset + head) + 2 * index, as: UInt16.self))
            let unit = max(abs(float) * 0x1.001p-11, 0x1.002p-25)
            if abs(half - float) > unit { Issue.record("\(half) is not the half nearest to \(float)") }
            file.storeBytes(of: half, toByteOffset: place, as: Float.self)
            if half != float { count += 1 }
          }
        }
      }
    }
    try #require(count > 100, "weights that were rounded")
    let widened = package.folder.appending(path: "widened.packed")
    try Data(file).write(to: widened)
    return widened
  }

  /// Arithmetic in half precision, by the double of its words where AVX-512 is: sums of up to 128 products, some more where
  /// a block of the input has them, then single precision. Depthwise layers, groups and gates stay in single precision.
  /// How far the answer may be off is derived (`deviation`).
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
      let bound = try 4 * deviation(package, answers, weights, pixels)
      let packed = try package.pack(weights, for: .avx512fp16, .float16)
      let expected = try package.logits(packed, threads: 1, pixels: pixels)
      let error = answers.error(of: expected, filling: net.batch, sizes: package.compilation.outputSizes)
      #expect(error < bound && error > 1e-6, "\(net.name): off by \(error) of the largest logit")
      print("\(net.name), avx512fp16: \(String(format: "%.1e of %.1e", error, bound))")
      for threads in [2, 3] {
        #expect(try package.logits(packed, threads: threads, pixels: pixels) == expected, "\(threads) threads")
      }
    }
  }

  /// The standard deviation of an answer in half precision, to first order, as a part of the largest logit; four of them
  /// bound it.
  ///
  /// Roundings are independent, at most r = 2^-11 of what is rounded. A change of every weight by a number drawn evenly from
  /// -r...r of itself, as the rounding of weights at most is, gives a sum of products p a variance of r^2/3 times the sum of
  /// all p^2. The rounding of the values that they meet gives the same once more. Sums in half precision are rounded at each
  /// of n additions, n being the words of a chunk of the reduction: of products with random signs the sum after j of them has
  /// the variance of j, so that all n together give 1 + 2 + ... + n, (n + 1) / 2 times that of n products. What the network
  /// then makes of such changes is measured: sixteen draws of changed tensors, in single precision, before anything is
  /// folded into them.
  private func deviation(_ package: CPackage, _ answers: Answers, _ weights: URL, _ pixels: URL) throws -> Double {
    let source = try WeightSource(weights.path)
    let changed = package.folder.appending(path: "changed.safetensors")
    let tensors = package.compilation.lowered.tensors
    let isa = try #require(package.net.isas.first)
    var squares = 0.0
    let draws = 16
    for draw in 0..<draws {
      let random = RandomTensors(seed: UInt64(draw) + 100)
      try writeSafetensors(tensors.map { ($0.name, $0.shape) }, to: changed) { name, shape in
        var values = [Float](repeating: 0, count: shape.reduce(1, *))
        try values.withUnsafeMutableBufferPointer { try source.read(name, shape: shape, into: $0) }
        guard shape.count > 1 else { return values }
        // Such a vector is drawn evenly, from -0.2 to 0.2.
        return zip(values, random.tensor("\(name).change", [values.count])).map {
          Float(Double($0) * (1 + 0x1p-11 * Double($1) / 0.2))
        }
      }
      let outputs = try package.logits(try package.pack(changed, for: isa), threads: 1, pixels: pixels)
      let error = answers.error(of: outputs, filling: package.net.batch, sizes: package.compilation.outputSizes)
      squares += error * error
    }
    let chunks = package.compilation.plans.filter(\.target.multipliesHalves).flatMap(\.kernels).flatMap(\.halfTerms)
    let additions = Double(max(64, chunks.map(\.blockReduction).max() ?? 0))
    return (squares / Double(draws) * (2 + (additions + 1) / 2)).squareRoot()
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

extension Kernel {
  /// What is summed in half precision.
  fileprivate var halfTerms: [ConvolutionKernel.Term] {
    switch self {
    case .convolution(let kernel): kernel.terms.filter { $0.number == .float16 }
    case .pooledConvolution(let kernel): kernel.convolution.terms.filter { $0.number == .float16 }
    case .separable(let kernel): kernel.convolution.terms.filter { $0.number == .float16 }
    default: []
    }
  }
}
