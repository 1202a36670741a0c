// Every independent error of a file in one run, in source order, and none that is a consequence of another.

import Foundation
import Testing

@testable import ResNetDSL

struct RecoveryTests {
  @Test func separatorsIsolateErrors() {
    assertDiagnostics(
      withHead("a [3x3, 8, 1️⃣strid 2; 3x3, 8, 2️⃣pda 1] x 2, 3️⃣sofmax\nb 3x3, 8, dilation4️⃣\nc 5️⃣fc 10"),
      Expected(1, "unknown-name"), Expected(2, "unknown-name"), Expected(3, "unknown-name"),
      Expected(4, "unexpected-token", "expected a number, found the end of the line"), Expected(5, "unexpected-token"))
  }

  @Test func cellsIsolateErrors() {
    assertDiagnostics(
      """
      family Net
      input 3 x 32 x 32
        | a | b | c
      r | [3x3, 81️⃣ | 7x7 2️⃣mux pool | [3x3, 3️⃣v; 3x3, 8]
      """,
      Expected(1, "unclosed-bracket"), Expected(2, "unknown-name"), Expected(3, "unknown-parameter"))
  }

  @Test func attributesOfAnUnknownLayerAreNotErrors() {
    assertDiagnostics(
      withHead("a 1️⃣wobble, stride 2, pad 1\nb 2️⃣wobble(3), stride 2, bias"),
      Expected(1, "unknown-name"), Expected(2, "unknown-name"))
  }

  @Test func lexicalErrorsAreSaidOnce() {
    assertDiagnostics(
      withHead("a 3x3, 1️⃣§, stride 2\nb 2️⃣§ 3x3, 8\nc [3x3, 8 3️⃣§; 3x3, 8] x 2\n4️⃣§§ 5️⃣§"),
      Expected(1, "unexpected-character"), Expected(2, "unexpected-character"), Expected(3, "unexpected-character"),
      Expected(4, "unexpected-character", "the characters '§§' have no meaning here"),
      Expected(5, "unexpected-character"))
  }

  @Test func unreadableDefinitionsAreStillKnown() {
    assertDiagnostics(
      "model Net\ninput 3 x 32 x 32\nblock a(w) 1️⃣3x3, w\nblock b(2️⃣1) = 3x3, 8\nr [a(3)] x 2, [b(1)] x 2",
      Expected(1, "unexpected-token"), Expected(2, "unexpected-token"))
  }

  @Test func misspeltKeysAreReadAsMeant() {
    assertDiagnostics(
      "1️⃣familly Net(n = 3)\n2️⃣imput 3 x 32 x 32\n3️⃣blokc b(w) = 3x3, w; 3x3, w\nr [b(16)] x n",
      Expected(1, "missing-model"), Expected(2, "unknown-header"), Expected(3, "unknown-header"),
      fixed: "family Net(n = 3)\ninput 3 x 32 x 32\nblock b(w) = 3x3, w; 3x3, w\nr [b(16)] x n")
  }

  /// Did-you-mean, for every kind of name.
  @Test(arguments: [
    ("Shortcut C", "shortcut C"), ("stride no first", "stride on first"), ("stride on frist", "stride on first"),
    ("shortcut b", "shortcut B"), ("shortcut nnoe", "shortcut none"), ("shortcut A, pad botth", "shortcut A, pad both"),
    ("norm bathc", "norm batch"), ("norm batch, esp 1e-3", "norm batch, eps 1e-3"),
    ("activation slu", "activation silu"),
    ("order psot", "order post"), ("preprocess rezise 32", "preprocess resize 32"),
    ("lables \"a.txt\"", "labels \"a.txt\""),
    ("preprocess resize 32 bicubik", "preprocess resize 32 bicubic"), ("r1 3x3, 8, sigmiod", "r1 3x3, 8, sigmoid"),
    ("r1 3x3 avrage pool", "r1 3x3 average pool"), ("r1 droput 0.5", "r1 dropout 0.5"),
    ("r1 3x3, 8, no nrom", "r1 3x3, 8, no norm"),
    ("r1 3x3, wdith", "r1 3x3, width"), ("r1 [basci(8)]", "r1 [basic(8)]"),
    ("r1 3x3, 8, dilatoin 2", "r1 3x3, 8, dilation 2"),
  ])
  func didYouMean(line: String, meant: String) {
    func file(_ line: String) -> String {
      "family Net(width = 8)\ninput 3 x 32 x 32\nblock basic(w) = 3x3, w; 3x3, w\n\(line)\nr 3x3, 8"
    }
    let source = SourceFile(name: "test.rn", text: file(line))
    let diagnostics = compile(source).diagnostics
    #expect(diagnostics.count == 1, "\(diagnostics.map(\.message))")
    let fixed = source.applying(diagnostics.flatMap(\.fixIts))
    #expect(fixed.bytes == Array(file(meant).utf8))
    #expect(compile(fixed).network != nil)
  }

