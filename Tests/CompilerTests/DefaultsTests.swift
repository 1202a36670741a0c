// What a source means where it says nothing (docs/defaults.md), and what the compiler asks where nothing can be meant.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct DefaultsTests {
  /// The lowered graph of some rows.
  private func graph(
    _ rows: String, head: String = "", input: String = "3 x 32 x 32", sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Graph {
    let (graph, diagnostics) = compile(rows, head: head, input: input)
    return try #require(graph, "\(diagnostics.map(\.message))", sourceLocation: sourceLocation)
  }

  private func compile(_ rows: String, head: String, input: String) -> (Graph?, [Diagnostic]) {
    let source = SourceFile(name: "net.rn", text: "model Net\ninput \(input)\n\(head)\n\(rows)\n")
    var sink = Diagnostics()
    let graph = parse(source, &sink).flatMap { resolve($0, Selection(), &sink) }.flatMap { lower($0, &sink) }
    return (graph, sink.all)
  }

  /// The pools and convolutions of some rows, as the graph prints them.
  private func windows(_ rows: String, input: String = "3 x 32 x 32") throws -> [String] {
    try graph(rows, input: input).nodes.compactMap { node in
      switch node.operation {
      case .maxPool(let pool), .averagePool(let pool):
        "\(node.shape.extent.text) stride \(pool.stride.text) pad \(pool.padding.text)"
          + (pool.countsPadding ? " counted" : "")
      case .convolution(let convolution):
        "\(node.shape.extent.text) stride \(convolution.terms[0].stride.text) pad \(convolution.terms[0].padding.text)"
      default: nil
      }
    }
  }

  @Test func windowsThatCoverTheirMapHaveNoPadding() throws {
    #expect(try windows("p 1x1 7x7 average pool", input: "8 x 7 x 7") == ["1x1 stride 1 pad 0x0"])
    #expect(try windows("p 7x7 average pool", input: "8 x 7 x 7") == ["1x1 stride 1 pad 0x0"])
    #expect(try windows("p 3x5 max pool, stride 2", input: "8 x 3 x 5") == ["1x1 stride 2 pad 0x0"])
    // Covered in one direction only.
    #expect(try windows("p 3x3 max pool, stride 2", input: "8 x 3 x 5") == ["2x3 stride 2 pad 1x1"])
    #expect(try windows("p 3x3 max pool, stride 1, pad 1", input: "8 x 3 x 3") == ["3x3 stride 1 pad 1x1"])
    let parameters = try graph("a 7x7 3x3, 512\nhead 1x1 7x7 average pool, 1000-d fc", input: "3 x 7 x 7")
    #expect(CostReport(parameters).parameters == 3 * 9 * 512 + 2 * 512 + 512 * 1000 + 1000)
  }

  @Test func evenKernelsHaveNoPadding() throws {
    #expect(try windows("a 8x8 4x4, 8, stride 4\nb 4x4 2x2, 8") == ["8x8 stride 4 pad 0x0", "4x4 stride 2 pad 0x0"])
    #expect(try windows("a 2x3, 8\nb 4x4, 8, pad 2") == ["31x32 stride 1 pad 0x1", "32x33 stride 1 pad 2x2"])
    #expect(try windows("a 3x3, 8, dilation 3") == ["32x32 stride 1 pad 3x3"])
  }

  @Test func averagesSayWhatCounts() throws {
    #expect(try windows("p 16x16 3x3 average pool, counted") == ["16x16 stride 2 pad 1x1 counted"])
    #expect(try windows("p 16x16 3x3 average pool, uncounted") == ["16x16 stride 2 pad 1x1"])
    #expect(try windows("p 3x3 average pool, stride 2, pad 0, counted") == ["15x15 stride 2 pad 0x0"])
  }

  @Test(arguments: [
    ("", "p 2x2 max pool", "undecided-stride"), ("", "p 7x7 average pool", "undecided-stride"),
    ("", "a (3x3, 8; 2x2 max pool) x 2", "undecided-stride"),
    ("", "p 3x3 average pool, stride 2", "padded-average"), ("", "p 1x3 average pool, stride 1", "padded-average"),
    ("", "a 16x16 5x5, 8; 1x1, 8; 3x3 max pool", "ambiguous-stride"),
    ("", "a 16x16 3x3 max pool; [3x3, 8; 3x3, 8] x 2", "ambiguous-stride"),
    ("", "a 16x16 2x2 max pool; 3x3 max pool", "ambiguous-stride"),
    ("", "a 5x5 3x3, 8, stride 7\nb 2x2 3x3, 8", "ambiguous-stride"),
    ("", "a (3x3, 8, stride 2) x 2", "ambiguous-stride"),
    ("", "a [(3x3, 8, stride 2) x 2; 3x3, 8]", "ambiguous-stride"),
    ("", "a ([3x3, 8, stride 2]; [3x3, 8]) x 2", "ambiguous-stride"),
    ("", "a (3x3, 8; (3x3, 8, stride 2)) x 2", "ambiguous-stride"),
    ("shortcut none", "a ([3x3, 8, stride 2]) x 2", "ambiguous-stride"),
    // A block that states a stride gets no other.
    ("", "a 8x8 [3x3, 8; 3x3, 8, stride 2] x 2", "size-mismatch"),
    ("", "a [3x3, 8; 3x3, 8; 2x2 max pool, stride 2]", "ambiguous-activation"),
    ("", "a [3x3, 8; 3x3, 8; average pool]", "ambiguous-activation"),
    ("", "a 3x3, 8; silu", "ambiguous-activation"),
    ("", "a (3x3, 8) x 2, silu", "ambiguous-activation"),
    ("", "a 3x3, 8; linear", "ambiguous-activation"),
    ("", "a 3x3, 8\nb 16x16 2x2 average pool\nc dropout 0.5; sigmoid", "ambiguous-activation"),
    ("", "a [3x3, 8; 3x3, 8] x 2\nhead prelu; average pool, 7-d fc", "ambiguous-activation"),
    ("", "a 3x3, 8, linear; [silu; 3x3, 8; 3x3, 8] x 2", "ambiguous-activation"),
    ("activation silu", "a 3x3, 8; relu", "ambiguous-activation"),
    ("activation relu6", "a 3x3, 8; relu", "ambiguous-activation"),
    ("shortcut none", "a [3x3, 8; 3x3, 8]; gelu", "ambiguous-activation"),
    ("", "head 8-d fc; dropout 0.5; 8-d fc", "ambiguous-activation"),
    ("", "a 32x32 3x3, 8\nb 16x16 [1x1, 8; 3x3, 8; 1x1, 8] x 2", "ambiguous-stride"),
    ("shortcut A", "a 16x16 [3x3, 8; 3x3, 8]", "ambiguous-shortcut"),
    ("", "p 16x16 max pool, stride 2", "ambiguous-window"),
    ("", "p 9x16 average pool, stride 4", "ambiguous-window"),
    ("", "head average pool, 1-d fc, softmax", "softmax-of-one"),
    ("preprocess mean 0.5 0.5 0.5, std 64 64 64", "a 3x3, 8", "pixel-scale"),
    ("preprocess mean -104 -117 -123", "a 3x3, 8", "pixel-scale"),
  ]) func asks(head: String, rows: String, code: String) {
    let (graph, diagnostics) = compile(rows, head: head, input: "3 x 32 x 32")
    #expect(graph == nil)
    #expect(diagnostics.map(\.code.name) == [code], "\(diagnostics.map(\.message))")
  }

  @Test(arguments: [
    ("", "a 3x3, 8; relu"), ("", "a 3x3, 8; 3x3 max pool, stride 2; relu6"), ("activation relu6", "a 3x3, 8; relu6"),
    ("", "a 3x3, 8, relu; silu"), ("", "a 3x3, 8, linear; silu; 3x3, 8, linear; silu"), ("", "a silu; 3x3, 8"),
    ("", "head average pool, 8-d fc; silu; 8-d fc"),
    ("", "a [3x3, 8, linear; silu; 3x3, 8, linear; silu]; relu"), ("activation linear", "a [3x3, 8; 3x3, 8]; silu"),
    ("", "head 8-d fc, relu; 8-d fc, linear; 8-d fc"),
    ("", "a [1x1, 8; 3x3, 8; 1x1, 8] x 2"), ("", "a 16x16 [1x1, 8; 1x1, 8]"), ("", "a 16x16 [3x3, 8; 1x1, 8]"),
    ("shortcut none", "a 16x16 1x1, 8; 3x3, 8"), ("shortcut A", "a 3x3, 3\nb 16x16 [3x3, 3; 3x3, 3] x 2"),
    ("", "p 8x8 average pool, stride 8, pad 0"), ("", "p 9x9 max pool, stride 5"),
    ("", "p 9x9 max pool, stride 1, pad 4"),
    ("", "p 32x32 max pool, stride 2"), ("", "p 7x7 max pool, stride 1"),
  ]) func whatLeavesNoDoubtIsNotAskedAbout(head: String, rows: String) throws {
    let (graph, diagnostics) = compile(rows, head: head, input: "3 x 32 x 32")
    #expect(graph != nil, "\(diagnostics.map(\.message))")
  }

  @Test func sizesThatDecideAreNotAskedAbout() throws {
    #expect(try windows("a 32x32 5x5, 8; 3x3 max pool").suffix(1) == ["32x32 stride 1 pad 1x1"])
    #expect(try windows("a 16x16 5x5, 8; 3x3 max pool, stride 2").first == "32x32 stride 1 pad 2x2")
    #expect(try windows("a 16x16 5x5, 8, stride 2; 3x3 max pool").last == "16x16 stride 1 pad 1x1")
    // Half of an odd map is said by everyone with a stride of 2, though 3 leads there too.
    #expect(try windows("p 2x2 2x2 max pool", input: "8 x 5 x 5") == ["2x2 stride 2 pad 0x0"])
  }

  @Test func stridesOfRepeatedGroupsAreTheFirstRepetitions() throws {
    func strides(_ rows: String) throws -> [Int] {
      try graph(rows).nodes.compactMap { node in
        if case .convolution(let convolution) = node.operation { convolution.terms[0].stride.rows } else { nil }
      }
    }
    #expect(try strides("a 16x16 (3x3, 8, stride 2) x 3") == [2, 1, 1])
    #expect(try strides("a 16x16 (1x1, 8; (3x3, 8, stride 2) x 2) x 2") == [1, 2, 1, 1, 1, 1])
    #expect(try strides("a 16x16 ([3x3, 3, stride 2; 3x3, 3]; 1x1, 3) x 2") == [2, 1, 2, 1, 1, 1, 1])
    // The size's stride goes to the first block without one, not to another layer of a block that has one.
    #expect(try strides("a 8x8 [3x3, 8; 3x3, 8, stride 2]; [3x3, 8]") == [1, 2, 2, 2, 2])
  }

  @Test(arguments: [
    ("shortcut B\nnorm none", true, false), ("shortcut B, no bias\nnorm none", false, false),
    ("shortcut B", false, true), ("shortcut B, bias", true, true), ("shortcut C, bias\nnorm none", true, false),
  ]) func projections(head: String, hasBias: Bool, hasNorm: Bool) throws {
    let names = try graph("a 16x16 [3x3, 8; 3x3, 8]", head: head).tensors.map(\.name)
    #expect(names.contains("layer1.0.downsample.0.weight"))
    #expect(names.contains("layer1.0.downsample.0.bias") == hasBias)
    #expect(names.contains("layer1.0.downsample.1.running_var") == hasNorm)
  }

  @Test func projectionsFollowTheLastConvolution() throws {
    let names = try graph("a 16x16 [3x3, 8; 3x3, 8, no norm, no bias]").tensors.map(\.name)
    #expect(!names.contains { $0.hasPrefix("layer1.0.downsample.0.bias") || $0.hasPrefix("layer1.0.downsample.1") })
  }

  @Test(arguments: [
    ("a 28x28 5x5, 8", ["write 'pad 0'"]),
    ("p 16x16 3x3 max pool, stride 2, ceil", ["write 'pad 0'", "write no 'ceil'"]),
    ("p 11x11 3x3 max pool, stride 3, pad 0", ["write 'ceil'", "write 'pad 1'"]),
    (
      "a 14x14 3x3, 8; 5x5, 8, stride 2",
      ["write 'pad 0' in the convolution '5x5, 8'"]
    ),
    ("a 64x64 3x3, 8", []),
  ]) func sizesThatNoStrideReaches(rows: String, helps: [String]) {
    let (_, diagnostics) = compile(rows, head: "", input: "3 x 32 x 32")
    #expect(diagnostics.map(\.code.name) == ["size-mismatch"])
    #expect(diagnostics.first?.helps == helps)
    #expect(diagnostics.first?.fixIts.isEmpty == !helps.isEmpty)
  }
}
