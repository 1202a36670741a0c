// Which layers of int8 plans are computed by Winograd: the same ones on every instruction set, in every batch, by every
// cut, since their sums are not those of the direct kernel.
import Foundation
import Testing

@testable import ResNetCompiler
@testable import ResNetDSL

@Suite struct IntegerWinogradTests {
  private func graph(_ path: String) throws -> Graph {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
    let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    var sink = Diagnostics()
    let compilation = try #require(
      analyze(SourceFile(name: path, text: text), CompileOptions(targets: []), &sink))
    return quantized(compilation.fused)
  }

  private static let targets = Target.all.flatMap { $0.computing(in: .int8) }

  private func plan(
    _ graph: Graph, _ target: Target, batch: Int = 1, _ algorithms: AlgorithmChoice = .fastest
  ) -> Plan {
    makePlan(graph, target: target, batch: batch, algorithms: algorithms)
  }

  private func layers(_ plan: Plan) -> [String] {
    plan.steps.compactMap { step in
      guard case .winograd(let kernel) = plan.kernels[step.kernel], kernel.isInteger else { return nil }
      #expect(kernel.transform == .integer && kernel.filters == .packed)
      return plan.graph[step.node].name
    }
  }

  @Test(arguments: ["models/resnet18.rn", "models/resnet50.rn", "Tests/Fixtures/torture/integer_tiles.rn"])
  func layersFollowFromTheNetworkAlone(_ path: String) throws {
    let graph = try graph(path)
    let names = layers(plan(graph, Self.targets[0]))
    #expect(!names.isEmpty)
    for target in Self.targets {
      for batch in [1, 3, 8] { #expect(layers(plan(graph, target, batch: batch)) == names) }
      #expect(layers(plan(graph, target, .exact)) == [])
    }
  }

  @Test func resNet18() throws {
    let names = layers(plan(try graph("models/resnet18.rn"), Self.targets[0]))
    // 7x7 is too small, and strides have no such transform.
    #expect(
      names == [
        "conv2_1.1", "conv2_1.2", "conv2_2.1", "conv2_2.2", "conv3_1.2", "conv3_2.1", "conv3_2.2", "conv4_1.2", "conv4_2.1",
        "conv4_2.2",
      ])
  }

  /// Tests' own cuts apply everywhere, but for the tile and the stage, of which there is one.
  @Test func cutsComputeTheSame() throws {
    let graph = try graph("models/resnet18.rn")
    let cuts = [
      WinogradCut(tile: 4, blocks: 3, filters: .packed), WinogradCut(tile: 2, blocks: 2, filters: .packed),
      WinogradCut(tile: 4, blocks: 1, filters: .running),
    ]
    let names = layers(plan(graph, Self.targets[1], .winograd(cuts)))
    #expect(names.contains("conv5_2.2") && names.count == 13)
    #expect(names == layers(plan(graph, Self.targets[0], .winograd(cuts))))
  }

  @Test(arguments: [
    (64, 64, 56, 56, true), (31, 64, 56, 56, false), (64, 31, 56, 56, false), (32, 32, 13, 13, true), (32, 32, 12, 13, false),
    (256, 256, 14, 14, true), (256, 257, 14, 14, false), (512, 512, 25, 25, true), (512, 512, 24, 25, false),
    (512, 512, 7, 7, false),
  ])
  func whereItPays(_ inChannels: Int, _ outChannels: Int, _ height: Int, _ width: Int, _ pays: Bool) {
    #expect(
      IntegerWinograd.pays(inChannels: inChannels, outChannels: outChannels, height: height, width: width) == pays)
  }

  /// Numbers of 16 bits fill the words that the reduction runs over; of an odd number of blocks the last one is alone.
  @Test(arguments: targets) func blocksOfTheKernelAreTwoOfTheValue(_ target: Target) throws {
    let plan = plan(try graph("Tests/Fixtures/torture/integer_tiles.rn"), target)
    for step in plan.steps {
      guard case .winograd(let kernel) = plan.kernels[step.kernel] else { continue }
      let input = plan.layouts[step.sources[0].index]
      #expect(kernel.inBlocks == (input.blocks + 1) / 2)
      #expect(kernel.hasSingleBlock == (input.blocks % 2 == 1))
      #expect(2 * kernel.reduction >= input.shape.channels)
    }
  }
}
