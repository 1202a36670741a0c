// Kernels compile, and without a warning, whatever shapes they are written for.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct KernelTextTests {
  /// Zeros of option A that end inside a vector, behind a reduction of one step; activations after the store in blocks
  /// without empty lanes.
  @Test(arguments: [
    "[1x1, 1; 1x1, 3, stride 2] shortcut A pad both", "[1x1, 8; 1x1, 20] shortcut A pad both",
    "3x3, 16; 3x3, 64; 3x3, 64, gelu", "1x1, 16, tanh; 3x3, 16, depthwise, silu",
    "3x3, 19, sigmoid; 3x3, 19, depthwise, elu",
  ])
  func textsHaveNoFaults(rows: String) throws {
    let text = "model Net\ninput 1 x 12 x 12\nstride on 3x3\na \(rows)\nhead 1x1 average pool, 10-d fc\n"
    for target in Target.all {
      var sink = Diagnostics()
      let compilation = analyze(SourceFile(name: "x.rn", text: text), CompileOptions(targets: [target]), &sink)
      let plan = try #require(compilation?.plans.first, "\(sink.all)")
      #expect(try kernelFaults(plan) == [], "\(target.name)")
    }
  }

  @Test func faultsOfTextsAreFound() {
    #expect(textFaults("func f() {\n  let a = 1\n  do { let a = 2 }\n  var b = a\n  b += 1\n}") == [])
    #expect(textFaults("func f() {\n  var a = 1\n  a = 2 // var a\n  let a = 3\n}") == ["'a' is declared twice"])
    #expect(textFaults("func f() {\n  var a = 1\n  print(a)\n}") == ["'a' never changes"])
    #expect(textFaults("func f() {\n  let (a, b) = (1, 2)\n  let (c, b) = (3, 4)\n}") == ["'b' is declared twice"])
  }
}
