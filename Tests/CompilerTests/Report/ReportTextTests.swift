// Numbers, tables, rows and maps as text.

import ResNetDSL
import Testing

@testable import ResNetCompiler

struct ReportTextTests {
  @Test func numbersAreGrouped() {
    #expect([0, 7, 999, 1000, 25_557_032, -1234].map(grouped) == ["0", "7", "999", "1,000", "25,557,032", "-1,234"])
    #expect(grouped(.min) == "-9,223,372,036,854,775,808")
  }

  @Test func numbersAreScaled() {
    #expect(
      [0, 999, 1000, 8_178_368_512, 81_102_080, 999_499, 999_600].map(scaled)
        == ["0", "999", "1.00 K", "8.18 G", "81.1 M", "999 K", "1.00 M"])
    #expect(scaled(.max) == "9.22 E")
    #expect(
      [0, 1023, 1024, 156_928, 5_335_040, 1 << 40].map(binarySize)
        == ["0 bytes", "1023 bytes", "1.00 KiB", "153.25 KiB", "5.09 MiB", "1.00 TiB"])
  }

  @Test func tablesAlign() {
    var table = TextTable([.left, .right, .left])
    table.add("a", "100", "x")
    table.add("bbb", "1")
    #expect(table.text(indent: 1) == " a    100  x\n bbb    1\n")
  }

  @Test func rowsReadAsInTheTable() throws {
    let source = SourceFile(
      name: "x.rn",
      text: """
        model Net
        input 3 x 32 x 32
        conv1 16x16 7x7, 64, stride 2, no norm, bias
        pool1 8x8 3x3 max pool, stride 2
        conv2_x [1x1, 64; 3x3, 64, dilation 2, relu6; 1x1, 256] x 3
        conv3_x (3x3, 64; 1x1, 32, linear) x 2, 2x2 average pool, stride 2
        head average pool, dropout 0.5, 10-d fc, relu, 4-d fc, softmax
        """)
    var sink = Diagnostics()
    let compilation = try #require(analyze(source, CompileOptions(targets: [.avx512]), &sink))
    #expect(
      compilation.network.stages.map(compilation.network.tableText) == [
        "7x7, 64, stride 2, no norm", "3x3 max pool, stride 2", "[1x1, 64; 3x3, 64, dilation 2, relu6; 1x1, 256] x 3",
        "(3x3, 64; 1x1, 32, linear) x 2, 2x2 average pool, stride 2",
        "average pool, dropout 0.5, 10-d fc, relu, 4-d fc, softmax",
      ])
    #expect(compilation.summary.contains("  conv1    16x16   7x7, 64, stride 2, no norm\n"))
  }

  /// What is written and is as it would be anyway says nothing; all else does.
  @Test func rowsSayWhatIsUnusual() throws {
    func rows(_ head: String, _ rows: String) throws -> [String] {
      let source = SourceFile(
        name: "x.rn", text: "model Net\ninput 3 x 33 x 33\n\(head)\n\(rows)\nhead average pool, 10-d fc")
      var sink = Diagnostics()
      let compilation = try #require(analyze(source, CompileOptions(targets: []), &sink), "\(sink.all)")
      return compilation.network.stages.map(compilation.network.tableText).dropLast()
    }
    #expect(
      try rows("norm batch, eps 0.001", "a 3x3, 8, pad 1, eps 0.001\nb 3x3, 8, pad 0\nc 5x3, 8, pad 2x0, eps 0.00001")
        == ["3x3, 8", "3x3, 8, pad 0", "5x3, 8, pad 2x0, eps 1e-05"])
    #expect(
      try rows("norm none", "a 3x3, 8, bias; 3x3, 8, no bias\nb 3x3, 8; 3x3, 8, norm batch\nc 3x3, 8, eps 0.1, bias")
        == ["3x3, 8, 3x3, 8, no bias", "3x3, 8, 3x3, 8, norm batch", "3x3, 8, norm batch, eps 0.1, bias"])
    #expect(
      try rows(
        "activation silu",
        "a 3x3, 8\nb 3x3 max pool, stride 2, pad 0, ceil; 2x2 average pool, stride 2, pad 0\nc [3x3, 8] x 2; 8-d fc, relu, no bias"
      ) == [
        "3x3, 8, silu", "3x3 max pool, stride 2, pad 0, ceil, 2x2 average pool, stride 2",
        "[3x3, 8] silu x 2, 8-d fc, no bias, relu",
      ])
  }

  /// The map shows what the plan says, whatever the plan: a step's own value, what it reads, what waits.
  @Test(arguments: [Target.avx512, .portable]) func mapsFollowThePlan(target: Target) throws {
    let source = SourceFile(
      name: "x.rn",
      text: """
        model Net
        input 3 x 32 x 32
        conv1 32x32 3x3, 64
        pool1 16x16 3x3 max pool, stride 2
        conv2_x [3x3, 64; 3x3, 64] x 2
        head average pool, 10-d fc
        """)
    var sink = Diagnostics()
    let compilation = try #require(analyze(source, CompileOptions(targets: [target]), &sink))
    let plan = compilation.plans[0]
    let columns = 40
    let map = plan.memoryMap(columns: columns)
    let rows = map.split(separator: "\n").filter { $0.contains("|") }.map { Array($0.split(separator: "|")[1]) }
    // The pool computes conv1, which has no row.
    #expect(plan.pools[1] == NodeID(2) && map.contains("computed by pool1"))
    #expect(rows.count == plan.graph.nodes.count - 1)
    for (step, node) in plan.graph.nodes.enumerated() where step != 1 && step <= rows.count {
      func marks(_ value: Int) -> Set<Character> {
        let slot = plan.arena.slots[value]
        let middle = (slot.offset + slot.floats / 2) * columns / plan.arena.floats
        return [rows[step == 0 ? 0 : step - 1][middle]]
      }
      #expect(marks(step) == [plan.arena.slots[step].inPlaceOf == nil ? "#" : "*"], "\(node.name)")
      // Values narrower than a column may hide behind the one that is written.
      for input in plan.reads[step]
      where plan.arena.slots[step].inPlaceOf != input
        && plan.arena.slots[input.index].floats * columns > 2 * plan.arena.floats
      {
        #expect(marks(input.index) == ["o"], "\(node.name)")
      }
    }
    for node in plan.graph.nodes { #expect(map.contains(" \(node.name) ")) }
  }

  @Test func delimitersAreLongerThanAnythingInside() {
    #expect(delimiter(for: "") == "###" && delimiter(for: "##") == "###")
    #expect(delimiter(for: "a ### b") == "####" && delimiter(for: "\"\"\"#####") == "######")
  }
}
