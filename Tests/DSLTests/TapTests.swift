// Values by the names of rows: `from`, `output`, `aux`, and upsampling.

import Testing

@testable import ResNetDSL

struct TapTests {
  private let head = "model Net\ninput 3 x 32 x 32\n"

  private func network(_ rows: String) throws -> Network {
    let outcome = compile(head + rows)
    return try #require(outcome.network, "\(outcome.diagnostics.map(\.message))")
  }

  @Test func aRowReadsAnother() throws {
    for separator in ["; ", ", ", " "] {
      let network = try network("output b, c\na 3x3, 8\nb 3x3, 8\nc from a\(separator)3x3, 8")
      #expect(network.stages.map { $0.source?.value } == [nil, nil, "a"])
      #expect(network.stages[2].items.count == 1)
      #expect(network.outputs.map(\.value) == ["b", "c"])
    }
  }

  @Test func aBranchReadsARow() throws {
    let network = try network("a 3x3, 8\nb 3x3, 8\nc { from a | from b; 1x1, 4 | identity | 3x3, 8 }")
    guard case .layer(let layer) = network.stages[2].items[0], case .branches(let branches, _) = layer.kind else {
      return #expect(Bool(false))
    }
    #expect(branches.map { $0.first?.source?.value } == ["a", "b", nil, nil])
    #expect(branches.map(\.count) == [1, 2, 0, 1])
    #expect(layer.sources.map(\.value) == ["a", "b"])
  }

  @Test func columnsReadEachTheirOwn() throws {
    let source = """
      family Net
      input 3 x 32 x 32
      | x | y | z
      a 3x3, 8
      b from a; 3x3, 8
      c | from b; 3x3, 8 | from a; { identity | from b } sum | same
      """
    for (variant, row) in [("x", "b"), ("y", "a"), ("z", "a")] {
      let network = try #require(compile(source, Selection(variant: variant)).network)
      #expect(network.stages[2].source?.value == row)
    }
  }

  @Test func headsStandAnywhere() throws {
    let network = try network(
      """
      aux from a; average pool, 4-d fc, softmax
      a 3x3, 8
      a1 1x1 aux average pool; 4-d fc
      b 3x3, 8
      a2 aux { 3x3, 4 | identity }; average pool, 4-d fc
      end average pool, 4-d fc
      """)
    #expect(network.stages.map(\.name.value) == ["a", "b", "end"])
    #expect(network.auxiliary.map(\.name.value) == ["aux", "a1", "a2"])
    #expect(network.auxiliary.map { $0.source?.value } == ["a", "a", "b"])
  }

  @Test func upsampling() throws {
    func layer(_ text: String) throws -> Layer.Kind? {
      guard case .layer(let layer) = try network("a 3x3, 8\nb \(text)").stages[1].items[0] else { return nil }
      return layer.kind
    }
    #expect(try layer("upsample 2") == .upsample(UpsampleLayer(factor: 2, method: .nearest)))
    #expect(try layer("upsample 2 nearest") == .upsample(UpsampleLayer(factor: 2, method: .nearest)))
    #expect(try layer("upsample 3 bilinear") == .upsample(UpsampleLayer(factor: 3, method: .bilinear)))
    for wrong in ["upsample 1", "upsample 64"] {
      #expect(compile(head + "a 3x3, 8\nb \(wrong)").codes == ["number-out-of-range"], "\(wrong)")
    }
    #expect(!compile(head + "a 3x3, 8\nb upsample").codes.isEmpty)
  }

  @Test func namesOfRowsAreChecked() {
    assertDiagnostics(
      head + "conv1 3x3, 8\nb from 1️⃣conv2; 3x3, 8", Expected(1, "unknown-row", "there is no row named 'conv2'"))
    assertDiagnostics(head + "a 3x3, 8\nb from 1️⃣b; 3x3, 8", Expected(1, "unknown-row", "row 'b' reads itself"))
    assertDiagnostics(
      head + "a 3x3, 8\nb { identity | from 1️⃣c } sum\nc 3x3, 8",
      Expected(1, "unknown-row", "row 'c' stands below"))
    assertDiagnostics(
      head + "output 1️⃣c\na 3x3, 8", Expected(1, "unknown-row", "there is no row named 'c'"))
    assertDiagnostics(
      head + "output a, 1️⃣a\na 3x3, 8", Expected(1, "duplicate-name", "'a' is returned twice"))
    assertDiagnostics(
      head + "1️⃣aux average pool, 10-d fc\na 3x3, 8",
      Expected(1, "unknown-row", "the head 'aux' reads no row"))
  }

  @Test func everyRowIsRead() {
    assertDiagnostics(
      head + "a 3x3, 8\n1️⃣b 3x3, 8\nc from a; 3x3, 8", Expected(1, "unread-row", "nothing reads row 'b'"))
    assertDiagnostics(
      head + "output a\na 3x3, 8\n1️⃣b 3x3, 8", Expected(1, "unread-row", "nothing reads row 'b'"))
    assertDiagnostics(
      head + "a 3x3, 8\n1️⃣b 3x3, 8\nside aux average pool, 2-d fc\nc from a; 3x3, 8",
      Expected(1, "unread-row", "nothing reads row 'b' but a head used in training only"))
    // Braces all of whose branches begin with a row do not read the one above.
    assertDiagnostics(
      head + "a 3x3, 8\n1️⃣b 3x3, 8\nc { from a | from a; 3x3, 8 }",
      Expected(1, "unread-row", "nothing reads row 'b'"))
    #expect(compile(head + "a 3x3, 8\nb 3x3, 8\nc { from a | identity }").codes.isEmpty)
  }

  @Test func fromBeginsARowOrABranch() {
    assertDiagnostics(
      head + "a 3x3, 8\nb 3x3, 8; 1️⃣from a",
      Expected(1, "unexpected-token", "'from' begins a row or a branch, and says what enters it"))
    assertDiagnostics(
      head + "a 3x3, 8\nb [1️⃣from a; 3x3, 8]",
      Expected(1, "unexpected-token", "'from' begins a row or a branch, and says what enters it"))
    assertDiagnostics(
      head + "a 3x3, 8\nb 1️⃣from a", Expected(1, "empty-cell", "row 'b' reads 'a' and has no layers"))
    #expect(compile(head + "a 3x3, 8\nb from 3x3, 8").codes == ["unexpected-token"])
    #expect(compile(head + "block from = 3x3, 8\na 3x3, 8").codes == ["reserved-name"])
  }

  /// What is not written after a convolution is asked about across `from` too.
  @Test func activationsGoAlong() {
    #expect(
      compile(head + "a 3x3, 8\nb 3x3, 8, linear\nc { from a; silu | identity }").codes == ["ambiguous-activation"])
    #expect(compile(head + "a 3x3, 8, linear\nb 3x3, 8\nc { from a; silu | identity }").codes.isEmpty)
  }
}
