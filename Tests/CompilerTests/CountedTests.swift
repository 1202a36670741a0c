// Networks of grouped and depthwise convolutions, and of branches, counted.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct CountedTests {
  /// What torchvision's page of models says: parameters, and billions of multiply-adds to three decimals.
  static let published: [(file: String, variant: String?, parameters: Int, gigaMACs: String)] = [
    ("googlenet", nil, 6_624_904, "1.498"), ("mobilenet_v2", nil, 3_504_872, "0.301"),
    ("mobilenet_v3_small", nil, 2_542_856, "0.057"), ("efficientnet_b0", nil, 5_288_548, "0.386"),
    ("densenet121", nil, 7_978_856, "2.834"),
    // timm's seresnet50.
    ("seresnet", "50", 28_088_024, "4.092"),
    ("resnext", "50_32x4d", 25_028_904, "4.230"), ("resnext", "101_32x8d", 88_791_336, "16.414"),
    ("resnext", "101_64x4d", 83_455_272, "15.460"),
  ]

  func compilation(_ text: String, _ variant: String? = nil, targets: [Target] = []) -> (
    Compilation?, Diagnostics
  ) {
    var sink = Diagnostics()
    let options = CompileOptions(selection: Selection(variant: variant), targets: targets)
    let result = analyze(SourceFile(name: "x.rn", text: text), options, &sink)
    return (result, sink)
  }

  /// From models/, or a fixture for what is not there.
  func source(_ file: String) throws -> String {
    let models = fixtures.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("models")
    let fixture = fixtures.appendingPathComponent("counted/\(file).rn")
    let isThere = FileManager.default.fileExists(atPath: fixture.path)
    return try String(contentsOf: isThere ? fixture : models.appendingPathComponent("\(file).rn"), encoding: .utf8)
  }

  @Test(arguments: published.indices) func countsAreThosePublished(index: Int) throws {
    let network = Self.published[index]
    let (result, sink) = compilation(try source(network.file), network.variant)
    let compilation = try #require(result, "\(sink.all)")
    #expect(compilation.cost.parameters == network.parameters)
    #expect(String(format: "%.3f", Double(compilation.cost.macs) / 1e9) == network.gigaMACs)
    #expect(verify(compilation.lowered).isEmpty && verify(compilation.fused).isEmpty)
    // The parameters are the tensors', running statistics aside.
    let tensors = compilation.lowered.tensors.filter { !$0.name.contains(".running_") }
    #expect(tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } == network.parameters)
  }

  @Test(arguments: published.indices) func everythingAnswers(index: Int) throws {
    let network = Self.published[index]
    let text = try source(network.file)
    let (result, sink) = compilation(text, network.variant, targets: [.avx2])
    let compilation = try #require(result, "\(sink.all)")
    #expect(compilation.plans.count == 1)
    let side = DiffSide(compilation)
    #expect(ModelDiff(side, side).isEmpty)
    let drawing = Drawing(compilation)
    #expect(DrawingLayout([drawing.shown(nil)]).svg.hasPrefix("<svg") && dotText([drawing]).contains(" -> "))
    let depth = network.file == "googlenet" ? 22 : depths(of: compilation.network).last ?? 0
    #expect(drawing.depth == depth)
    let source = SourceFile(name: "x.rn", text: text)
    #expect(!lint(source, Selection(variant: network.variant)).hasErrors)
  }

  /// GoogLeNet's inception (3a), by hand: a name for each layer, the channels of all in the order of the source, and a
  /// receptive field as large as the largest branch's.
  @Test func branchesAreOneValue() throws {
    let (result, sink) = compilation(try source("googlenet"))
    let compilation = try #require(result, "\(sink.all)")
    let rows = compilation.cost.layers.filter { $0.stage == "inception3a" }
    #expect(
      rows.map(\.name) == [
        "inception3a.b1", "inception3a.b2.1", "inception3a.b2.2", "inception3a.b3.1", "inception3a.b3.2",
        "inception3a.b4.pool", "inception3a.b4.1",
        "inception3a.concat",
      ])
    #expect(rows.map(\.output.channels) == [64, 96, 128, 16, 32, 192, 32, 256])
    #expect(rows.last?.receptiveField == rows.map(\.receptiveField).max { $0.height < $1.height })
    let concat = try #require(compilation.lowered.nodes.first { $0.name == "inception3a.concat" })
    #expect(concat.inputs.map { compilation.lowered[$0].shape.channels } == [64, 128, 32, 32])
  }

  /// Boxes of branches stand side by side, and come and go from and to the same place.
  @Test func branchesAreDrawnSideBySide() throws {
    let text = """
      model Net
      input  3 x 32 x 32
      conv1  32x32  3x3, 8
      inc2   16x16  { 1x1, 8; 3x3, 8, stride 2 | { 1x3, 4 | 3x1, 4 }; 3x3 max pool, stride 2 }
      inc3   16x16  { 1x1, 8 | identity }
      head   1x1    average pool, 10-d fc
      """
    let (result, sink) = compilation(text)
    let drawing = Drawing(try #require(result, "\(sink.all)"))
    let boxes = drawing.boxes.map { "\($0.name) \($0.sources) \($0.lane.places) of \($0.lane.count)" }
    #expect(
      boxes == [
        "input [] 0..<1 of 1", "conv1 [0] 0..<1 of 1", "inc2.b1.1 [1] 0..<1 of 3", "inc2.b1.2 [2] 0..<1 of 3",
        "inc2.b2.1.b1 [1] 1..<2 of 3", "inc2.b2.1.b2 [1] 2..<3 of 3", "inc2.b2.1.concat [4, 5] 1..<3 of 3",
        "inc2.b2.pool [6] 1..<3 of 3", "inc2.concat [3, 7] 0..<1 of 1", "inc3.b1 [8] 0..<1 of 2",
        "inc3.concat [9, 8] 0..<1 of 1", "head.pool [10] 0..<1 of 1", "head.fc [11] 0..<1 of 1",
      ])
    #expect(drawing.boxes[10].passes == [DrawnBox.Lane(places: 1..<2, count: 2)])
    #expect(drawing.rows == [0, 1, 2, 3, 2, 2, 3, 4, 5, 6, 7, 8, 9])
    let layout = DrawingLayout([drawing])
    let frames = try #require(layout.columns.first).boxes.map(\.frame)
    for (index, frame) in frames.enumerated() {
      for other in frames[(index + 1)...] where other.y == frame.y {
        #expect(frame.right < other.x || other.right < frame.x)
      }
    }
    #expect(frames.allSatisfy { $0.x >= 0 && $0.right <= layout.width && $0.bottom <= layout.height })
  }

  /// A projection is one whatever its row is called.
  @Test func rolesAreNoNames() throws {
    let text = """
      model Net
      input    3 x 32 x 32
      conv3_x  16x16  [3x3, 8; 3x3, 8]
      conv3    8x8    [3x3, 16; 3x3, 16]
      head     1x1    average pool, 10-d fc
      """
    let (result, sink) = compilation(text)
    let layers = try #require(result, "\(sink.all)").cost.layers
    #expect(layers.filter { $0.kind == .projection }.map(\.name) == ["conv3_1.shortcut", "conv3_1.shortcut'"])
    #expect(!layers.contains { $0.kind == .batchNorm })
  }

  func compile(_ row: String, _ head: String = "shortcut B") throws -> Compilation {
    let (result, sink) = compilation("model Net\ninput 3 x 32 x 32\n\(head)\n\(row)\nhead average pool, 10-d fc")
    return try #require(result, "\(sink.all)")
  }

  /// Strides in braces are those of the first repetition, as others are, and the shortcut follows them.
  @Test func stridesInBraces() throws {
    let group = try compile("c 16x16 ({ 3x3, 8, stride 2 | 1x1, 8, stride 2 }; 1x1, 16) x 3")
    #expect(group.cost.layers.filter { $0.stage == "c" }.allSatisfy { $0.output.height == 16 })
    let block = try compile("c 16x16 [{ 3x3, 8, linear, stride 2 | 1x1, 8, linear, stride 2 }] x 2")
    let shortcut = try #require(block.lowered.nodes.first { $0.role == .shortcut })
    #expect(shortcut.shape == Shape(16, 16, 16))
    #expect(block.lowered.nodes.count { $0.role == .shortcut } == 1)
    let (_, sink) = compilation("model Net\ninput 3 x 32 x 32\nc 16x16 { 3x3, 8 | 3x3, 8 }\nhead average pool, 10-d fc")
    #expect(sink.all.map(\.code.name) == ["size-mismatch"])
    #expect(sink.all[0].helps.last == "in a row with braces every stride is written, in each branch its own")
  }

  /// A projection has the norm of the last branch's last convolution.
  @Test func projectionsAroundBranches() throws {
    func norms(_ row: String) throws -> [String] {
      try compile(row).lowered.nodes.filter { $0.name.hasPrefix("c_1.shortcut") }.map { node in
        let (name, details) = node.operation.definition.dump
        return ([name] + details).joined(separator: " ")
      }
    }
    let projection = "conv 1x1, 8 weight layer1.0.downsample.0.weight"
    #expect(
      try norms("c [{ 1x1, 4, linear | 3x3, 4, linear, eps 1e-2 }]").map { $0.replacing(",", with: "") } == [
        projection.replacing(",", with: ""), "batchnorm norm layer1.0.downsample.1 eps 0.01",
      ])
    #expect(try norms("c [3x3, 8, norm batch, relu; { 1x1, 4, linear, no norm | 1x1, 4, linear, no norm }]").count == 1)
  }

  @Test func tablesOfBranchesAreSources() throws {
    let row = "({ identity | 1x1, 64; 3x3, 12 }) x 3"
    let network = try compile("c \(row)", "").network
    #expect(network.tableText(network.stages[0]) == row)
    let block = "[3x3, 8; { 1x1, 4, linear | 1x1, 4, linear }] x 2"
    #expect(try compile("c \(block)").network.tableText(compile("c \(block)").network.stages[0]) == block)
  }

  @Test(arguments: [
    ("c 32x32 [1x1, 16; 3x3, 16; { 1x1, 8, linear | 3x3, 8, linear }]", "RN103", false),
    ("c 32x32 [3x3, 16, linear; { 1x1, 16, relu | 1x1, 16, relu }]", "RN103", true),
    ("c 32x32 [{ 1x1, 8, relu | 3x3, 8, linear }; dropout 0.5]", "RN103", false),
    ("c 32x32 [3x3, 16; { 1x1, 8, linear | 3x3, 8, linear }]", "RN104", false),
    ("d 32x32 ({ identity | 1x1, 48; 3x3, 16 }) x 20", "RN106", false),
    ("d 16x16 { 1x1, 16, stride 2 | 3x3, 16, stride 2 }", "RN101", true),
  ]) func rulesLookIntoBranches(row: String, rule: String, isFound: Bool) {
    let text = "model Net\ninput 3 x 32 x 32\nshortcut B\na 32x32 3x3, 16\n\(row)\nhead 1x1 average pool, 10-d fc"
    let found = lint(SourceFile(name: "x.rn", text: text))
    #expect(!found.hasErrors && found.all.contains { $0.code.name == rule } == isFound, "\(found.all.map(\.message))")
  }

  /// As in MobileNetV2: where the shape changes there is no shortcut, and nothing follows the sum.
  @Test func identityOnlyWhereTheShapeStays() throws {
    let blocks = try compile("c 16x16 [1x1, 6; 3x3, 6; 1x1, 4] linear x 3", "shortcut identity\nstride on 3x3")
    let sums = blocks.lowered.nodes.filter { $0.operation == .add(.linear) }
    #expect(sums.map(\.name) == ["c_2.sum", "c_3.sum"])
    #expect(!blocks.lowered.nodes.contains { $0.role == .shortcut } && verify(blocks.lowered).isEmpty)
    #expect(blocks.network.tableText(blocks.network.stages[0]) == "[1x1, 6; 3x3, 6; 1x1, 4] linear x 3")
    let own = try compile("c 32x32 [3x3, 3; 3x3, 3] shortcut identity silu x 2")
    #expect(own.network.tableText(own.network.stages[0]) == "[3x3, 3; 3x3, 3] shortcut identity silu x 2")
    // Without a sum the activation is the last convolution's.
    let plain = try compile("c 32x32 [3x3, 8; 3x3, 8]", "shortcut identity").lowered.nodes.map(\.name)
    #expect(plain.contains("c_1.2.relu") && !plain.contains("c_1.sum"))
    let (_, sink) = compilation(
      "model Net\ninput 3 x 32 x 32\nc [3x3, 8; 3x3, 8] shortcut A\nhead average pool, 2-d fc")
    #expect(sink.all.map(\.code.name) == ["ambiguous-shortcut"])
  }

  /// timm's resnet50d, 25.58 million parameters; its kernels are there already.
  @Test func projectionsThatPool() throws {
    let (result, sink) = compilation(try source("resnet50d"), targets: [.avx2])
    let compilation = try #require(result, "\(sink.all)")
    #expect(compilation.cost.parameters == 25_576_264 && compilation.plans.count == 1)
    let pools = compilation.lowered.nodes.filter { $0.name.hasSuffix("shortcut.pool") }
    #expect(pools.map(\.shape.text) == ["256x28x28", "512x14x14", "1024x7x7"])
    let names = compilation.lowered.tensors.map(\.name)
    #expect(names.contains("layer1.0.downsample.1.weight") && names.contains("layer2.0.downsample.2.running_var"))
    #expect(!Drawing(compilation).boxes.contains { $0.name.contains("shortcut") })
    let (_, twice) = self.compilation(
      "model Net\ninput 3 x 32 x 32\nshortcut B, average pool, average pool\na 3x3, 8\nhead average pool, 10-d fc")
    #expect(twice.all.map(\.code.name) == ["duplicate-header"])
  }

  // MARK: Norms before convolutions

  /// He et al., 2016: in brackets norm, activation, convolution; a projection reads what the first convolution reads.
  @Test func preActivation() throws {
    let graph = try compile("a 3x3, 8\nb 16x16 [3x3, 16; 3x3, 16] x 2\nc norm, relu", "order pre\nstride on first")
      .lowered
    let names = graph.nodes.map(\.name)
    #expect(
      names == [
        "input", "a", "a.bn", "a.relu", "b_1.1.bn", "b_1.1.relu", "b_1.1", "b_1.2.bn", "b_1.2.relu", "b_1.2",
        "b_1.shortcut", "b_1.sum", "b_2.1.bn", "b_2.1.relu", "b_2.1", "b_2.2.bn", "b_2.2.relu", "b_2.2", "b_2.sum",
        "c", "c.relu", "head.pool", "head.fc",
      ])
    let shortcut = try #require(graph.nodes.first { $0.role == .shortcut })
    #expect(graph[shortcut.inputs[0]].name == "b_1.1.relu" && verify(graph).isEmpty)
    #expect(graph.tensors.contains { $0.name == "layer1.0.bn1.weight" && $0.shape == [8] })
    #expect(graph.tensors.contains { $0.name == "norm1.running_var" && $0.shape == [16] })
    #expect(!graph.tensors.contains { $0.name.contains("downsample.1") })
    // A norm that follows a convolution alone is folded, the others stay.
    let kept = runPasses(graph).nodes.filter { if case .batchNorm = $0.operation { true } else { false } }
    #expect(kept.map(\.name) == ["b_1.1.bn", "b_2.1.bn", "c"])
  }

  @Test func normsInRowsOfReports() throws {
    let compilation = try compile("a 3x3, 8\nb [3x3, 8; 3x3, 8] x 2\nc norm, relu", "order pre")
    #expect(
      compilation.cost.layers.map(\.name) == [
        "a", "b_1.1", "b_1.2", "b_1.sum", "b_2.1", "b_2.2", "b_2.sum", "c", "head.pool", "head.fc",
      ])
    #expect(compilation.cost.layers[1].parameters == 8 * 8 * 9 + 16 && compilation.cost.layers[7].parameters == 16)
    let rows = compilation.network.stages.prefix(3).map(compilation.network.tableText)
    #expect(rows == ["3x3, 8", "[3x3, 8; 3x3, 8] x 2", "norm, relu"])
  }

  // MARK: Pools to sizes

  @Test func poolsLeadToSizes() throws {
    let compilation = try compile("a 5x7 average pool to 5x7\nb 4x4 max pool to 4x4\nc max pool")
    let shapes = compilation.lowered.nodes.filter { $0.stage.map { "abc".contains($0) } ?? false }.map(\.shape)
    #expect(shapes == [Shape(3, 5, 7), Shape(3, 4, 4), Shape(3, 1, 1)] && verify(compilation.lowered).isEmpty)
    let rows = compilation.network.stages.prefix(3).map(compilation.network.tableText)
    #expect(rows == ["average pool to 5x7", "max pool to 4x4", "max pool"])
    let pyramid = try compile("a spatial pyramid pool 7 3 2 1")
    #expect(pyramid.lowered.nodes.first { $0.role == .join }?.shape == Shape(3 * 63, 1, 1))
    let (_, sink) = self.compilation(
      "model Net\ninput 3 x 32 x 32\na 3x3, 64\nb spatial pyramid pool 32 7\nhead 10-d fc", targets: [.portable])
    #expect(
      sink.inSourceOrder.map(\.message)
        == ["the spatial pyramid pool of b makes 68672 features, more than 65536"])
  }

  // MARK: Gates

  /// Twice a convolution's weights, its norm's two vectors, the shares' bias.
  @Test func gatesAreTwoConvolutionsAndABlend() throws {
    let compilation = try compile("a 3x3, 8\nb gate(3x3, 8) x 2\nc gate(1x1, 8, no norm, tanh)", "depth 5")
    #expect(
      compilation.lowered.nodes.filter { $0.stage == "b" }.prefix(6).map(\.name) == [
        "b_1.conv", "b_1.conv.bn", "b_1.conv.relu", "b_1.gate", "b_1.gate.sigmoid", "b_1.blend",
      ])
    #expect(verify(compilation.lowered).isEmpty)
    let parameters = compilation.cost.stages.map(\.parameters)
    #expect(parameters[1] == 2 * (2 * 576 + 16 + 8) && parameters[2] == 2 * 64 + 8 + 8)
    let rows = compilation.network.stages[1...2].map(compilation.network.tableText)
    #expect(rows == ["(gate(3x3, 8)) x 2", "gate(1x1, 8, no norm, tanh)"])
    #expect(
      compilation.lowered.tensors.map(\.name).filter { $0.hasPrefix("features.3") } == [
        "features.3.conv.weight", "features.3.bn.weight", "features.3.bn.bias", "features.3.bn.running_mean",
        "features.3.bn.running_var", "features.3.gate.weight", "features.3.gate.bias",
      ])
  }

  @Test func gatesKeepTheirShape() {
    for (row, message) in [
      ("gate(3x3, 8)", "a gate of a mixes 3x32x32 with the 8x32x32 that its convolution leaves"),
      ("gate(3x3, 3, stride 2)", "a gate of a mixes 3x32x32 with the 3x16x16 that its convolution leaves"),
      ("gate(35x35, 3, pad 0)", "a gate of a mixes 3x32x32 with what its window does not fit into"),
    ] {
      let (_, sink) = self.compilation(
        "model Net\ninput 3 x 32 x 32\na \(row)\nhead average pool, 10-d fc", targets: [.portable])
      #expect(sink.inSourceOrder.map(\.message) == [message])
    }
  }

  // MARK: Maxout

  @Test func maxoutDividesChannels() throws {
    let compilation = try compile("a 3x3, 12, linear; maxout 3\nb 1x1, 8, linear; maxout 8")
    let shapes = compilation.lowered.nodes.filter { LayerKind($0) == .maxout }.map(\.shape)
    #expect(shapes == [Shape(4, 32, 32), Shape(1, 32, 32)] && verify(compilation.lowered).isEmpty)
    #expect(
      compilation.network.stages.prefix(2).map(compilation.network.tableText) == [
        "3x3, 12, linear, maxout 3", "1x1, 8, linear, maxout 8",
      ])
    let (_, sink) = self.compilation(
      "model Net\ninput 3 x 32 x 32\na 3x3, 12, linear; maxout 5\nhead average pool, 10-d fc", targets: [.portable])
    #expect(sink.inSourceOrder.map(\.message) == ["the 12 channels that enter a maxout of a are no multiple of 5"])
  }
}
