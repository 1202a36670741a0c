// Peaks of live activations, and orders that lower them.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct LivenessTests {
  @Test(arguments: [(50, 1_304_576), (101, 1_304_576), (152, 1_304_576), (18, 1_003_520), (34, 1_003_520)])
  func peaksOfHandAnalysis(depth: Int, floats: Int) throws {
    #expect(Liveness(runPasses(try lowered(Paper.resnet(depth)))).peak == floats)
  }

  /// Without merging, a projection that runs first needs 1,605,632 floats, one that runs last 1,304,576.
  @Test func orderForMemoryRunsTheMainPathFirst() throws {
    let graph = runPasses(try lowered(Paper.resnet(50)), upTo: "fuse-residual-add")
    let projectionFirst = moveProjectionsFirst(graph)
    #expect(verify(projectionFirst).isEmpty)
    #expect(Liveness(projectionFirst).peak == 1_605_632)
    let ordered = Pass.orderForMemory.run(projectionFirst)
    #expect(verify(ordered).isEmpty)
    #expect(Liveness(ordered).peak == 1_304_576)
    #expect(ordered.nodes.count == graph.nodes.count)
  }

  @Test func orderForMemoryLeavesGoodOrdersAlone() throws {
    let graph = runPasses(try lowered(Paper.resnet(50)), upTo: "eliminate-dead")
    #expect(Pass.orderForMemory.run(graph).text == graph.text)
  }

  @Test func convolutionsOverwriteTheirResidualOnly() throws {
    let network = Spell.network(
      input: (4, 8, 8), .projectWhereShapeChanges,
      [Spell.row("stage", 8, Spell.residual([Spell.conv(3, 4)]), Spell.residual([Spell.conv(3, 4), Spell.conv(3, 4)]))])
    let graph = runPasses(try lowered(network))
    #expect(graph.nodes.map(\.name) == ["input", "stage_1.1", "stage_2.1", "stage_2.2"])
    // stage_1.1 reads its residual through windows too.
    #expect(graph.nodes.map(\.overwritable) == [[], [], [], [1]])
    #expect(Liveness(graph).liveFloats == [256, 512, 512, 512])
  }

  /// Puts each projection before its block's main path.
  private func moveProjectionsFirst(_ graph: Graph) -> Graph {
    var order = graph.nodes.indices.map(NodeID.init)
    for (index, node) in graph.nodes.enumerated() where node.name.hasSuffix(".shortcut") {
      order.removeAll { $0.index == index }
      let after = order.firstIndex(of: node.inputs[0]) ?? 0
      order.insert(NodeID(index), at: after + 1)
    }
    return graph.reordered(order)
  }
}
