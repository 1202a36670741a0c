// Large maps keep strips of pixels in cache, small maps with many weights keep panels of weights.
import Testing

@testable import ResNetCompiler

@Suite struct LoopOrderTests {
  @Test(arguments: [
    // 0.06 MB of weights, 0.8 and 3.2 MB of input.
    ("conv2_1.3", ConvolutionKernel.Order.rowsOutside), ("conv2_2.1", .rowsOutside),
    // 1 to 12.6 MB of weights, which must not be streamed once a row.
    ("conv4_1.3", .channelsOutside), ("conv4_2.1", .channelsOutside), ("conv5_1.3", .channelsOutside),
    ("conv5_3.2", .channelsOutside),
  ])
  func resNet50(layer: String, order: ConvolutionKernel.Order) throws {
    let plan = try plan("resnet50.rn", .avx512, algorithms: .exact)
    let step = try #require(plan.steps.first { plan.graph[$0.node].name == layer })
    guard case .convolution(let kernel) = plan.kernels[step.kernel] else {
      Issue.record("\(layer) is no convolution")
      return
    }
    #expect(kernel.order == order)
  }
}
