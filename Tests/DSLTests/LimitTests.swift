// The stated limits: each is an ordinary error, found before anything large is made.

import Testing

@testable import ResNetDSL

struct LimitTests {
  private func only(
    _ text: String, _ code: String, _ fragment: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let outcome = compile(text)
    #expect(outcome.codes == [code], "\(outcome.diagnostics.map(\.message))", sourceLocation: sourceLocation)
    #expect(
      outcome.diagnostics.first?.message.contains(fragment) == true, "\(outcome.diagnostics.map(\.message))",
      sourceLocation: sourceLocation)
    #expect(outcome.network == nil, sourceLocation: sourceLocation)
  }

  private func fits(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let outcome = compile(text)
    #expect(outcome.network != nil, "\(outcome.diagnostics.map(\.message))", sourceLocation: sourceLocation)
  }

  @Test func file() {
    let head = withHead("a 3x3, 8")
    fits(head + String(repeating: "\n", count: (1 << 20) - head.utf8.count))
    only(
      head + String(repeating: "\n", count: (1 << 20) - head.utf8.count + 1), "limit-exceeded",
      "more than 1048576 bytes")
  }

  @Test func line() {
    let row = "a 3x3, 8 # "
    fits(withHead(row + String(repeating: "-", count: 10_000 - row.utf8.count)))
    only(
      withHead("b 3x3, 8\n" + row + String(repeating: "-", count: 10_001 - row.utf8.count)), "limit-exceeded", "10001")
  }

  @Test func renames() {
    let lines = (0...100).map { "rename \"a\($0)\" to \"b\"" }
    fits("model Net\ninput 3 x 8 x 8\n" + lines.dropLast().joined(separator: "\n") + "\na 3x3, 8")
    only(
      "model Net\ninput 3 x 8 x 8\n" + lines.joined(separator: "\n") + "\na 3x3, 8", "limit-exceeded", "100 renames")
  }

  @Test func names() {
    fits(withHead(String(repeating: "n", count: 64) + " 3x3, 8"))
    only(withHead("b 3x3, 8\n" + String(repeating: "n", count: 65) + " 3x3, 8"), "limit-exceeded", "65 bytes")
    let family = "family " + String(repeating: "N", count: 64) + "(n = 3)\ninput 3 x 32 x 32\na 3x3, n"
    only(family, "limit-exceeded", "65 bytes")
  }

  @Test func nesting() {
    func nested(_ depth: Int) -> String {
      withHead("a " + String(repeating: "(", count: depth) + "3x3, 8" + String(repeating: ")", count: depth))
    }
    fits(nested(32))
    only(nested(33), "limit-exceeded", "32 deep")
    only(withHead("a 3x3, " + String(repeating: "(", count: 5_000)), "limit-exceeded", "32 deep")
  }

  @Test func nestingOfDefinitions() {
    func chain(_ length: Int) -> String {
      withHead(
        (0..<length).map { "block b\($0) = " + ($0 + 1 < length ? "b\($0 + 1)" : "3x3, 8") }.joined(separator: "\n")
          + "\nr b0")
    }
    fits(chain(32))
    only(chain(33), "limit-exceeded", "32 deep")
  }

  @Test func numbers() {
    fits("family N(n = 2147483647)\ninput 3 x 32 x 32\na 3x3, n - 2147483646")
    only("family N(n = 2147483648)\ninput 3 x 32 x 32\na 3x3, 8", "number-out-of-range", "2147483647")
    only("family N(n = 2147483647)\ninput 3 x 32 x 32\na 3x3, n + 1", "arithmetic", "beyond")
    only(withHead("a 3x3, 65536 * 65536 / 65536"), "arithmetic", "beyond")
    only(withHead("a 3x3, \(String(repeating: "9", count: 400))"), "number-out-of-range", "2147483647")
    only(withHead("a 3x3, 8, eps 1e999"), "number-out-of-range", "2147483647")
  }

  @Test func ranges() {
    fits(withHead("a 63x63, 65536, stride 63, dilation 1024, pad 63"))
    only(withHead("a 64x1, 8"), "number-out-of-range", "kernel's height is 64")
    only(withHead("a 1x0, 8"), "number-out-of-range", "kernel's width is 0")
    only(withHead("a 3x3, 8, stride 0"), "number-out-of-range", "stride is 0")
    only(withHead("a 3x3, 8, dilation 1025"), "number-out-of-range", "dilation is 1025")
    only(withHead("a [3x3, 8; 3x3, 8] x 10001"), "number-out-of-range", "repeats is 10001")
    only(withHead("a 16385x1 3x3, 8"), "number-out-of-range", "16384")
    only("model N\ninput 65537 x 32 x 32\na 3x3, 8", "number-out-of-range", "channels is 65537")
    only("model N\ninput 3 x 16385 x 32\na 3x3, 8", "number-out-of-range", "height is 16385")
  }

  @Test func layers() {
    fits(withHead("a [3x3, 8; 3x3, 8] x 10000"))
    only(withHead("a [3x3, 8; 3x3, 8] x 10000, relu"), "too-many-layers", "20000")
    only(withHead("a ((((3x3, 8) x 10000) x 10000) x 10000) x 10000"), "too-many-layers", "20000")
    only(withHead("a ([3x3, 8; 3x3, 8] x 2; 3x3, 8) x 10000"), "too-many-layers", "20000")
  }

  @Test func doublingDefinitions() {
    let doubling = (0..<30).map { "block b\($0) = b\($0 + 1); b\($0 + 1)" }.joined(separator: "\n")
    only(withHead(doubling + "\nblock b30 = 3x3, 8\nr b0"), "too-many-layers", "20000")
    // Layers that could not be read cost as much as those that could.
    let outcome = compile(withHead(doubling + "\nblock b30 = wobble\nr b0"))
    #expect(outcome.codes.contains("unknown-name"))
  }

  @Test func counts() {
    func table(_ columns: Int) -> String {
      "family N\ninput 3 x 32 x 32\n" + (0..<columns).map { "| c\($0) " }.joined() + "\na 3x3, 8"
    }
    fits(table(64))
    only(table(65), "limit-exceeded", "64 columns")
    fits(withHead((0..<1_000).map { "r\($0) relu" }.joined(separator: "\n")))
    only(withHead((0..<1_001).map { "r\($0) relu" }.joined(separator: "\n")), "limit-exceeded", "1000 rows")
    func blocks(_ count: Int) -> String {
      withHead((0..<count).map { "block b\($0) = relu" }.joined(separator: "\n") + "\na 3x3, 8")
    }
    fits(blocks(100))
    only(blocks(101), "limit-exceeded", "100 blocks")
    func parameters(_ count: Int) -> String {
      "family N(" + (0..<count).map { "p\($0) = 1" }.joined(separator: ", ") + ")\ninput 3 x 32 x 32\na 3x3, 8"
    }
    only(parameters(100), "limit-exceeded", "bytes; the limit is 64")
    only(parameters(101), "limit-exceeded", "100 parameters")
  }

  /// Large and hostile, each within the file limit: all end soon.
  @Test(arguments: [
    String(repeating: "|", count: 9_000), String(repeating: "[", count: 9_000), String(repeating: "{|", count: 4_000),
    "a " + String(repeating: "3x3,8;", count: 1_600), "a 3x3, 1" + String(repeating: "+1", count: 4_900),
    "a 3x3, " + String(repeating: "-", count: 9_000),
    "block b(" + String(repeating: "w,", count: 4_000) + "w) = 3x3, w",
    "a " + String(repeating: "x ", count: 4_000), "a [" + String(repeating: "x x]", count: 2_000),
    "a " + String(repeating: "b(1,", count: 2_000), "aux " + String(repeating: "wobble,", count: 1_400),
    "a " + String(repeating: "w+", count: 4_900), "a " + String(repeating: "(w+", count: 3_000),
    "a " + String(repeating: "w w*", count: 2_400), "a " + String(repeating: "(w)-", count: 2_400) + "d fc,",
  ])
  func hostileLines(line: String) {
    let outcome = compile(withHead(String(repeating: line + "\n", count: 5)))
    #expect(outcome.network == nil)
    #expect(!outcome.diagnostics.isEmpty)
  }
}
