// Layers bear the paper's names.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct LayerNameTests {
  @Test func bottleneckBlocks() throws {
    let graph = try lowered(Paper.resnet(50))
    let names = graph.nodes.filter { $0.stage == "conv3_x" }.map(\.name)
    #expect(
      names.prefix(13) == [
        "conv3_1.1", "conv3_1.1.bn", "conv3_1.1.relu", "conv3_1.2", "conv3_1.2.bn", "conv3_1.2.relu", "conv3_1.3",
        "conv3_1.3.bn", "conv3_1.shortcut", "conv3_1.shortcut.bn", "conv3_1.sum", "conv3_1.sum.relu", "conv3_2.1",
      ])
    #expect(graph.nodes.prefix(5).map(\.name) == ["input", "conv1", "conv1.bn", "conv1.relu", "pool1"])
    #expect(graph.nodes.suffix(3).map(\.name) == ["head.pool", "head.fc", "head.softmax"])
  }

  @Test func rowsWithoutX() throws {
    let graph = try lowered(Paper.cifar(n: 2))
    let names = graph.nodes.filter { $0.stage == "stage2" }.map(\.name)
    #expect(names.contains("stage2_1.shortcut"))
    #expect(names.contains("stage2_2.2"))
  }

  @Test func groupsOfOneLayer() throws {
    let graph = try lowered(Paper.vgg(16, norm: false))
    #expect(
      graph.nodes.filter { $0.stage == "conv1" }.map(\.name) == [
        "conv1_1", "conv1_1.relu", "conv1_2", "conv1_2.relu", "conv1.pool",
      ])
    #expect(
      graph.nodes.filter { $0.stage == "head" }.map(\.name) == [
        "head.fc1", "head.fc1.relu", "head.dropout1", "head.fc2", "head.fc2.relu", "head.dropout2", "head.fc3",
        "head.softmax",
      ])
  }

  @Test func namesStayUniqueWhateverRowsAreCalled() throws {
    let network = Spell.network(
      input: (3, 8, 8), .projectAlways,
      [
        Spell.row("conv3", 8, Spell.group([Spell.conv(3, 4)], times: 2)), Spell.row("conv3_1", 8, Spell.conv(3, 4)),
        Spell.row("conv3_x", 8, Spell.residual([Spell.conv(3, 4), Spell.conv(3, 4)])),
        Spell.row("input", 8, Spell.conv(3, 4)),
      ])
    let graph = try lowered(network)
    #expect(verify(graph).isEmpty)
    #expect(Set(graph.nodes.map(\.name)).count == graph.nodes.count)
  }
}
