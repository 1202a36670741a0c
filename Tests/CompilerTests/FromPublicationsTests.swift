// Networks that the compiler was not made for, written from their publications, and counted: what the language can say.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct FromPublicationsTests {
  /// Parameters and multiply-adds of torchvision's mnasnet1_0 and of timm's networks (Xception is its `legacy_xception`), as
  /// PyTorch's FlopCounterMode counts them.
  static let networks = [
    ("xception", 22_855_952, 8_357_403_496), ("mnasnet1_0", 4_383_312, 314_415_872),
    ("darknet53", 41_609_928, 9_285_115_904), ("vovnet39a", 22_600_296, 7_072_227_328),
    ("repvgg_a0", 9_108_968, 1_512_581_120), ("convmixer_768_32", 21_110_248, 20_676_851_712),
  ]

  @Test(arguments: networks) func countsAreTheirs(file: String, parameters: Int, macs: Int) throws {
    let text = try String(contentsOf: fixtures.appendingPathComponent("counted/\(file).rn"), encoding: .utf8)
    let source = SourceFile(name: file, text: text)
    var sink = Diagnostics()
    let compilation = try #require(analyze(source, CompileOptions(targets: [.avx2]), &sink), "\(sink.all)")
    #expect(compilation.cost.parameters == parameters)
    #expect(compilation.cost.macs == macs)
    #expect(verify(compilation.lowered).isEmpty && verify(compilation.fused).isEmpty)
    #expect(compilation.plans.count == 1)
    #expect(!lint(source, Selection()).hasErrors)
  }

  /// On a map as large as its window a pool has no padding, also where it stands beside layers that keep the size.
  @Test func aPoolThatCoversItsMapBesideOthers() {
    let head = "model Net\ninput 3 x 3 x 3\nc "
    let sink = diagnostics(head + "{ 1x1, 8 | 3x3 average pool, stride 1, counted; 1x1, 8 }\nhead 10-d fc")
    #expect(sink.all.map(\.message) == ["the branches of c leave 3x3 and 1x1"])
    let help = "the 3x3 pool covers its map and so has no padding: write 'pad 1' if it is meant to keep the size"
    #expect(sink.all.first?.helps.last == help)
    let wide = diagnostics(head + "{ 1x1, 8 | 3x3 max pool, stride 1, pad 1 }\nhead 10-d fc")
    #expect(wide.all.isEmpty)
  }

  private func diagnostics(_ text: String) -> Diagnostics {
    var sink = Diagnostics()
    _ = analyze(SourceFile(name: "x.rn", text: text), CompileOptions(targets: []), &sink)
    return sink
  }
}
