// The NEON kernels, compiled for arm64 and run under emulation with the engine's own tables and packed weights. On an
// Arm machine ISA.available has them, and the other tests run them directly.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler
@testable import ResNetRuntime

private let tools = ["qemu-aarch64-static", "aarch64-linux-gnu-gcc", "ld.lld"]
private let canEmulate = !slowTestsRun || tools.allSatisfy(isInstalled)

@Suite(
  .serialized, .enabled(if: slowTestsRun, "RESNETC_SLOW_TESTS=1 runs it"),
  .enabled(if: canEmulate, "NEON under emulation needs qemu-aarch64-static, aarch64-linux-gnu-gcc and ld.lld"))
struct EmulationTests {
  @Test(arguments: Net.torture + [Net.cifar[0], Net.imageNet[0], Net.imageNet[2]])
  func neonKernelsGiveTheLogitsOfPyTorch(net: Net) throws {
    let answers = try Answers(try #require(net.fixture))
    let compilation = try net.compiled()
    let plan = try #require(compilation.plans.first { $0.target == .neon })
    try withTemporaryFolder { scratch in
      let weights = scratch.appending(path: "weights.safetensors")
      try answers.writeWeights(of: compilation, to: weights)
      let package = scratch.appending(path: "package")
      try replaceFiles(below: package, with: try net.package())
      let program = try NEONProgram(plan, weights: WeightSource(weights.path))
      let pixels = answers.pixels(of: compilation)
      // One image: emulation takes a second for every gigaflop or so.
      let image = Array(pixels[..<(pixels.count / answers.images)])
      try program.write(image: image, to: scratch.appending(path: "program"))
      let time = try run(
        repository.appending(path: "scripts/neon_under_emulation.sh").path,
        [package.path, scratch.appending(path: "program").path, scratch.appending(path: "arena").path]
      ).seconds
      let arena = try Data(contentsOf: scratch.appending(path: "arena"))
        .withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      let outputs = program.outputs(in: arena)
      let error = answers.error(of: outputs, image: 0)
      #expect(error < 1e-4, "\(net.name), neon: off by \(error) of the largest logit")
      print("\(net.name), neon under emulation: within \(String(format: "%.1e", error)), \(rounded(time)) s")
    }
  }
}

/// What the engine would keep of a NEON plan, had this machine kernels for it.
private struct NEONProgram {
  let places: [ValuePlace]
  let steps: [StepRecord]
  let packed: AlignedBuffer
  let arenaFloats: Int
  let scratchFloats: Int

  init(_ plan: Plan, weights: WeightSource) throws {
    let layers = try Array(layerTable(plan.graph).utf8).withUnsafeBufferPointer { try readLayers(TableReader($0)) }
    (places, steps) = try Array(stepTable(plan).utf8).withUnsafeBufferPointer {
      try readSteps(TableReader($0), layers: layers)
    }
    arenaFloats = plan.arena.floats
    scratchFloats = plan.scratchFloats
    packed = try AlignedBuffer(count: plan.weightFloats)
    try weights.check(tensorSpecs(layers))
    try WeightPacker(source: weights, layers: layers, places: places, steps: steps, lanes: plan.target.lanes)
      .pack(into: packed)
  }

  /// The file that Emulation/main.c reads. The arena is not a number wherever the image is not.
  func write(image: [Float], to url: URL) throws {
    var arena = [Float](repeating: .nan, count: arenaFloats)
    let place = places[0]
    for index in place.offset..<place.offset + place.imagePitch { arena[index] = 0 }
    for (index, value) in zip(positions(of: place), image) { arena[index] = value }
    let kernels = steps.filter { $0.kernel >= 0 }
    var numbers = [arenaFloats, packed.count, kernels.count, scratchFloats]
    for step in kernels {
      numbers += [step.kernel, step.units, step.source0, step.source1, step.residual, step.output, step.weights]
    }
    var data = numbers.map { Int64($0).littleEndian }.withUnsafeBytes { Data($0) }
    data.append(Data(buffer: packed.floats))
    data.append(arena.withUnsafeBytes { Data($0) })
    try data.write(to: url)
  }

  /// The last layer's value.
  func outputs(in arena: [Float]) -> [Float] {
    guard let place = places.last, arena.count == arenaFloats else { return [] }
    return positions(of: place).map { arena[$0] }
  }

  /// Where each element of a value lies, in NCHW order.
  private func positions(of place: ValuePlace) -> [Int] {
    (0..<place.shape.channels).flatMap { channel in
      (0..<place.shape.height).flatMap { row in
        (0..<place.shape.width).map { column in
          place.offset + place.origin + channel / place.lanes * place.blockPitch + row * place.rowPitch
            + column * place.lanes + channel % place.lanes
        }
      }
    }
  }
}
