// Networks that are counted before any kernel exists: grouped and depthwise convolutions, and branches.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct CountedTests {
  /// What torchvision's page of models says: parameters, and billions of multiply-adds to three decimals.
  static let published: [(file: String, variant: String?, parameters: Int, gigaMACs: String)] = [
    ("googlenet", nil, 6_624_904, "1.498"), ("mobilenet_v2", nil, 3_504_872, "0.301"),
    ("resnext", "50_32x4d", 25_028_904, "4.230"), ("resnext", "101_32x8d", 88_791_336, "16.414"),
    ("resnext", "101_64x4d", 83_455_272, "15.460"),
  ]

  private func compilation(_ text: String, _ variant: String? = nil, targets: [Target] = []) -> (
    Compilation?, Diagnostics
  ) {
    var sink = Diagnostics()
    let options = CompileOptions(selection: Selection(variant: variant), targets: targets)
    let result = analyze(SourceFile(name: "x.rn", text: text), options, &sink)
    return (result, sink)
  }

  private func source(_ file: String) throws -> String {
    try String(contentsOf: fixtures.appendingPathComponent("counted/\(file).rn"), encoding: .utf8)
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

  /// Everything but a plan: what it alone knows is said to be missing.
  @Test(arguments: published.indices) func everythingButPlansAnswers(index: Int) throws {
    let network = Self.published[index]
    let text = try source(network.file)
    let (result, _) = compilation(text, network.variant)
    let compilation = try #require(result)
    let report = LayerReport(compilation)
    #expect(report.memory == nil)
    #expect(report.text(.layer).contains("only a plan knows, and there is none: "))
    #expect(report.json.contains("\"peak_bytes\": null,"))
    #expect(LayerReport.comparison([report, report]).contains("no plan"))
    #expect(ReportPage([compilation]).html.contains("Only a plan knows them, and there is none"))
    let side = DiffSide(compilation)
    #expect(ModelDiff(side, side).isEmpty && ModelDiff(side, side).text.contains("no plan"))
    #expect(ModelDiff(side, side).json.contains("\"weight_bytes\": null"))
    let drawing = Drawing(compilation)
    #expect(DrawingLayout([drawing.shown(nil)]).svg.hasPrefix("<svg") && dotText([drawing]).contains(" -> "))
    let depth = network.file == "googlenet" ? 22 : depths(of: compilation.network).reduce(0, +)
    #expect(drawing.depth == depth)
    let source = SourceFile(name: "x.rn", text: text)
    #expect(!lint(source, Selection(variant: network.variant)).hasErrors)

    let (compiled, sink) = self.compilation(text, network.variant, targets: [.avx2])
    #expect(compiled == nil)
    #expect(!sink.all.isEmpty && sink.all.allSatisfy { $0.code.name == "not-built" })
  }

  /// Each once where it is written, whatever repeats it.
  @Test func whatIsNotBuiltIsNamed() throws {
    let text = """
      model Net
      input   3 x 32 x 32
      block   pair(w) = 3x3, w, groups 2; 3x3, w, depthwise
      conv1   32x32  3x3, 8
      stage1  32x32  [pair(8)] x 3
      inc2    32x32  { 1x1, 8 | 3x3, 8, groups 4 | identity }; pair(24)
      head    1x1    average pool, 10-d fc
      """
    let (_, sink) = compilation(text, targets: [.portable])
    #expect(
      sink.inSourceOrder.map(\.message) == [
        "'groups' is not built yet", "'depthwise' is not built yet", "branches are not built yet",
        "'groups' is not built yet",
      ])
  }

  /// GoogLeNet's inception (3a), by hand: a name for each layer, the channels of all in the order of the source, and a
  /// receptive field as large as the largest branch's.
  @Test func branchesAreOneValue() throws {
    let (result, sink) = compilation(try source("googlenet"))
    let compilation = try #require(result, "\(sink.all)")
    let rows = compilation.cost.layers.filter { $0.stage == "inc3a" }
    #expect(
      rows.map(\.name) == [
        "inc3a.b1", "inc3a.b2.1", "inc3a.b2.2", "inc3a.b3.1", "inc3a.b3.2", "inc3a.b4.pool", "inc3a.b4.1",
        "inc3a.concat",
      ])
    #expect(rows.map(\.output.channels) == [64, 96, 128, 16, 32, 192, 32, 256])
    #expect(rows.last?.receptiveField == rows.map(\.receptiveField).max { $0.height < $1.height })
    let concat = try #require(compilation.lowered.nodes.first { $0.name == "inc3a.concat" })
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
}
