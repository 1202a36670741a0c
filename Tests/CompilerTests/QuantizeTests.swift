// Which values of an int8 plan are whole numbers, and where they are converted.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct QuantizeTests {
  private func graph(_ rows: String, keeping kept: Set<String> = []) throws -> Graph {
    var sink = Diagnostics()
    let text = "model Net\ninput 3 x 32 x 32\n" + rows
    let compilation = try #require(
      analyze(SourceFile(name: "x.rn", text: text), CompileOptions(targets: []), &sink), "\(sink.all.map(\.message))")
    let graph = quantized(compilation.fused, keeping: kept)
    #expect(verify(graph).isEmpty)
    return graph
  }

  /// `conv1 uint8`, in order.
  private func types(_ graph: Graph) -> [String] { graph.nodes.map { "\($0.name) \($0.number.rawValue)" } }

  /// What a node reads, by name.
  private func inputs(_ graph: Graph, _ name: String) -> [String] {
    graph.nodes.first { $0.name == name }.map { $0.inputs.map { graph[$0].name } } ?? []
  }

  @Test func whatRectifiesIsWholeThroughout() throws {
    let graph = try graph(
      """
      shortcut B
      conv1 16x16 3x3, 32, stride 2
      conv2_x 16x16 [3x3, 32; 3x3, 32] x 2
      head 1x1 average pool, 200-d fc
      """)
    #expect(graph.nodes.dropLast().allSatisfy { $0.number.isQuantized } && graph.integerShare == 1)
    #expect(graph.nodes.last?.number == .float32 && !graph.nodes.contains { $0.name.hasSuffix(".whole") })
  }

  /// That layer alone computes in float32: what it adds is converted for it, and what it makes for the others.
  @Test func aLayerIsKeptAlone() throws {
    let rows = """
      shortcut B
      conv1 16x16 3x3, 32, stride 2
      conv2_x 16x16 [3x3, 32; 3x3, 32] x 2
      head 1x1 average pool, 200-d fc
      """
    let whole = types(try graph(rows))
    let kept = try graph(rows, keeping: ["conv2_1.2"])
    // What it reads nobody else does, so that is stored as it is summed.
    #expect(
      types(kept)
        == whole.flatMap { line in
          switch line {
          case "conv2_1.1 uint8": ["conv2_1.1 float32"]
          case "conv2_1.2 uint8": ["conv1.floats float32", "conv2_1.2 float32", "conv2_1.2.whole uint8"]
          default: [line]
          }
        })
    #expect(inputs(kept, "conv2_1.2") == ["conv2_1.1", "conv1.floats"] && inputs(kept, "conv2_1.1") == ["conv1"])
    #expect(inputs(kept, "conv2_2.1") == ["conv2_1.2.whole"])
    #expect(inputs(kept, "conv2_2.2") == ["conv2_2.1", "conv2_1.2"])
  }

  /// One conversion serves all that read it, and the sum adds what there is.
  @Test func aValueIsConvertedOnce() throws {
    let graph = try graph(
      """
      conv1 16x16 3x3, 32, stride 2, silu
      two 16x16 { 3x3, 32, linear | 1x1, 48; 3x3, 32, linear } sum relu
      head 1x1 average pool, 200-d fc
      """)
    #expect(graph.nodes.filter { $0.name == "conv1.whole" && $0.number == .int8 }.count == 1)
    #expect(graph.nodes.count { $0.name.contains(".whole") } == 1, "\(types(graph))")
    #expect(graph.integerShare == 1)
  }

  /// What a gate multiplies stays whole, and so does the product; its own numbers end in an exponential.
  @Test func onlyAGatesNumbersAreFloats() throws {
    let graph = try graph(
      """
      shortcut B
      conv1 16x16 3x3, 64, stride 2
      conv2_x 16x16 [3x3, 64; 3x3, 64; se 64-d] x 1
      head 1x1 average pool, 200-d fc
      """)
    #expect(types(graph).filter { $0.hasSuffix("float32") } == ["conv2_1.se.fc2 float32", "head.fc float32"])
    #expect(inputs(graph, "conv2_1.se.product") == ["conv2_1.2", "conv2_1.se.fc2"] && graph.integerShare == 1)
  }

  /// What an activation before a convolution normalizes becomes whole as it is written; the stream around it stays floats.
  @Test func aBatchNormLeavesWholeNumbers() throws {
    let graph = try graph(
      """
      order pre
      shortcut B
      conv1 16x16 3x3, 64, stride 2, no norm, linear
      conv2_x 16x16 [3x3, 64; 3x3, 64] x 2
      head 1x1 norm, relu; average pool, 200-d fc
      """)
    #expect(!graph.nodes.contains { if case .convert = $0.operation { true } else { false } }, "\(types(graph))")
    for node in graph.nodes {
      guard case .batchNorm = node.operation else { continue }
      #expect(node.number == .uint8 && graph[node.inputs[0]].number == .float32, "\(node.name)")
    }
    #expect(graph.integerShare == 1)
  }

  /// Three multiply-adds for each number are less than a conversion costs.
  @Test func smallSumsAreNotConvertedFor() throws {
    let graph = try graph(
      """
      conv1 16x16 3x3, 32, stride 2, silu
      thin 16x16 1x1, 3
      head 1x1 average pool, 20-d fc
      """)
    #expect(!graph.nodes.contains { $0.name.hasSuffix(".whole") } && graph.integerShare < 0.99)
  }
}
