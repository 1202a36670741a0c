// Rows that are read by name, several outputs, and heads used in training only: shapes, graphs, counts.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

struct TapTests {
  private func compiled(_ rows: String) throws -> Compilation {
    var sink = Diagnostics()
    let source = SourceFile(name: "net.rn", text: "model Net\ninput 3 x 16 x 16\nstride on first\n\(rows)\n")
    return try #require(
      analyze(source, CompileOptions(targets: [.avx2]), &sink), "\(sink.all.map(\.message))")
  }

  private func codes(_ rows: String) -> [String] {
    var sink = Diagnostics()
    let source = SourceFile(name: "net.rn", text: "model Net\ninput 3 x 16 x 16\nstride on first\n\(rows)\n")
    _ = analyze(source, CompileOptions(targets: []), &sink)
    return sink.inSourceOrder.map(\.code.name)
  }

  private let pyramid = """
    output p2, p3
    c2 16x16 3x3, 8
    c3 8x8 3x3, 12
    p3 8x8 1x1, 8, no norm, linear
    p2 16x16 {from c2; 1x1, 8, no norm, linear | upsample 2} sum
    """

  @Test func shapesFollowNames() throws {
    let graph = try compiled(pyramid).lowered
    #expect(graph.named.map(\.name) == ["p2", "p3"])
    #expect(graph.results.map { graph[$0].shape } == [Shape(8, 16, 16), Shape(8, 8, 8)])
    #expect(codes("a 8x8 3x3, 8\nb 4x4 3x3, 8\nc {from a | identity}") == ["branch-mismatch"])
    #expect(codes("a 8x8 3x3, 8\nb 4x4 3x3, 8\nc {identity | from a} sum") == ["branch-mismatch"])
    #expect(codes("a 8x8 3x3, 8\nb 4x4 3x3, 8\nc 4x4 from a; [3x3, 8; 3x3, 8]\nd {identity | from b}").isEmpty)
    #expect(codes("a (upsample 63) x 3") == ["layer-too-large"])
  }

  @Test func passesKeepEveryOutput() throws {
    for rows in [
      pyramid,
      "output a, b, c\na 3x3, 8\nb {3x3, 8, linear | identity} sum\nc {from a | from b | from b; upsample 2; 2x2 max pool, stride 2}",
      "output a, b\na 3x3, 8, linear; relu\nb dropout 0.5; average pool, 4-d fc, softmax",
    ] {
      try expectPassesPreserve(try compiled(rows).lowered)
    }
  }

  /// A value that is returned is not overwritten, and no pool computes it on its way.
  @Test func outputsKeepTheirPlaces() throws {
    for batch in [1, 3] {
      let fused = try compiled(
        """
        output a, b, d
        a 16x16 7x7, 64
        b 8x8 3x3 max pool, stride 2
        c 8x8 {identity | 3x3, 64, linear} sum relu
        d {from b | from c} sum
        """
      ).fused
      for target in Target.all {
        let plan = makePlan(fused, target: target, batch: batch)
        for result in fused.results {
          let slot = plan.arena.slots[result.index]
          #expect(plan.pools[result.index] == nil && slot.death == fused.nodes.count)
          for (index, other) in plan.arena.slots.enumerated() where index > result.index && other.floats > 0 {
            let isApart = other.offset >= slot.offset + slot.floats || other.offset + other.floats <= slot.offset
            #expect(isApart, "\(fused.nodes[index].name) lies over \(fused[result].name)")
          }
        }
      }
    }
  }

  @Test func depthIsTheLongestWay() {
    let rows = "a 3x3, 8\nb (3x3, 8) x 3\nc {from a | identity} sum\nd average pool, 2-d fc"
    #expect(codes("depth 5\n" + rows).isEmpty)
    #expect(codes("depth 4\n" + rows) == ["depth-mismatch"])
  }

  @Test func headsAreCountedApart() throws {
    let plain = "a 8x8 3x3, 8\nb 4x4 3x3, 8\nend average pool, 4-d fc, softmax"
    let heads = """
      \(plain)
      side1 aux from a; 5x5 average pool, stride 3, pad 0; 1x1, 6; 5-d fc, relu, dropout 0.7; 4-d fc, softmax
      side2 1x1 aux from b; average pool, 4-d fc
      """
    let (without, with) = (try compiled(plain), try compiled(heads))
    #expect(with.cost.cost == without.cost.cost && with.cost.layers == without.cost.layers)
    #expect(with.fused.text == without.fused.text)
    #expect(with.cost.auxiliary.map(\.name) == ["side1", "side2"] && with.cost.auxiliary.map(\.source) == ["a", "b"])
    // 1x1 convolution and norm, two fully connected layers of 2x2x6 and 5 values; 8 values.
    #expect(with.cost.auxiliary.map(\.parameters) == [8 * 6 + 12 + (24 * 5 + 5) + (5 * 4 + 4), 8 * 4 + 4])
    #expect(with.cost.auxiliary.map(\.macs) == [8 * 6 * 4 + 24 * 5 + 20, 32])
    #expect(with.cost.auxiliary[0].layers[0].receptiveField == Extent(square: 3 + 4 * 2))
    #expect(
      with.lowered.auxiliary.flatMap(\.graph.tensors).map(\.name) == [
        "side1.conv1.weight", "side1.bn1.weight", "side1.bn1.bias", "side1.bn1.running_mean", "side1.bn1.running_var",
        "side1.fc1.weight", "side1.fc1.bias", "side1.fc2.weight", "side1.fc2.bias", "side2.fc.weight", "side2.fc.bias",
      ])
    #expect(verify(with.lowered).isEmpty)
  }

  /// A share and a row cannot both enter; a projection's norm may not fit a block that ends in fewer channels.
  @Test func whatHasNoValueIsFound() {
    #expect(codes("a 3x3, 8\nb split { from a; 1x1, 4 | 1x1, 4 }") == ["unexpected-token"])
    #expect(codes("a 3x3, 8\nb split { 1x1, 4 | { from a; 1x1, 4 | identity } }").isEmpty)
    let block = "a 3x3, 8\nb [3x3, 12, norm group 4, linear; maxout 2]"
    #expect(codes(block) == ["groups-do-not-divide"])
    #expect(codes("shortcut identity\n" + block).isEmpty)
    #expect(codes("order pre\n" + block.replacing("group 4", with: "group 8")).isEmpty)
  }

  @Test func mistakesInHeadsAreFound() {
    #expect(codes("a 3x3, 8\naux 2x2 average pool to 1x1, 4-d fc") == ["size-mismatch"])
    #expect(codes("a 3x3, 8\naux average pool, softmax, 4-d fc") == ["softmax-not-last"])
    #expect(codes("rename \"aux.fc\" to \"side\"\na 3x3, 8\naux average pool, 4-d fc").isEmpty)
  }
}

