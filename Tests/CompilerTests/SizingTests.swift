// Output sizes decide strides; paddings and shortcuts follow.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct SizingTests {
  @Test(arguments: [(StridePlacement.on3x3, [1, 2, 1]), (.first, [2, 1, 1])])
  func theSizeDecidesTheStride(placement: StridePlacement, strides: [Int]) throws {
    let graph = try lowered(Paper.resnet(50, strideOn: placement))
    #expect(["conv3_1.1", "conv3_1.2", "conv3_1.3"].map { term(graph, $0)?.stride.both } == strides)
    #expect(["conv3_2.1", "conv3_2.2", "conv3_2.3"].map { term(graph, $0)?.stride } == [1, 1, 1])
    #expect(term(graph, "conv3_1.shortcut")?.stride == 2)
  }

  @Test func anyStrideUpToEight() throws {
    for (size, stride) in [(32, 1), (16, 2), (11, 3), (8, 4), (7, 5), (6, 6), (5, 7), (4, 8)] {
      let graph = try lowered(
        Spell.network(input: (3, 32, 32), .none, [Spell.row("conv1", size, Spell.conv(3, 4))]))
      #expect(term(graph, "conv1")?.stride.both == stride)
    }
  }

  @Test func theFirstOpenLayerCarries() throws {
    let graph = try lowered(
      Spell.network(
        input: (3, 32, 32), .projectWhereShapeChanges,
        [
          Spell.row("a", 16, Spell.conv(3, 4, stride: 1), Spell.conv(3, 4), Spell.conv(3, 4)),
          Spell.row("b", 8, .layer(Spell.maxPool(3, stride: 1)), Spell.residual([Spell.conv(1, 4), Spell.conv(1, 4)])),
          Spell.row("c", 4, Spell.conv(3, 4), Spell.maxPool(2, stride: 1, pad: 0), Spell.conv(2, 4, pad: 1)),
        ]))
    #expect(["a.1", "a.2", "a.3"].map { term(graph, $0)?.stride } == [1, 2, 1])
    // No convolution larger than 1x1: the first takes it.
    #expect(["b_1.1", "b_1.2", "b_1.shortcut"].map { term(graph, $0)?.stride } == [2, 1, 2])
    #expect(["c.1", "c.2"].map { term(graph, $0)?.stride } == [2, 1])
  }

  @Test func writtenStridesBelongToTheFirstRepetition() throws {
    let graph = try lowered(
      Spell.network(
        input: (3, 32, 32), .projectWhereShapeChanges,
        [Spell.row("a", nil, Spell.residual([Spell.conv(3, 4, stride: 2), Spell.conv(3, 4)], times: 3))]))
    #expect(["a_1.1", "a_2.1", "a_3.1"].map { term(graph, $0)?.stride } == [2, 1, 1])
    #expect(graph[graph.output].shape == Shape(4, 16, 16))
  }

  @Test func poolsKeepTheirStrideInEveryRepetition() throws {
    let graph = try lowered(
      Spell.network(
        input: (3, 32, 32), .none,
        [Spell.row("a", 4, Spell.group([Spell.conv(3, 4), Spell.maxPool(2, stride: 2)], times: 3))]))
    #expect(graph[graph.output].shape == Shape(4, 4, 4))
  }

  @Test func paddingKeepsTheSizeAtStrideOne() throws {
    let layers = [Spell.conv(1, 2), Spell.conv(3, 2), Spell.conv(7, 2), Spell.conv(3, 2, dilation: 4)]
    for layer in layers {
      let graph = try lowered(Spell.network(input: (3, 9, 11), .none, [Spell.row("a", nil, layer)]))
      #expect(graph[graph.output].shape == Shape(2, 9, 11))
    }
  }

  /// 112 to 56 either way; 113 to 57 with padding, 56 with Caffe's ceiling and no padding.
  @Test(arguments: [(112, 56, 56), (113, 57, 56)]) func stemPools(size: Int, padded: Int, ceiling: Int) throws {
    func output(_ layer: Layer) throws -> Int {
      let graph = try lowered(Spell.network(input: (3, size, size), .none, [Spell.row("a", nil, layer)]))
      return graph[graph.output].shape.height
    }
    #expect(try output(Spell.maxPool(3, stride: 2)) == padded)
    #expect(try output(Spell.maxPool(3, stride: 2, pad: 0, ceil: true)) == ceiling)
    // A last window that would begin outside the map is left out.
    #expect(try output(Spell.maxPool(2, stride: 2, pad: 1, ceil: true)) == size / 2 + 1)
  }

  @Test(arguments: [
    (ShortcutOption.identityZeroPadded(.end), 0, 3), (.identityZeroPadded(.both), 1, 2),
  ]) func zeroPadding(option: ShortcutOption, before: Int, after: Int) throws {
    let graph = try lowered(
      Spell.network(input: (4, 8, 8), option, [Spell.row("a", 4, Spell.residual([Spell.conv(3, 7)]))]))
    let pads = graph.nodes.compactMap { node in
      if case .zeroPad(let pad) = node.operation { pad } else { nil }
    }
    #expect(pads == [ZeroPad(stride: 2, channelsBefore: before, channelsAfter: after)])
  }

  @Test func projections() throws {
    func projections(_ option: ShortcutOption) throws -> [String] {
      try lowered(Paper.resnet(50, option)).nodes.map(\.name).filter { $0.hasSuffix(".shortcut") }
    }
    let firsts = ["conv2_1.shortcut", "conv3_1.shortcut", "conv4_1.shortcut", "conv5_1.shortcut"]
    #expect(try projections(.projectWhereShapeChanges) == firsts)
    #expect(try projections(.projectAlways).count == 16)
    #expect(try projections(.none).isEmpty)
  }

  @Test func projectionsHaveNormWhereTheLastConvolutionHasIt() throws {
    let graph = try lowered(
      Spell.network(
        input: (4, 8, 8), .projectAlways,
        [
          Spell.row("a", 8, Spell.residual([Spell.conv(3, 4), Spell.conv(3, 4, norm: false)])),
          Spell.row("b", 8, Spell.residual([Spell.conv(3, 4, norm: false), Spell.conv(3, 4)])),
        ]))
    #expect(!graph.nodes.contains { $0.name == "a_1.shortcut.bn" })
    #expect(graph.nodes.contains { $0.name == "b_1.shortcut.bn" })
  }

  @Test func withoutShortcutTheLastConvolutionTakesTheActivation() throws {
    let names = try lowered(Paper.cifar(n: 1, .none)).nodes.filter { $0.stage == "stage1" }.map(\.name)
    #expect(
      names == [
        "stage1_1.1", "stage1_1.1.bn", "stage1_1.1.relu", "stage1_1.2", "stage1_1.2.bn", "stage1_1.2.relu",
      ])
  }

  private func term(_ graph: Graph, _ name: String) -> Convolution.Term? {
    graph.nodes.first { $0.name == name }.flatMap { node in
      if case .convolution(let convolution) = node.operation { convolution.terms.first } else { nil }
    }
  }

  private func pool(_ graph: Graph, _ name: String) -> Pooling? {
    graph.nodes.first { $0.name == name }.flatMap { node in
      if case .maxPool(let pool) = node.operation { pool } else { nil }
    }
  }
}
