// The NEON kernels, compiled for arm64 and run under emulation with the engine's own tables and packed weights. On an
// Arm machine ISA.available has them, and the other tests run them directly.
import Foundation
import ResNetDSL
import TestTiers
import Testing

@testable import ResNetCompiler
@testable import ResNetRuntime

private let tools = ["qemu-aarch64-static", "aarch64-linux-gnu-gcc", "ld.lld"]
/// Half of these where a sample is drawn.
private let emulatedNets =
  Net.torture + [Net.tiles.winograd, Net.paddings.winograd, Net.cifar[0], Net.imageNet[0], Net.imageNet[2]]
private let canEmulate = !isSlowRun || tools.allSatisfy(isInstalled)

@Suite(
  .serialized, .enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it"),
  .enabled(if: canEmulate, "NEON under emulation needs qemu-aarch64-static, aarch64-linux-gnu-gcc and ld.lld"))
struct EmulationTests {
  @Test(
    arguments: sample == nil ? emulatedNets : emulatedNets.share(oneIn: 2))
  func neonKernelsGiveTheLogitsOfPyTorch(net: Net) throws {
    let answers = try Answers(try #require(net.fixture))
    let compilation = try net.compiled()
    let plan = try #require(compilation.plans.first { $0.target == .neon })
    if net.algorithms != .fastest || net.name.hasPrefix("ResNet") {
      #expect(plan.kernels.contains { if case .winograd = $0 { true } else { false } }, "no Winograd to emulate")
    }
    try withTemporaryFolder { scratch in
      let weights = scratch.appending(path: "weights.safetensors")
      try answers.writeWeights(of: compilation, to: weights)
      let package = scratch.appending(path: "package")
      try replaceFiles(below: package, with: try net.package())
      let program = try KernelProgram(plan, weights: WeightSource(weights.path))
      let pixels = answers.pixels(of: compilation)
      // One image: emulation takes a second for every gigaflop or so.
      let image = Array(pixels[..<(pixels.count / answers.images)])
      try program.write(images: image, to: scratch.appending(path: "program"))
      let time = try run(
        repository.appending(path: "scripts/neon_under_emulation.sh").path,
        [package.path, scratch.appending(path: "program").path, scratch.appending(path: "arena").path]
      ).seconds
      let arena = try Data(contentsOf: scratch.appending(path: "arena"))
        .withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      let outputs = program.outputs(in: arena)
      let error = answers.error(of: outputs, image: 0, sizes: compilation.outputSizes)
      #expect(error < 1e-4, "\(net.name), neon: off by \(error) of the largest logit")
      print("\(net.name), neon under emulation: within \(String(format: "%.1e", error)), \(rounded(time)) s")
    }
  }
}