  @Test func anUnreadableInputIsNotMissing() {
    assertDiagnostics("model Net\ninput 3 x 1️⃣\nr 3x3, 8", Expected(1, "unexpected-token"))
  }

  @Test func rowsThatResembleKeysAreRows() {
    assertDiagnostics(
      withHead("block1 32x32 3x3, 8\ninputs 32x32 [3x3, 8; 3x3, 8]\naux1 relu\nmodels 3x3, 8\nstrides 3x3 max pool"))
    assertDiagnostics(
      withHead("block1 32x32 1️⃣3y3, 64\nblocks 32x32 2️⃣wobble"), Expected(1, "unexpected-token"),
      Expected(2, "unknown-name"))
  }

  @Test func fixesMakeTheFileRight() {
    assertDiagnostics(
      withHead("a 7x7, 64 1️⃣stride 2\nb [3x3, 8; 3x3, 82️⃣ x 2\nc 3️⃣fc 10\nd [3x3, 8; 3x3, 84️⃣) x 2\ne (3x3, 8) 5️⃣2"),
      Expected(1, "missing-comma"), Expected(2, "unclosed-bracket"), Expected(3, "unexpected-token"),
      Expected(4, "unclosed-bracket"), Expected(5, "misplaced-repeat"),
      fixed: withHead(
        "a 7x7, 64, stride 2\nb [3x3, 8; 3x3, 8] x 2\nc 10-d fc\nd [3x3, 8; 3x3, 8] x 2\ne (3x3, 8) x 2"))
  }

  /// `6n` is a product, `6 n` and `c e` are what papers write.
  @Test func numbersWithNothingBetweenThem() {
    assertDiagnostics(
      "family Net(n = 3)\ninput 3 x 32 x 32\nblock b(c, e) = 1x1, c 1️⃣e; 3x3, 2c\nr 3x3, 6 2️⃣n + 2; [b(8, 2)] linear x n",
      Expected(1, "unexpected-token", "nothing says what 'c' does with 'e'"),
      Expected(2, "unexpected-token", "nothing says what '6' does with 'n'"),
      fixed: "family Net(n = 3)\ninput 3 x 32 x 32\nblock b(c, e) = 1x1, c * e; 3x3, 2c\n"
        + "r 3x3, 6 * n + 2; [b(8, 2)] linear x n")
    // A word that is no number is a layer or an attribute.
    assertDiagnostics(withHead("r 3x3, 64 1️⃣relu"), Expected(1, "missing-comma"), fixed: withHead("r 3x3, 64, relu"))
  }

  @Test func whatOnlyProjectionsHave() {
    assertDiagnostics(
      withHead("shortcut A, pad end, 1️⃣average pool\nr 3x3, 16"),
      Expected(1, "unknown-option", "'average pool' stands before projections, and 'shortcut A' has none"))
    assertDiagnostics(
      withHead("shortcut identity, 1️⃣no bias\nr 3x3, 16"),
      Expected(1, "unknown-option", "a bias is that of projections, and 'shortcut identity' has none"))
  }

