// Code size follows the number of distinct shapes, not depth.
import Testing

@testable import ResNetCompiler

@Suite struct KernelTests {
  /// 24 distinct convolutions of ResNet-50 are 20 once the four projections have become terms of their blocks' last
  /// convolutions, which then differ from those of identity blocks: 24 again. The first is the pool's; with the fully
  /// connected layer, 24.
  @Test(arguments: ["resnet50.rn", "resnet101.rn", "resnet152.rn"])
  func bottleneckNetworksShareTheirKernels(model: String) throws {
    let plan = try plan(model, .avx512, algorithms: .exact)
    let convolutions = plan.kernels.filter { if case .convolution = $0 { true } else { false } }
    #expect(convolutions.count == 24)
    #expect(plan.kernels.count == 26)
  }

  @Test func depthAddsNoKernels() throws {
    let shallow = makePlan(runPasses(try lowered(Paper.cifar(n: 3))), target: .avx512, batch: 1)
    let deep = makePlan(runPasses(try lowered(Paper.cifar(n: 200))), target: .avx512, batch: 1)
    // Not the same ones: where all weights together leave the cache, the choice of algorithms may differ.
    #expect(deep.kernels.count == shallow.kernels.count)
    #expect(deep.steps.count == shallow.steps.count + 197 * 6)
    #expect(deep.arena.floats == shallow.arena.floats)
  }

  /// Equal kernels read and write through equal layouts, so every step's values must have the pitches of its kernel.
  @Test func stepsAgreeWithTheirKernels() throws {
    for model in ["resnet50.rn", "resnet18a.rn", "vgg19_bn.rn"] {
      let plan = try plan(model, .avx2, batch: 2)
      for step in plan.steps {
        guard case .convolution(let kernel) = plan.kernels[step.kernel] else { continue }
        let layout = plan.layouts[step.node.index]
        #expect(kernel.out.blocks == layout.blocks)
        #expect(
          kernel.out.emptyLanes == layout.order.emptyLanes(lanes: 8) && layout.order.channels == layout.shape.channels)
        for (term, source) in zip(kernel.terms, step.sources) {
          let from = plan.layouts[source.index]
          #expect(term.imagePitch == from.imagePitch)
          // The last tap of the last pixel stays inside the value.
          let reach =
            term.origin + (kernel.out.width - 1) * term.pixelStride + (kernel.out.height - 1) * term.rowStride
            + zip(term.counts, term.steps).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
          let images = kernel.batch == 1 ? plan.batch : 1
          #expect(term.origin >= 0 && reach < from.imagePitch * images, "\(plan.graph[step.node].name)")
        }
      }
    }
  }

  /// Packed weights lie one after the other, on cache lines.
  @Test func packedWeightsDoNotOverlap() throws {
    let plan = try plan("resnet50.rn", .avx512, algorithms: .exact)
    var end = 0
    for weights in plan.steps.compactMap(\.weights) {
      #expect(weights.offset == end)
      #expect(weights.offset % 16 == 0)
      end = (weights.offset + weights.floats + 15) / 16 * 16
    }
    #expect(plan.weightFloats == end)
    // All 25,557,032 parameters; of each of 26,560 channels' two of batch norm one is left, of the 3,840 projected ones
    // none, because the main path's bias takes theirs in; 1,000 classes are padded to 63 vectors, 8 rows of 2,049.
    #expect(plan.weightFloats == 25_557_032 - 26_560 - 3_840 + 8 * 2_049)
  }
}
