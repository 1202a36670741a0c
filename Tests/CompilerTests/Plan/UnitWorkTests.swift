// Which units of a step are more work than others.
import Testing

@testable import ResNetCompiler

@Suite struct UnitWorkTests {
  /// The network, its kernels for all targets, and one image or three.
  @Test(arguments: ["mobilenet_v2.rn", "resnet18.rn", "resnext50_32x4d.rn", "googlenet.rn"], Target.all)
  func asTheTemplatesCutIt(file: String, target: Target) throws {
    for batch in [1, 3] {
      let kernels = try plan(file, target, batch: batch).kernels
      #expect(kernels.compactMap(unitWorkFault) == [])
      #expect(kernels.allSatisfy { $0.unitRuns.count <= 16 })
    }
  }

  /// 160 channels are ten vectors: three groups of three, and one.
  @Test func theLastGroupOfMobileNet() throws {
    let plan = try plan("mobilenet_v2.rn", .avx512)
    let step = try #require(plan.steps.first { plan.graph[$0.node].name == "block6_1.3" })
    #expect(plan.kernels[step.kernel].unitRuns == [UnitRun(count: 21, work: 3), UnitRun(count: 7, work: 1)])
    #expect(stepTable(plan).contains("of 28 units, work 21x3 7x1, at "))
  }
}
