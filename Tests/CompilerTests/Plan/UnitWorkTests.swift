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
    let mobile = try plan("mobilenet_v2.rn", .avx512)
    let step = try #require(mobile.steps.first { mobile.graph[$0.node].name == "block6_1.3" })
    #expect(mobile.kernels[step.kernel].unitRuns == [UnitRun(count: 21, work: 3), UnitRun(count: 7, work: 1)])
    #expect(stepTable(mobile).contains("of 28 units, work 21x3 7x1, grain 7, at "))
  }

  /// Two blocks of Winograd's tiles, 25 and 24, by two groups of three vectors and one of two; eight blocks of 25 and 24.
  @Test func blocksOfTiles() throws {
    let table = stepTable(try plan("resnet18.rn", .avx512))
    #expect(table.contains("of 150 units, work 50x3 25x2, grain 25, at "))
    #expect(table.contains("of 200 units, grain 25, at "))
  }
}