/// Whole networks with heads, against the tensors of those who have them.
struct AuxiliaryHeadTests {
  private func compiled(_ file: String) throws -> Compilation {
    let models = fixtures.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("models")
    let text = try String(contentsOf: models.appendingPathComponent("\(file).rn"), encoding: .utf8)
    var sink = Diagnostics()
    let source = SourceFile(name: "\(file).rn", text: text)
    return try #require(analyze(source, CompileOptions(targets: []), &sink), "\(sink.all.map(\.message))")
  }

  /// torchvision's googlenet(aux_logits=True) and inception_v3(), and scripts/paper_networks.py.
  @Test(arguments: [
    ("googlenet", 13_004_888), ("bvlc_googlenet", 13_378_280), ("inception_v3", 27_161_264), ("dsn_cifar10", 3_547_496),
  ])
  func tensorsAreThoseOfPyTorch(file: String, parameters: Int) throws {
    let compilation = try compiled(file)
    let names = fixtures.appendingPathComponent("names/\(file)_aux.txt")
    let expected = try String(contentsOf: names, encoding: .utf8).split(separator: "\n").map(String.init).sorted()
    let graphs = [compilation.lowered] + compilation.lowered.auxiliary.map(\.graph)
    let found = graphs.flatMap(\.tensors).map { tensor in
      ([tensor.name] + tensor.shape.map(String.init)).joined(separator: " ")
    }
    #expect(found.sorted() == expected)
    #expect(compilation.cost.parameters + compilation.cost.auxiliaryCost.parameters == parameters)
  }

  /// Everything that shows a network shows its heads, apart.
  @Test func headsAreShown() throws {
    let compilation = try compiled("googlenet")
    let report = LayerReport(compilation)
    #expect(report.text(.stage).contains("aux1 from inception4a, aux2 from inception4d; 6,379,984"))
    #expect(report.json.contains("{\"name\": \"aux2\", \"source\": \"inception4d\", \"params\": "))
    #expect(report.csv(.stage).contains("GoogLeNet,aux1,aux1,auxiliary head,1000,1,1,"))
    let table = PaperTableView([PaperColumn(compilation)]).text
    #expect(table.contains("from inception4a") && table.contains("6,379,984"))
    let drawing = Drawing(compilation)
    #expect(drawing.heads.map(\.name) == ["aux1", "aux2"] && drawing.heads.map(\.boxes.count) == [4, 4])
    #expect(drawing.heads.map { drawing.boxes[$0.source].name } == ["inception4a.concat", "inception4d.concat"])
    for shown in [drawing, drawing.folded()] {
      #expect(DrawingLayout([shown]).svg.contains("aux2, in training"))
      #expect(dotText([shown]).contains("label=\"aux2, in training\""))
    }
    let side = DiffSide(compilation)
    #expect(ModelDiff(side, side).isEmpty)
    let other = DiffSide(try compiled("bvlc_googlenet"))
    #expect(ModelDiff(side, other).text.contains("params, in training only"))
  }
}
