// What the passes make of graphs, one by one, and that they change no result.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct PassTests {
  static let options: [ShortcutOption] = [
    .identityZeroPadded(.end), .identityZeroPadded(.both), .projectWhereShapeChanges, .projectAlways, .none,
  ]

  /// Two stages of basic or bottleneck blocks on a small image, with one activation throughout.
  static func small(
    _ option: ShortcutOption, bottleneck: Bool, _ activation: Activation = .relu,
    strideOn: StridePlacement = .on3x3
  ) -> Network {
    func block(_ width: Int) -> [Layer] {
      bottleneck
        ? [
          Spell.conv(1, width, activation), Spell.conv(3, width, activation),
          Spell.conv(1, 2 * width, bias: true, activation),
        ] : [Spell.conv(3, width, activation), Spell.conv(3, width, norm: false, activation)]
    }
    return Spell.network(
      input: (3, 13, 13), option, strideOn: strideOn,
      [
        Spell.row("conv1", 7, Spell.conv(3, 4, stride: 2, activation)),
        Spell.row("pool1", 6, Spell.maxPool(2, stride: 1)),
        Spell.row("conv2_x", 6, Spell.residual(block(5), times: 2, activation)),
        Spell.row("conv3_x", 3, Spell.residual(block(8), times: 2, activation)),
        Spell.row("head", 1, Spell.globalPool, Spell.dropout, Spell.fc(6, activation), Spell.fc(5), Spell.softmax),
      ])
  }

  @Test(arguments: options, [true, false]) func preserve(option: ShortcutOption, bottleneck: Bool) throws {
    for strideOn in [StridePlacement.first, .on3x3] {
      try expectPassesPreserve(try lowered(Self.small(option, bottleneck: bottleneck, strideOn: strideOn)))
    }
  }

  @Test(arguments: Activation.allCases) func preserveEveryActivation(activation: Activation) throws {
    try expectPassesPreserve(try lowered(Self.small(.projectWhereShapeChanges, bottleneck: true, activation)))
    try expectPassesPreserve(try lowered(Self.small(.none, bottleneck: false, activation)))
  }

  @Test func dropInferenceNoops() throws {
    let before = try lowered(Self.small(.none, bottleneck: false))
    let after = Pass.dropInferenceNoops.run(before)
    let gone = Set(before.nodes.map(\.name)).subtracting(after.nodes.map(\.name))
    #expect(gone == ["head.dropout", "head.softmax"])
    #expect(after[after.output].name == "head.fc2")
  }

  @Test func foldBatchNorm() throws {
    let graph = runPasses(try lowered(Paper.resnet(50)), upTo: "fold-batch-norm")
    #expect(!graph.nodes.contains { if case .batchNorm = $0.operation { true } else { false } })
    let norms = graph.nodes.compactMap { node -> BatchNorm? in
      if case .convolution(let convolution) = node.operation { convolution.terms[0].norm } else { nil }
    }
    #expect(norms.count == 53)
    #expect(norms.first == BatchNorm(channels: 64, epsilon: 1e-5, path: "bn1"))
  }

  @Test func foldBatchNormLeavesNormsOfSharedValues() throws {
    var graph = try lowered(Self.small(.none, bottleneck: false))
    // The classifier's input also reads conv1's raw value: the norm can no longer be folded into it.
    let raw = try #require(graph.nodes.firstIndex { $0.name == "conv1" })
    graph.nodes.append(
      Node(
        name: "tap", stage: nil, operation: .globalAveragePool, inputs: [NodeID(raw)],
        shape: Shape(graph.nodes[raw].shape.channels, 1, 1), origin: Spell.nowhere))
    let folded = Pass.foldBatchNorm.run(graph)
    // `tap` is dead and goes; while it reads conv1, the fold must not happen.
    #expect(folded.nodes.contains { $0.name == "conv1.bn" })
  }

  @Test func foldScale() throws {
    let text = """
      model Scaled
      input 3 x 8 x 8
      a 8x8 3x3, 6
      b 8x8 [3x3, 6] scale
      c 8x8 [3x3, 6, relu] scale
      d 8x8 [3x3, 6, norm layer] scale
      """
    var sink = Diagnostics()
    let model = try #require(parse(SourceFile(name: "scaled.rn", text: text), &sink))
    let graph = runPasses(
      try lowered(try #require(resolve(model, Selection(), &sink), "\(sink.all)")), upTo: "fold-scale")
    #expect(
      convolution(try #require(graph.nodes.first { $0.name == "b_1.1" }))?.terms[0].scale == "layer1.0.layer_scale")
    // Behind an activation and behind a norm of the value itself they stay.
    #expect(graph.nodes.filter { $0.name.hasSuffix(".scale") }.map(\.name) == ["c_1.scale", "d_1.scale"])
    try expectPassesPreserve(graph)
  }

  private func graph(_ rows: String) throws -> Graph {
    var sink = Diagnostics()
    let source = SourceFile(name: "x.rn", text: "model Net\ninput 3 x 6 x 6\n\(rows)\nhead average pool, 3-d fc")
    let network = parse(source, &sink).flatMap { resolve($0, Selection(), &sink) }
    return try lowered(try #require(network, "\(sink.all)"))
  }

  /// A fully connected layer's too, with a bias and without; not behind an activation.
  @Test func foldBatchNormIntoFullyConnectedLayers() throws {
    let before = try graph("a 3x3, 4; 5-d fc, no bias, norm batch, eps 1e-3, relu; 6-d fc; norm; 4-d fc, tanh; norm")
    let after = runPasses(before)
    let layers = after.nodes.compactMap { if case .linear(let linear) = $0.operation { linear } else { nil } }
    #expect(layers.map { $0.norm?.epsilon } == [1e-3, 1e-5, nil, nil])
    let kept = after.nodes.filter { if case .batchNorm = $0.operation { true } else { false } }
    #expect(kept.count == 1 && kept.first.map { after[$0.inputs[0]].name } == "a.fc3")
    try expectPassesPreserve(before)
  }

  /// Shuffles that convolutions and fully connected layers read are orders of weights; what else reads one, or reads it in
  /// groups, has a copy.
  @Test(arguments: [
    ("a 1x1, 12; shuffle 4; 3x3, 8", 0), ("a 1x1, 12; shuffle 4; { 3x3, 8 | 1x1, 8 }", 0),
    ("a 1x1, 12; shuffle 4; { 3x3, 8, linear | 1x1, 8, linear } sum", 0),
    ("a 1x1, 12; shuffle 4; { identity | 1x1, 12, linear } sum", 1), ("a 1x1, 12; shuffle 3; [1x1, 4; 1x1, 8]", 0),
    ("a 1x1, 12; shuffle 3; [1x1, 4; 1x1, 12]", 1), ("a 1x1, 12; shuffle 3; 3x3, 8, groups 2", 1),
    ("a 1x1, 12; shuffle 3; 3x3, 12, depthwise; 1x1, 4", 1), ("a 1x1, 12; shuffle 3; 2x2 max pool, stride 2", 1),
    ("a 1x1, 12; shuffle 3; 1x1, 8; shuffle 2; 3x3, 4, weights standardized", 0),
    ("a 1x1, 12; shuffle 3; 7-d fc, no bias, norm batch, relu", 0),
    ("a 1x1, 12; shuffle 3; 8-d fc, relu; shuffle 2", 1),
    ("a 1x1, 12; shuffle 3; max pool; shuffle 4; 7-d fc, prelu", 1),
  ]) func readShuffled(rows: String, gathers: Int) throws {
    let before = try graph(rows)
    let after = runPasses(before)
    #expect(after.nodes.count { if case .gather = $0.operation { true } else { false } } == gathers, "\(after.text)")
    #expect(verify(after).isEmpty)
    try expectPassesPreserve(before)
  }

  @Test func fuseActivation() throws {
    let graph = runPasses(try lowered(Paper.resnet(50)), upTo: "fuse-activation")
    #expect(!graph.nodes.contains { if case .activation = $0.operation { true } else { false } })
    #expect(graph.nodes.count { $0.operation == .add(.relu) } == 16)
  }

  @Test func fuseResidualAdd() throws {
    let graph = runPasses(try lowered(Paper.resnet(50)), upTo: "fuse-residual-add")
    #expect(!graph.nodes.contains { if case .add = $0.operation { true } else { false } })
    let fused = graph.nodes.filter { convolution($0)?.residual == .same }
    #expect(fused.count == 16)
    #expect(fused.allSatisfy { convolution($0)?.activation == .relu && $0.name.hasSuffix(".3") })
  }

  @Test(arguments: [50, 101, 152]) func mergeProjection(depth: Int) throws {
    let graph = runPasses(try lowered(Paper.resnet(depth)))
    let merged = graph.nodes.filter { convolution($0)?.terms.count == 2 }
    #expect(merged.map(\.name) == ["conv2_1.3", "conv3_1.3", "conv4_1.3", "conv5_1.3"])
    #expect(merged.compactMap { convolution($0)?.terms.last?.stride } == [1, 2, 2, 2])
    #expect(!graph.nodes.contains { $0.name.hasSuffix(".shortcut") })
  }

  @Test func mergeProjectionLeavesWhatDoesNotPay() throws {
    func hasProjection(_ width: Int) throws -> Bool {
      let network = Spell.network(
        input: (16, 8, 8), .projectAlways,
        [Spell.row("stage", 8, Spell.residual([Spell.conv(3, 4), Spell.conv(1, width)]))])
      return runPasses(try lowered(network)).nodes.contains { $0.name == "stage_1.shortcut" }
    }
    // Twice the outputs against the inputs: 2 x 8 is not more than 16, 2 x 9 is.
    #expect(try hasProjection(8))
    #expect(try !hasProjection(9))
  }

  @Test func mergeProjectionKeepsActivatedMainPaths() throws {
    var network = Self.small(.projectAlways, bottleneck: false)
    guard case .block(var block) = network.stages[2].items[0],
      case .convolution(var last) = block.layers[1].kind
    else { return #expect(Bool(false)) }
    last.activation = .relu
    block.layers[1].kind = .convolution(last)
    network.stages[2].items[0] = .block(block)
    let graph = try lowered(network)
    // relu(main) + projection is not one sum of convolutions; the projection takes the add instead.
    try expectPassesPreserve(graph)
    let sums = runPasses(graph).nodes.filter { $0.stage == "conv2_x" && convolution($0)?.residual == .same }
    #expect(sums.map(\.name) == ["conv2_1.shortcut", "conv2_2.shortcut"])
  }

  @Test func fuseZeroPad() throws {
    let graph = runPasses(try lowered(Paper.cifar(n: 3)))
    let pads = graph.nodes.compactMap { node -> ZeroPad? in
      if case .zeroPadded(let pad)? = convolution(node)?.residual { pad } else { nil }
    }
    #expect(
      pads == [
        ZeroPad(stride: 2, channelsBefore: 0, channelsAfter: 16),
        ZeroPad(stride: 2, channelsBefore: 0, channelsAfter: 32),
      ])
    #expect(!graph.nodes.contains { if case .zeroPad = $0.operation { true } else { false } })
    #expect(graph.nodes.count == 1 + 19 + 2)
  }

  @Test func eliminateDead() throws {
    var graph = try lowered(Self.small(.none, bottleneck: false))
    graph.output = NodeID(graph.nodes.firstIndex { $0.name == "pool1" } ?? 0)
    let names = Pass.eliminateDead.run(graph).nodes.map(\.name)
    #expect(names == ["input", "conv1", "conv1.bn", "conv1.relu", "pool1"])
  }

  @Test func runPassesStopsAndDumps() throws {
    var names: [String] = []
    let graph = try lowered(Paper.cifar(n: 1))
    let stopped = runPasses(graph, upTo: "fuse-activation") { pass, result in
      names.append(pass.name)
      #expect(verify(result).isEmpty)
    }
    #expect(names == ["drop-inference-noops", "fold-batch-norm", "fold-scale", "fuse-activation"])
    #expect(stopped.nodes.contains { $0.operation == .add(.relu) })
  }

  private func convolution(_ node: Node) -> Convolution? {
    if case .convolution(let convolution) = node.operation { convolution } else { nil }
  }
}
