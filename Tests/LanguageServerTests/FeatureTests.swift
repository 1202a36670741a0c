// Hints, definitions, symbols, completion, formatting and fixes.

import TestTiers
import Testing

@testable import ResNetCompiler
@testable import ResNetDSL
@testable import ResNetLanguageServer

struct FeatureTests {
  // MARK: Inlay hints

  @Test func hintsShowShapes() throws {
    var session = Session(
      """
      model Net
      input 3 x 8 x 8
      conv1 8x8 3x3, 81️⃣  # comment
      s [3x3, 16; 3x3, 16]2️⃣
      head 1x1 average pool, 4-d fc3️⃣
      """)
    func hints(_ range: LSP.Range) throws -> [LSP.InlayHint] {
      try session.server.inlayHints(LSP.InlayHintParameters(textDocument: session.document.textDocument, range: range))
    }
    let all = try hints(everything)
    #expect(all.map(\.label) == ["→ 8x8 x 8", "→ 8x8 x 16", "→ 1x1 x 4"])
    #expect(try all.map(\.position) == [session.position(1), session.position(2), session.position(3)])
    #expect(all[0].tooltip.value.contains("| 8x8x8 | 232 |"))
    #expect(try hints(session.range(1, 2)).count == 2)
  }

  /// The first variant may be the one with the error.
  @Test func hintsOfAFamily() throws {
    var session = Session(
      """
      family Net
      input 3 x 8 x 8
           | a | b | c
      c    | 3x3, 8
      s    | 3x3, 16, pad 0 | 3x3, 16 | 3x3, 32
      head 8x8 | 1x1, 4
      """)
    let hints = try session.server.inlayHints(
      LSP.InlayHintParameters(textDocument: session.document.textDocument, range: everything))
    #expect(hints.map(\.label) == ["→ 8x8 x 8", "→ 8x8 x 16 (b)", "→ 8x8 x 4"])
  }

  // MARK: Definition

  @Test func definitions() throws {
    var session = Session(
      """
      family Net(1️⃣n2️⃣ = 3)
      input 3 x 8 x 8
      depth 6️⃣n
      block 3️⃣basic4️⃣(7️⃣w8️⃣) = 3x3, 9️⃣w; 3x3, w
      s [5️⃣basic(16)] x n
      """)
    func target(_ marker: Int) throws -> LSP.Range? { try session.server.definition(session.place(marker))?.range }
    #expect(try target(5) == session.range(3, 4))
    #expect(try target(3) == session.range(3, 4))
    #expect(try target(6) == session.range(1, 2))
    #expect(try target(9) == session.range(7, 8))
    var family = Session(
      """
      family Net
      input 3 x 8 x 8
        | a | b | c
      s | 1️⃣3x3, 42️⃣ | same | 3️⃣same
      """)
    #expect(try family.server.definition(family.place(3))?.range == family.range(1, 2))
    #expect(try family.server.definition(family.place(1)) == nil)
  }

  // MARK: Symbols

  @Test func symbolsAreATree() throws {
    var session = Session(
      """
      # Nothing.
      model 1️⃣Net2️⃣
      3️⃣input4️⃣ 3 x 8 x 85️⃣  # comment
      block b(w) = 3x3, w
      6️⃣s7️⃣ b(4)8️⃣
      """)
    let root = try #require(try session.server.documentSymbols(session.document).first)
    #expect(root.name == "Net" && root.kind == .class && root.detail == "model")
    #expect(root.selectionRange == (try session.range(1, 2)))
    let parts = try #require(root.children)
    #expect(parts.map(\.name) == ["input", "b", "s"])
    #expect(parts.map(\.detail) == ["3 x 8 x 8", "(w)", "4x8x8"])
    #expect(parts.map(\.kind) == [.property, .function, .array])
    #expect(try parts[0].range == session.range(3, 5) && parts[0].selectionRange == session.range(3, 4))
    #expect(try parts[2].range == session.range(6, 8) && parts[2].selectionRange == session.range(6, 7))
    let flat = try session.server.symbolInformation(session.document)
    #expect(flat.map(\.name) == ["Net", "input", "b", "s"])
    #expect(flat.map(\.containerName) == [nil, "Net", "Net", "Net"])
  }

