// What keeps a legal network from becoming a package.

import ResNetDSL
import Testing

@testable import ResNetCompiler

struct EmissionCheckTests {
  private func codes(_ text: String, _ options: CompileOptions = CompileOptions()) -> [String] {
    var sink = Diagnostics()
    let compilation = analyze(SourceFile(name: "x.rn", text: text), options, &sink)
    #expect((compilation == nil) == sink.hasErrors)
    return sink.inSourceOrder.map(\.code.name)
  }

  @Test func namesAreChecked() {
    func model(_ name: String) -> String { "model \(name)\ninput 3 x 8 x 8\nconv1 8x8 3x3, 8" }
    for name in ["Int", "Image", "Layers", "LAYERS", "PlanNEON", "Glibc"] {
      #expect(codes(model(name)) == ["model-name-taken"], "\(name)")
    }
    for name in ["Net", "Integer", "A", "Swifty", "Resnet", "X_1"] { #expect(codes(model(name)).isEmpty, "\(name)") }
  }

  @Test func memoryHasALimit() {
    // A map of 16 pixels whose border of zeros is 31,744 wide.
    let text = """
      model Net
      input 3 x 16000 x 16000
      conv1 16000x16000 1x1, 4
      conv2 16000x16000 63x63, 1, dilation 258
      """
    #expect(codes(text, CompileOptions(batch: 1)).isEmpty)
    #expect(codes(text, CompileOptions(batch: 1024)) == ["memory-too-large"])
  }

  /// A part of a network in float32 is said, all of it refused.
  @Test func fewWholeNumbersAreSaid() {
    func severities(_ text: String, keeping kept: Set<String> = []) -> [Severity] {
      var sink = Diagnostics()
      let options = CompileOptions(precisions: [.float32, .int8], float32Layers: kept)
      _ = analyze(SourceFile(name: "x.rn", text: text), options, &sink)
      #expect(sink.all.allSatisfy { $0.code == .fewWholeNumbers })
      return sink.all.map(\.severity)
    }
    func text(_ activation: String) -> String {
      """
      model Net
      input 3 x 32 x 32
      activation \(activation)
      conv1 32x32 3x3, 16
      conv2 32x32 3x3, 16
      head 1x1 average pool, 10-d fc
      """
    }
    #expect(severities(text("relu")).isEmpty)
    // The exponentials' inputs are whole numbers all the same.
    #expect(severities(text("silu")).isEmpty)
    #expect(severities(text("relu"), keeping: ["conv2"]) == [.note])
    // Without convolutions a fully connected layer of ten is too little to convert a pool's value for.
    #expect(severities(text("relu"), keeping: ["conv1", "conv2"]) == [.error])
    #expect(codes(text("relu"), CompileOptions(precisions: [.float32], float32Layers: ["conv1", "conv2"])).isEmpty)
  }
}
