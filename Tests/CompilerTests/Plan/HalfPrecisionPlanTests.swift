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
      let ratio = Double(half.weightFloats) / Double(float.weightFloats)
      #expect(ratio < (model == "mobilenet_v2" ? 0.52 : 0.51), "\(model), \(target.name): \(ratio)")
      #expect(ratio > 0.5)
    }
  }

  /// Where halves are multiplied, every convolution of ResNet-50 does so, in chunks of at most 128 products unless a block
  /// of its input has more; the fully connected layer reads floats, and so the mean before it writes such.
  @Test(arguments: [Target.avx512, .neon]) func halvesAreMultipliedInShortSums(target: Target) throws {
    let target = try #require(target.computing(in: .float16).first)
    #expect(target.multipliesHalves)
    let plan = makePlan(halved(runPasses(try loweredModel("resnet50.rn"))), target: target, batch: 1)
    #expect(planFaults(plan).isEmpty)
    var count = 0
    for step in plan.steps {
      let kernel: ConvolutionKernel
      switch plan.kernels[step.kernel] {
      case .convolution(let direct): kernel = direct
      case .pooledConvolution(let pooled): kernel = pooled.convolution
      default: continue
      }
      if case .linear = plan.graph[step.node].operation {
        #expect(!kernel.multipliesHalves)
        continue
      }
      count += 1
      #expect(kernel.multipliesHalves && kernel.terms.allSatisfy { $0.number == .float16 })
      let words = kernel.terms.reduce(0) { $0 + $1.reduction }
      if kernel.stream.chunks.isEmpty {
        #expect(words <= 64 || words == kernel.terms[0].blockReduction)
      } else {
        for (term, chunk) in zip(kernel.terms, kernel.stream.chunks) {
          #expect(chunk.blocks == 1 || chunk.blocks * term.blockReduction <= 64)
        }
      }
    }
    // 53, of which four projections are second terms.
    #expect(count == 49)
    #expect(plan.layouts[plan.graph.output.index].number == .float32)
    // Two channels to a word: half the memory of single precision.
    let float = makePlan(plan.graph.inSinglePrecision, target: target, batch: 1)
    #expect(Double(plan.arenaBytes) < 0.6 * Double(float.arenaBytes))
  }
}

extension Graph {
  fileprivate var inSinglePrecision: Graph {
    var graph = self
    for index in graph.nodes.indices { graph.nodes[index].number = .float32 }
    return graph
  }
}