  // MARK: Completion

  @Test func keysAtLineStarts() throws {
    var session = Session(
      """
      model Net
      input 3 x 8 x 8
      1️⃣
      sho2️⃣
      """)
    for marker in [1, 2] {
      let labels = try session.labels(marker)
      #expect(labels.contains("shortcut") && labels.contains("block"))
      #expect(!labels.contains("input") && !labels.contains("model"))
    }
    var empty = Session("1️⃣")
    #expect(try empty.labels(1) == ["model", "family"])
  }

  @Test func options() throws {
    var session = Session(
      """
      model Net
      shortcut 1️⃣
      shortcut A, 2️⃣
      stride 3️⃣
      stride on 4️⃣
      activation r5️⃣
      preprocess resize 8 6️⃣, 7️⃣
      norm batch, 8️⃣
      labels "9️⃣"
      """)
    let expected = [
      ["A", "B", "C", "identity", "none"], ["pad end", "pad both"], ["on first", "on 3x3"], ["first", "3x3"],
      Activation.allCases.map(\.phrase),
      ["bilinear", "bicubic", "nearest", "lanczos", "box", "hamming", "fit", "cover", "no antialias"],
      ["resize", "crop", "mean", "std", "range", "bgr", "orient", "square", "fill"], ["eps"], [],
    ]
    for (index, labels) in expected.enumerated() { #expect(try session.labels(index + 1) == labels, "\(index + 1)") }
  }

  @Test func behindBraces() throws {
    var session = Session(
      """
      model Net
      input 3 x 32 x 32
      a { 1x1, 3, linear | identity } 1️⃣
      b { 1x1, 3, linear | identity } sum 2️⃣
      c { 1x1, 3, linear | identity } sum relu 3️⃣
      d 3x3, 8, leaky 4️⃣
      """)
    #expect(try session.labels(1) == ["sum", "product", "x"])
    #expect(try session.labels(2) == Activation.allCases.map(\.phrase) + ["x"])
    #expect(try session.labels(4) == ["relu"])
  }

  @Test func layers() throws {
    var session = Session(
      """
      family Net(n = 3)
      input 3 x 8 x 8
      block basic(w) = 3x3, 1️⃣
      s 8x8 2️⃣
      t 3x3, 8, st3️⃣
      u [3x3, 8; 4️⃣] x 5️⃣
      v 3x3 6️⃣
      w 3x3, 4, no 7️⃣
      y | 3x3, 8 | 8️⃣
      # 9️⃣
      """)
    #expect(try session.labels(1) == ["w", "n"])
    #expect(try session.labels(2).starts(with: ["basic", "convolution", "residual block"]))
    let attributes = try session.labels(3)
    #expect(attributes.starts(with: Vocabulary.attributes) && attributes.contains("relu"))
    #expect(attributes.contains("basic") && attributes.contains("softmax"))
    #expect(try session.labels(4).first == "basic")
    #expect(try session.labels(5) == ["n"])
    var bracket = Session("model Net\ninput 3 x 8 x 8\ns [3x3, 8; 3x3, 8] 1️⃣")
    #expect(try bracket.labels(1) == ["x", "shortcut", "scale", "survival"] + Activation.allCases.map(\.phrase))
    bracket = Session("model Net\ninput 3 x 8 x 8\ns [3x3, 8; 3x3, 8] shortcut 1️⃣")
    #expect(try bracket.labels(1) == ["A", "B", "C", "identity", "none"])
    #expect(try session.labels(6).suffix(2) == ["max pool", "average pool"])
    #expect(try session.labels(7) == ["bias", "norm"])
    #expect(try session.labels(8).starts(with: ["same", "basic"]))
    #expect(try session.labels(9) == [])
  }

  @Test func phrases() throws {
    var session = Session(
      """
      family Net(n = 3)
      input 3 x 8 x 8
      a spatial 1️⃣
      b spatial pyramid 2️⃣
      c average 3️⃣
      d 3x3, 8, norm 4️⃣
      e 3x3, 8, groups 5️⃣
      f se 6️⃣
      g dropout 7️⃣
      shortcut B, 8️⃣
      h eca 9️⃣
      """)
    let expected = [
      ["pyramid pool"], ["pool"], ["pool"], ["batch", "layer", "group"], ["n"], ["n"], [],
      ["bias", "no bias", "average pool"], ["n"],
    ]
    for (index, labels) in expected.enumerated() { #expect(try session.labels(index + 1) == labels, "\(index + 1)") }
  }

  @Test func snippetsOnlyWhereTheyAreUnderstood() throws {
    let text = "model Net\ninput 3 x 8 x 8\nblock b(w, k) = kxk, w\ns 1️⃣"
    var session = Session(text)
    let items = try session.server.completion(session.place(1)).items
    #expect(items.first?.insertText == "b(${1:w}, ${2:k})" && items.first?.insertTextFormat == 2)
    #expect(items.first?.documentation?.value == "```rn\nblock b(w, k) = kxk, w\n```")
    var plain = Session(text, snippets: false)
    let plainItems = try plain.server.completion(plain.place(1)).items
    #expect(plainItems.first?.insertText == "b(w, k)")
    #expect(plainItems.contains { $0.insertText == "[3x3, 64; 3x3, 64] x 2" })
    #expect(plainItems.allSatisfy { $0.insertTextFormat == 1 && !$0.insertText.contains("$") })
    #expect(items.map(\.sortText) == items.map(\.sortText).sorted())
  }

  // MARK: Formatting

  @Test func formattingIsThatOfTheCommand() throws {
    var session = Session(
      """
      # A comment.
      model Net
      input 3x8 x 8

      s 8x8 3x3,8
      head   1x1   average pool, 4-d fc
      """)
    let edits = try session.server.formatting(session.document)
    #expect(edits.count == 1)
    var sink = Diagnostics()
    let formatted = formatted(SourceFile(name: "x.rn", text: session.text), &sink)
    #expect(session.applying(edits) == formatted)
    // What is right already is left alone.
    #expect(edits.first?.range.start == LSP.Position(line: 2, character: 0))
    var done = Session(try #require(formatted))
    #expect(try done.server.formatting(done.document) == [])
    var wrong = Session("model Net\ninput 3 x\n")
    #expect(try wrong.server.formatting(wrong.document) == [])
  }

  @Test func formattingUndoesAnyMess() throws {
    for (index, text) in try modelTexts().enumerated() {
      let messes = [
        text.replacing("  ", with: " "), text.replacing("\n", with: "\n\n"), text.replacing("\n", with: "\r\n"),
        text.replacing(", ", with: ","), "\n" + text + "\n\n", text + "# é",
        "\u{FEFF}" + text.replacing("  ", with: " ").replacing("\n", with: "\r\n"),
      ]
      // One of each model; in the slow tier all.
      for messy in isSlowRun ? messes : [messes[index % messes.count]] {
        var session = Session(messy)
        var sink = Diagnostics()
        let expected = formatted(SourceFile(name: "x.rn", text: messy), &sink)
        #expect(session.applying(try session.server.formatting(session.document)) == expected)
      }
    }
  }

  // MARK: Diagnostics and fixes

  @Test func findingsArePublished() throws {
    var session = Session(
      """
      family Net
      input 3 x 8 x 8
        | a | b
      s 4x4 | 3x3, 8, 1️⃣strde2️⃣ 2
      3️⃣s4️⃣ | 3x3, 8
      """)
    let published = session.server.stalePublications()
    #expect(published.count == 1 && published.first?.version == 1)
    let findings = try #require(published.first?.diagnostics)
    // Once, although both variants have it.
    #expect(findings.map(\.code) == ["unknown-name", "duplicate-name"])
    #expect(findings[0].message == "there is no layer, attribute or block named 'strde'\nhere: unknown")
    #expect(findings[0].range == (try session.range(1, 2)))
    #expect(findings[0].severity == 1 && findings[0].source == "resnetc" && findings[0].relatedInformation == nil)
    #expect(findings[1].range == (try session.range(3, 4)))
    #expect(findings[1].relatedInformation?.map(\.message) == ["first here"])
    #expect(session.server.stalePublications().isEmpty)
    session.server.close(session.document)
    #expect(session.server.stalePublications().map(\.diagnostics) == [[]])
  }

  /// One variant's sizes do not fit; the others' do.
  @Test func everyVariantIsChecked() throws {
    var session = Session(
      """
      family Net
      input 3 x 8 x 8
        | a | b | c
      s 4x4 | 3x3, 16 | 3x3, 16, stride 1 | 3x3, 16
      """)
    let codes = session.server.stalePublications().flatMap(\.diagnostics).map(\.code)
    #expect(codes == ["size-mismatch"])
  }

  @Test func quickFixes() throws {
    var session = Session(
      """
      model Net
      input 3 x 8 x 8
      s 3x3, 8, 1️⃣strde2️⃣ 2
      3️⃣t 3x3, 8
      """)
    func actions(_ range: LSP.Range, only: [String]? = nil) throws -> [LSP.CodeAction] {
      try session.server.codeActions(
        LSP.CodeActionParameters(
          textDocument: session.document.textDocument, range: range, context: .init(only: only)))
    }
    let found = try actions(session.range(1, 1))
    #expect(found.map(\.title) == ["Write 'stride'"])
    let action = try #require(found.first)
    #expect(action.isPreferred && action.kind == "quickfix" && action.diagnostics.map(\.code) == ["unknown-name"])
    let edits = try #require(action.edit.changes[session.uri])
    #expect(session.applying(edits).contains("s 3x3, 8, stride 2\n"))
    #expect(try actions(session.range(3, 3)).isEmpty)
    #expect(try actions(everything, only: ["quickfix"]).count == 1)
    #expect(try actions(everything, only: ["refactor"]).isEmpty)
  }

  // MARK: Words

  @Test func everyWordIsExplained() {
    for word in Vocabulary.elements { #expect(Vocabulary.help(word)?.isEmpty == false, "\(word)") }
    for (key, words) in [
      (HeaderKey.shortcut, ["A", "B", "C", "none", "pad", "end", "both"]), (.stride, ["on", "first"]),
      (.norm, ["batch", "none", "eps"]), (.order, Syntax.Order.allCases.map(\.rawValue)),
      (
        .preprocess,
        HeaderKey.preprocess.words(.start)
          + HeaderKey.preprocess.words(.afterValueOf("resize")).filter { $0 != "no antialias" }
          + ["no", "antialias", "none"]
      ), (.activation, Vocabulary.activations),
    ] {
      for word in words { #expect(key.description.help(word) != nil, "\(word)") }
    }
  }

  /// What the linter finds is shown as one types; a fix is preferred where the network stays the same.
  @Test func lintFindings() throws {
    var session = Session(
      """
      model Net
      input 3 x 8 x 8
      1️⃣s2️⃣ 3️⃣3x3, 16, bias4️⃣
      # lint: allow RN401
      t 8x8 3x3, 20
      """)
    let found = session.server.stalePublications().flatMap(\.diagnostics)
    #expect(found.map(\.code) == ["RN503", "RN201"] && found.map(\.severity) == [3, 2])
    let actions = try session.server.codeActions(
      LSP.CodeActionParameters(
        textDocument: session.document.textDocument, range: session.range(1, 4), context: .init(only: nil)))
    #expect(actions.map(\.title) == ["Write 's 8x8'", "Remove 'bias'"] && actions.map(\.isPreferred) == [true, false])
  }

  /// Who runs the server says what is looked for.
  @Test func lintSettings() throws {
    let selector = try #require(LintSelector("RN2"))
    var server = LanguageServer(version: "test") { uri in
      LintConfiguration(
        LintSettings(ignored: uri.hasSuffix("quiet.rn") ? [selector] : []),
        fault: uri.hasSuffix("broken.rn") ? ".resnetlint:1: no rule is called 'RN9'" : nil)
    }
    _ = server.initialize(LSP.InitializeParameters(capabilities: nil))
    for (name, codes) in [("quiet.rn", []), ("loud.rn", ["RN201"]), ("broken.rn", ["RN201", "lint-settings"])] {
      let text = "model Net\ninput 3 x 8 x 8\ns 8x8 3x3, 16, bias\n"
      server.open(LSP.OpenParameters(textDocument: .init(uri: "file:///\(name)", version: 1, text: text)))
      #expect(server.stalePublications().flatMap(\.diagnostics).map(\.code).sorted() == codes)
    }
  }
}