  @Test func unclosedDefinitionsAndArguments() {
    assertDiagnostics(
      "family Net(n = 31️⃣\ninput 3 x (322️⃣ x 32\nblock b(w 3️⃣= 3x3, w\nr [b(34️⃣] x n",
      Expected(1, "unclosed-bracket"), Expected(2, "unclosed-bracket"), Expected(3, "unexpected-token"),
      Expected(4, "unclosed-bracket"))
  }

  @Test func aWidthAfterAnUnreadableKernelIsNoSecondError() {
    assertDiagnostics(
      withHead("a 1️⃣3y3, 64, stride 2\nb [2️⃣wobble 3, 64; 3x3, 8]"),
      Expected(1, "unexpected-token"), Expected(2, "unknown-name"))
  }

  @Test func atMostAHundredAreShown() {
    let source = SourceFile(name: "test.rn", text: withHead(String(repeating: "a 3x3\n", count: 150)))
    var sink = Diagnostics()
    _ = parse(source, &sink)
    let (shown, more) = sink.shown
    #expect(shown.count == 100)
    #expect(more == sink.all.count - 100)
    #expect(TextRenderer(source).render(sink).hasSuffix("\n\(more) more findings are not shown\n"))
    #expect(JSONRenderer(source).render(sink).contains("\"omitted\": \(more)}"))
  }

  @Test func aMillionErrorsAreNotKept() {
    let source = SourceFile(name: "test.rn", text: String(repeating: "@\n", count: 500_000))
    let outcome = compile(source)
    #expect(outcome.diagnostics.count == 1_000)
    #expect(outcome.model == nil)
    #expect(outcome.network == nil)
  }

  @Test func headersWithoutTheirKeysAreReadAsMeant() {
    assertDiagnostics(
      """
      1️⃣Net(n = 3)
      2️⃣3 x 32 x 32
      3️⃣b(w) = 3x3, w; 3x3, w
      4️⃣18 | 34
      r | [b(16)] x n 5️⃣same
      """,
      Expected(1, "missing-model"), Expected(2, "missing-key"), Expected(3, "missing-key"), Expected(4, "missing-key"),
      Expected(5, "missing-comma"))
  }

  @Test func whatAnUnreadableLineDefinesIsNotMissed() {
    assertDiagnostics("family 1️⃣(n = 3)\ninput 3 x 32 x 32\nr [3x3, 8; 3x3, 8] x n", Expected(1, "unexpected-token"))
    assertDiagnostics(withHead("block 1️⃣(w) = 3x3, w\nr [b(16)] x 3"), Expected(1, "unexpected-token"))
    assertDiagnostics(
      "family N\ninput 3 x 32 x 32\n| a 1️⃣b | c\nr | 3x3, 8 | same | same\ns | 3x3, 8 | same | same",
      Expected(1, "unexpected-token"))
    assertDiagnostics(
      "family N\ninput 3 x 32 x 32\n| 1️⃣a | b\nr | 3x3, 8 | same | same\ns | 3x3, 8 | same | same",
      Expected(1, "cell-count", "the file names 2 columns, but its rows have 3 cells"))
  }

  /// No token is so necessary that its absence hangs or crashes the parser, and one mistake is one error: where it is
  /// not, two lines have been joined or a name has become another.
  @Test func deletingAnyTokenTerminates() throws {
    var deletions = 0
    var cascades = 0
    for name in ["table1", "resnet50", "cifar", "vgg19"] {
      let source = try readSource(repository.appendingPathComponent("models/\(name).rn"))
      var sink = Diagnostics()
      for token in Lexer.tokens(of: source, &sink) {
        let bytes = source.bytes[..<token.span.start] + source.bytes[token.span.end...]
        let outcome = compile(SourceFile(name: "test.rn", bytes: Array(bytes)))
        let hasErrors = outcome.diagnostics.contains { $0.severity == .error }
        #expect((outcome.network == nil) == hasErrors)
        deletions += 1
        if outcome.diagnostics.count > 1 { cascades += 1 }
      }
    }
    #expect(cascades * 100 < deletions, "\(cascades) of \(deletions)")
  }
}
