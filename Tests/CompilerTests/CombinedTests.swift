// Values that are put together: factors that a map computes of itself, sums and products of branches.
import ResNetDSL
import Testing

@testable import ResNetCompiler

extension CountedTests {
  // MARK: Squeeze-and-excitation

  @Test func squeezesAreProducts() throws {
    let squeezed = try compile("c 3x3, 16; se /4, silu, hardsigmoid").lowered
    let nodes = squeezed.nodes.filter { $0.name.contains(".se") }
    #expect(
      nodes.map { "\($0.name) \($0.shape.text)" } == [
        "c.se.pool 16x1x1", "c.se.fc1 4x1x1", "c.se.fc1.silu 4x1x1", "c.se.fc2 16x1x1", "c.se.fc2.hardsigmoid 16x1x1",
        "c.se.product 16x32x32",
      ])
    let tensors = squeezed.tensors.map(\.name).filter { $0.contains("fc1") || $0.contains("fc2") }
    let path = "features.3"
    #expect(tensors == ["\(path).fc1.weight", "\(path).fc1.bias", "\(path).fc2.weight", "\(path).fc2.bias"])
    #expect(verify(squeezed).isEmpty && squeezed.tensors.contains { $0.name == "classifier.0.weight" })
    let block = try compile("c [1x1, 8; 3x3, 8; se 2-d; 1x1, 16; se /4] x 2").lowered.tensors.map(\.name)
    for name in [
      "layer1.0.se.fc1.weight", "layer1.1.se2.fc2.bias", "layer1.1.conv3.weight", "layer1.0.downsample.1.bias",
    ] {
      #expect(block.contains(name), "\(name)")
    }
    #expect(!block.contains("layer1.0.downsample.0.bias"))
  }

  @Test func squeezesInTables() throws {
    let row = "[1x1, 8; 3x3, 8; se 2-d, silu, hardsigmoid; 1x1, 3; se /3] x 2"
    let network = try compile("c \(row)").network
    #expect(network.tableText(network.stages[0]) == row && depths(of: network)[0] == 6)
    let (_, sink) = compilation("model Net\ninput 3 x 32 x 32\nc 3x3, 10; se /4\nhead average pool, 10-d fc")
    #expect(sink.all.map(\.message) == ["the 10 channels that enter an 'se' of c are no multiple of 4"])
    #expect(sink.all[0].helps == ["write the width that is meant: 'se 2-d'"])
  }

  // MARK: Channel attention

  @Test func attentionIsAProduct() throws {
    let attended = try compile("c 3x3, 64; eca, hardsigmoid").lowered
    let nodes = attended.nodes.filter { $0.name.contains(".eca") }
    #expect(
      nodes.map { "\($0.name) \($0.shape.text)" } == [
        "c.eca.pool 64x1x1", "c.eca.conv 64x1x1", "c.eca.conv.hardsigmoid 64x1x1", "c.eca.product 64x32x32",
      ])
    #expect(attended.tensors.contains { $0.name == "features.3.conv.weight" && $0.shape == [1, 1, 3] })
    #expect(verify(attended).isEmpty && attended.tensors.contains { $0.name == "classifier.0.weight" })
    let row = "[1x1, 8; 3x3, 8; eca 5; 1x1, 256; eca, hardsigmoid] x 2"
    let block = try compile("c \(row)")
    let tensors = block.lowered.tensors.filter { $0.name.contains(".se") }.map { line($0) }
    #expect(
      tensors == [
        "layer1.0.se.conv.weight 1 1 5", "layer1.0.se2.conv.weight 1 1 5", "layer1.1.se.conv.weight 1 1 5",
        "layer1.1.se2.conv.weight 1 1 5",
      ])
    #expect(block.network.tableText(block.network.stages[0]) == row && depths(of: block.network)[0] == 6)
    // The sigmoid is the convolution's, whose value nothing else reads.
    #expect(
      block.fused.nodes.filter { $0.name.contains(".eca") }.map(\.shape.text) == [
        "8x1x1", "8x1x1", "8x32x32", "256x1x1", "256x1x1", "256x32x32", "8x1x1", "8x1x1", "8x32x32", "256x1x1",
        "256x1x1",
        "256x32x32",
      ])
  }

  private func line(_ tensor: Tensor) -> String {
    ([tensor.name] + tensor.shape.map(String.init)).joined(separator: " ")
  }

  /// The sizes that `timm.layers.EcaModule(channels)` has, timm 1.0.31.
  @Test func weightsFollowFromChannels() {
    let theirs = [
      1: 3, 2: 3, 7: 3, 8: 3, 31: 3, 32: 3, 64: 3, 127: 3, 128: 5, 256: 5, 1024: 5, 2047: 5, 2048: 7, 8191: 7, 8192: 7,
      32767: 7, 32768: 9, 65536: 9,
    ]
    for (channels, size) in theirs {
      #expect(ChannelAttentionLayer().size(entering: channels) == size, "\(channels)")
    }
  }

  // MARK: Branches that add what the one before leaves

  /// Res2Net's y2 = K2(x2), y3 = K3(x3 + y2), y4 = x4 + y3.
  @Test func carriedSums() throws {
    let row = "split { 3x3, 4 | + 3x3, 4 | + identity }"
    let compilation = try compile("c 3x3, 12; \(row)")
    let nodes = compilation.lowered.nodes.filter { $0.name.hasPrefix("c.2") && $0.role != .follower }
    #expect(
      nodes.map { node in
        ([node.name] + node.inputs.map { compilation.lowered[$0].name }).joined(separator: " ")
      } == [
        "c.2.b1.split c.1.relu", "c.2.b1.1 c.2.b1.split", "c.2.b2.split c.1.relu",
        "c.2.b2.sum c.2.b2.split c.2.b1.1.relu",
        "c.2.b2.1 c.2.b2.sum", "c.2.b3.split c.1.relu", "c.2.b3.sum c.2.b3.split c.2.b2.1.relu",
        "c.2.concat c.2.b1.1.relu c.2.b2.1.relu c.2.b3.sum",
      ])
    #expect(verify(compilation.lowered).isEmpty && verify(compilation.fused).isEmpty)
    #expect(compilation.network.tableText(compilation.network.stages[0]) == "3x3, 12, \(row)")
    // The first convolution, and two in a row; the shortest way goes through the share.
    #expect(depths(of: compilation.network)[0] == 3)
    #expect(depths(of: compilation.network) { $0.min() }[0] == 1)
    #expect(try compile("c { 3x3, 3 | + 3x3, 3 }").lowered.nodes.contains { $0.name == "c.b2.sum" })
    // Each branch has its lane, and begins below the one before.
    let drawing = Drawing(compilation)
    #expect(
      drawing.boxes.map { "\($0.name) \($0.sources) \($0.lane.places) of \($0.lane.count)" } == [
        "input [] 0..<1 of 1", "c.1 [0] 0..<1 of 1", "c.2.b1.split [1] 0..<1 of 3", "c.2.b1.1 [2] 0..<1 of 3",
        "c.2.b2.split [1] 1..<2 of 3", "c.2.b2.sum [4, 3] 1..<2 of 3", "c.2.b2.1 [5] 1..<2 of 3",
        "c.2.b3.split [1] 2..<3 of 3", "c.2.b3.sum [7, 6] 2..<3 of 3", "c.2.concat [3, 6, 8] 0..<1 of 1",
        "head.pool [9] 0..<1 of 1", "head.fc [10] 0..<1 of 1",
      ])
    #expect(drawing.rows == [0, 1, 2, 3, 2, 4, 5, 2, 6, 7, 8, 9])
  }

  @Test(arguments: [
    ("split { 3x3, 8 | + 3x3, 4 }", "a branch of c adds 4x32x32 and 8x32x32"),
    ("split { 3x3, 4, stride 2 | + 3x3, 4, stride 2 }", "a branch of c adds 4x32x32 and 4x16x16"),
  ]) func carriedSumsThatDoNotFit(row: String, message: String) {
    let (_, sink) = compilation("model Net\ninput 3 x 32 x 32\nc 3x3, 8; \(row)\nhead average pool, 10-d fc")
    #expect(sink.all.map(\.message) == [message])
    #expect(sink.all.allSatisfy { $0.code.name == "branch-mismatch" && $0.helps.count == 1 })
  }

  // MARK: Sums and products

  /// What is added has one shape; what is multiplied, or a factor for each channel or pixel.
  @Test(arguments: [
    ("{ 3x3, 8, linear | 1x1, 8, linear | identity } sum", "a sum of c adds 8x32x32 and 3x32x32"),
    ("{ identity | 3x3, 3, linear, stride 2 } sum", "a sum of c adds 3x32x32 and 3x16x16"),
    ("{ 1x1, 8, linear | 3x3, 8, linear, stride 2 } product", "a product of c multiplies 8x32x32 and 8x16x16"),
    ("{ 1x1, 8, linear | average pool } product", "a product of c multiplies 8x32x32 and 3x1x1"),
    ("{ 1x1, 8, linear | average pool; 1x1, 1, sigmoid } product", "a product of c multiplies 8x32x32 and 1x1x1"),
    ("{ 1x1, 8, linear | 3x3, 2, sigmoid } product", "a product of c multiplies 8x32x32 and 2x32x32"),
  ]) func shapesThatDoNotFit(row: String, message: String) {
    let (_, sink) = compilation("model Net\ninput 3 x 32 x 32\nc \(row)\nhead average pool, 10-d fc")
    #expect(sink.all.map(\.message) == [message])
    #expect(sink.all.allSatisfy { $0.code.name == "branch-mismatch" && $0.helps.count == 1 })
  }

  @Test func shapesThatFit() throws {
    func shape(_ row: String) throws -> String? {
      try compile("c \(row)").lowered.nodes.last { $0.role == .join }?.shape.text
    }
    #expect(try shape("{ identity | average pool } product") == "3x32x32")
    #expect(try shape("{ average pool; 1x1, 3, sigmoid | identity } product") == "3x32x32")
    #expect(try shape("{ 3x3, 1, sigmoid | 1x1, 8, linear } product relu") == "8x32x32")
    #expect(try shape("{ 3x3, 8, sigmoid | 1x1, 8, linear } product x 2") == "8x32x32")
    // What spreads is the second input.
    let swapped = try compile("c { average pool | identity } product").lowered
    let product = try #require(swapped.nodes.first { $0.name == "c.product" })
    #expect(product.inputs.map { swapped[$0].shape.height } == [32, 1])
  }

  /// Three branches are two sums, of which the last is drawn.
  @Test func sumsOfSeveral() throws {
    let compilation = try compile("c { 3x3, 8, linear | 1x1, 8, linear | 1x3, 8, linear } sum prelu x 2")
    let rows = compilation.cost.layers.filter { $0.stage == "c" }.map(\.name)
    #expect(Array(rows.prefix(5)) == ["c_1.b1", "c_1.b2", "c_1.b3", "c_1.sum2", "c_1.sum"])
    #expect(verify(compilation.lowered).isEmpty && verify(compilation.fused).isEmpty)
    let boxes = Drawing(compilation).boxes.map { "\($0.text) \($0.sources)" }
    #expect(
      Array(boxes[1...5]) == [
        "3x3 conv, 8 [0]", "1x1 conv, 8 [0]", "1x3 conv, 8 [0]", "sum [1, 2, 3]", "3x3 conv, 8 [4]",
      ])
    #expect(compilation.lowered.tensors.contains { $0.name == "features.6.weight" && $0.shape == [8] })
  }

  /// Convolutions take sums in; what is left of them, and products, are kernels.
  @Test func sumsAndProductsCompile() throws {
    let text =
      "model Net\ninput 3 x 32 x 32\nc { 3x3, 8, linear | 1x1, 8, linear } sum relu\nhead average pool, 10-d fc"
    for text in [text, text.replacing("sum", with: "product")] {
      #expect(compilation(text, targets: Target.all).0?.plans.count == Target.all.count)
    }
  }

  @Test func tablesOfSumsAreSources() throws {
    let row =
      "{ 3x3, 8; 3x3, 8, linear | { identity | average pool } product; 1x1, 8, relu | 3x3, 8, silu } sum leaky relu 0.1"
    let network = try compile("c \(row)").network
    #expect(network.tableText(network.stages[0]) == row)
  }

  /// Sums of channels keep to the limit of one layer's.
  @Test func channelsOfAllBranchesAreLimited() {
    let (_, sink) = compilation(
      "model Net\ninput 1 x 8 x 8\nc ({ identity | identity }) x 20\nhead average pool, 10-d fc")
    #expect(sink.all.map(\.message) == ["the branches of c have more than 65536 channels"])
  }
}
