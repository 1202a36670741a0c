// The `preprocess` line: what is left out, what each word means, and what cannot be.

import Foundation
import Testing

@testable import ResNetDSL

struct PreprocessTests {
  private func outcome(_ input: String, _ line: String) -> (network: Network?, codes: [String]) {
    let source = SourceFile(name: "test.rn", text: "model Net\ninput \(input)\n\(line)\nr 3x3, 8")
    var sink = Diagnostics()
    let network = parse(source, &sink).flatMap { resolve($0, Selection(), &sink) }
    return (network, sink.all.map(\.code.name))
  }

  private func preprocess(_ input: String, _ line: String = "") throws -> Preprocess {
    let (network, codes) = outcome(input, line)
    #expect(codes.isEmpty, "\(line)")
    return try #require(network, "\(line)").preprocess
  }

  @Test func defaults() throws {
    let large = try preprocess("3 x 224 x 224")
    #expect(large.size == .shortSide(256) && large.crop == Extent(224, 224) && large.interpolation == .bilinear)
    #expect(large.mean == [0.485, 0.456, 0.406] && large.std == [0.229, 0.224, 0.225])
    #expect(large.antialias && large.range == .unit && !large.isBGR && !large.isSquared && !large.orients)
    #expect(try preprocess("3 x 288 x 288").size == .shortSide(329))
    #expect(try preprocess("3 x 64 x 64").size == .shortSide(73))
    let small = try preprocess("1 x 28 x 28")
    #expect(small.size == .shortSide(28) && small.mean == [0] && small.std == [1])
    let written = try preprocess("3 x 32 x 32", "preprocess std 1 0.5 1, mean -1 0 0.5, crop 32x32, resize 40 bicubic")
    #expect(
      written
        == Preprocess(
          size: .shortSide(40), interpolation: .bicubic, crop: Extent(32, 32), mean: [-1, 0, 0.5], std: [1, 0.5, 1]))
  }

  @Test(
    arguments: [
      ("resize 256x224", .exactly(Extent(256, 224))), ("resize 256x224 lanczos", .exactly(Extent(256, 224))),
      ("resize 240 fit", .fit(Extent(240, 240))), ("resize 200x100 fit nearest", .fit(Extent(200, 100))),
      ("resize 256x224 cover", .cover(Extent(256, 224))), ("crop none", .exactly(Extent(224, 224))),
      ("crop none, resize 224x224 box", .exactly(Extent(224, 224))), ("resize 256 hamming", .shortSide(256)),
    ] as [(String, Preprocess.Size)]) func sizes(line: String, size: Preprocess.Size) throws
  {
    #expect(try preprocess("3 x 224 x 224", "preprocess \(line)").size == size)
  }

  @Test func words() throws {
    let caffe = try preprocess(
      "3 x 32 x 32",
      "preprocess orient, square, fill 1 2 255, resize 40 bicubic no antialias, bgr, range 0 255, mean 104 117 123")
    #expect(
      caffe
        == Preprocess(
          size: .shortSide(40), interpolation: .bicubic, antialias: false, crop: Extent(32, 32), range: .bytes,
          mean: [104, 117, 123], std: [1, 1, 1], isBGR: true, isSquared: true, fill: [1, 2, 255], orients: true))
    #expect(try preprocess("3 x 32 x 32", "preprocess bgr").mean == [0.406, 0.456, 0.485], "by the network's channels")
    let symmetric = try preprocess("3 x 32 x 32", "preprocess range -1 1")
    #expect(symmetric.range == .symmetric && symmetric.mean == [0, 0, 0] && symmetric.std == [1, 1, 1])
  }

  /// What is printed of a pipeline means it.
  @Test(arguments: [
    "", "resize 40x50 lanczos, crop none", "orient, square, fill 1 2 3, resize 36 fit box, bgr, range -1 1",
    "resize 40 bicubic no antialias, range 0 255, mean 104 117 123", "resize 50x40 cover",
  ]) func itsTextMeansIt(line: String) throws {
    let input = line.contains("none") ? "3 x 40 x 50" : "3 x 32 x 32"
    let first = try preprocess(input, line.isEmpty ? "" : "preprocess \(line)")
    #expect(try preprocess(input, "preprocess \(first.text)") == first)
  }

  @Test(arguments: [
    ("resize 30", "number-out-of-range"), ("resize 30x40", "number-out-of-range"),
    ("resize 40x30 cover", "number-out-of-range"), ("range 0 2", "number-out-of-range"),
    ("range 1", "unexpected-token"), ("fill 0 0 256", "number-out-of-range"), ("fill 0.5 0 0", "number-out-of-range"),
    ("fill 0", "channel-count"), ("crop none, resize 40", "crop-mismatch"),
    ("crop none, resize 40x32", "crop-mismatch"), ("crop none, resize 32 fit", "crop-mismatch"),
    ("resize 40 nearest no antialias", "unknown-option"), ("resize 40 lancsoz", "unknown-option"),
    ("resize 40 no aliasing", "unknown-option"), ("bgr, bgr", "duplicate-header"),
    ("crop 32, crop none", "duplicate-header"),
    ("range 0 255, mean 0.485 0.456 0.406", "pixel-scale"), ("range -1 1, mean 104 117 123", "pixel-scale"),
  ]) func whatCannotBe(line: String, code: String) {
    #expect(outcome("3 x 32 x 32", "preprocess \(line)").codes == [code], "\(line)")
  }

  @Test func onlyPicturesHaveAPipeline() {
    #expect(outcome("1 x 32 x 32", "preprocess bgr").codes == ["channel-count"])
    for channels in [2, 4, 13] {
      #expect(outcome("\(channels) x 32 x 32", "preprocess resize 32").codes == ["picture-channels"])
      #expect(outcome("\(channels) x 32 x 32", "").codes == [])
    }
  }

  /// The table of other tools' pipelines says what it says.
  @Test func thePageCompiles() throws {
    let page = try String(contentsOf: repository.appendingPathComponent("docs/language.md"), encoding: .utf8)
    let section = page.components(separatedBy: "### The input pipeline")[1].components(separatedBy: "\n## ")[0]
    let lines = section.components(separatedBy: "`").filter { $0.hasPrefix("preprocess ") }
    #expect(lines.count >= 10)
    for line in lines { _ = try preprocess(line.contains("219") ? "3 x 224 x 192" : "3 x 224 x 224", line) }
  }
}
