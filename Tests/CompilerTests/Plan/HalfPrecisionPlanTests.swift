// Plans whose weights are halves.
import Foundation
import Testing

@testable import ResNetCompiler

@Suite struct HalfPrecisionPlanTests {
  /// Convolutions keep their algorithms, and their weights take half as much: what is left are biases and slopes.
  @Test(arguments: ["resnet50", "mobilenet_v2", "resnext50_32x4d", "vgg19_bn"])
  func weightsTakeHalf(model: String) throws {
    let graph = runPasses(try loweredModel(model + ".rn"))
    for target in Target.all {
      let float = makePlan(graph, target: target, batch: 1)
      let half = makePlan(graph, target: try #require(target.computing(in: .float16).last), batch: 1)
      try #require(float.steps.count == half.steps.count)
      for (a, b) in zip(float.steps, half.steps) {
        guard let floats = a.weights?.floats, let halves = b.weights?.floats else { continue }
        let head: Int
        switch (float.kernels[a.kernel], half.kernels[b.kernel]) {
        case (.convolution(let kernel), .convolution): head = kernel.headVectors * kernel.out.blocks
        case (.winograd(let kernel), .winograd(let other)):
          #expect(kernel.transform == other.transform && kernel.filters.stage == other.filters.stage)
          head = kernel.out.blocks
        default: continue
        }
        #expect(2 * (halves - head * target.lanes) == floats - head * target.lanes)
      }
      // Depthwise weights stay floats.
      let ratio = Double(half.weightFloats) / Double(float.weightFloats)
      #expect(ratio < (model == "mobilenet_v2" ? 0.53 : 0.51), "\(model), \(target.name): \(ratio)")
      #expect(ratio > 0.5)
    }
  }
}
