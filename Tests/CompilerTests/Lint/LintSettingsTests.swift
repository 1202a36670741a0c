// Which rules run, at which level, and what comments and baselines take out.

import ResNetDSL
import Testing

@testable import ResNetCompiler

struct LintSettingsTests {
  private func selector(_ word: String) throws -> LintSelector { try #require(LintSelector(word), "\(word)") }

  /// A command line decides over a configuration, rule by rule.
  @Test func settingsOverSettings() throws {
    let file = LintSettings(
      selected: [try selector("RN2")], ignored: [try selector("RN201")], levels: [.init(try selector("RN204"), .note)])
    func enabled(_ typed: LintSettings) -> [String] {
      LintRule.all.filter(typed.over(file).enables).map(\.code.name)
    }
    #expect(
      enabled(LintSettings()) == ["RN203", "RN204", "RN205", "RN206", "RN207", "RN208", "RN209", "RN210", "RN211"])
    #expect(enabled(LintSettings(selected: [try selector("RN201")])) == ["RN201"])
    #expect(
      enabled(LintSettings(ignored: [try selector("RN203")])) == [
        "RN204", "RN205", "RN206", "RN207", "RN208", "RN209", "RN210", "RN211",
      ])
    let rule = try #require(LintRule.named("RN204"))
    #expect(LintSettings().over(file).level(of: rule) == .note)
    #expect(LintSettings(levels: [.init(try selector("all"), .error)]).over(file).level(of: rule) == .error)
  }

  private func enabled(select: [String]? = nil, ignore: [String] = []) throws -> [String] {
    let settings = LintSettings(selected: try select?.map(selector), ignored: try ignore.map(selector))
    return LintRule.all.filter(settings.enables).map(\.code.name)
  }

  @Test func theMoreExactWordDecides() throws {
    let all = LintRule.all.map(\.code.name)
    #expect(try enabled() == all)
    #expect(try enabled(select: ["all"]) == all)
    #expect(try enabled(select: ["RN3"]) == ["RN303"])
    #expect(try enabled(select: ["file"], ignore: ["RN502"]) == ["RN501", "RN503", "RN504", "RN505"])
    #expect(try enabled(select: ["rn303"], ignore: ["RN3"]) == ["RN303"])
    #expect(try enabled(select: ["uneven-zero-padding"], ignore: ["weights"]) == ["RN303"])
    #expect(try enabled(select: ["RN3"], ignore: ["RN3"]) == [])
    #expect(try enabled(select: ["cost"], ignore: ["all"]) == ["RN401", "RN402", "RN403", "RN404", "RN405", "RN406"])
    #expect(try enabled(ignore: ["all"]) == [])
    #expect(try enabled(ignore: ["RN"]) == [])
    for word in ["", "RN9", "R2", "strided", "RN1011", "weight"] { #expect(LintSelector(word) == nil, "\(word)") }
  }

  @Test func levels() throws {
    var settings = LintSettings()
    let rule = try #require(LintRule.named("RN303"))
    #expect(settings.level(of: rule) == .warning)
    settings.levels = [.init(try selector("RN303"), .note), .init(try selector("all"), .error)]
    #expect(settings.level(of: rule) == .note)
    settings.levels.append(.init(try selector("RN303"), .error))
    #expect(settings.level(of: rule) == .error)
    let found = findings(rule.example, Selection(), settings)
    #expect(found.contains { $0.code == rule.code && $0.severity == .error })
  }

  @Test func settingsFiles() throws {
    var sink = Diagnostics()
    let read = readLintSettings(
      SourceFile(
        name: ".resnetlint",
        text: "# ours\n\nselect residual RN2 # and\nselect weights\nignore RN101, missing-size\r\nlevel RN1 RN2 error\n"
      ),
      &sink)
    #expect(sink.all.isEmpty)
    let expected = LintSettings(
      selected: try ["residual", "RN2", "weights"].map(selector),
      ignored: try ["RN101", "RN503"].map(selector),
      levels: [.init(try selector("RN1"), .error), .init(try selector("RN2"), .error)])
    #expect(read == expected)
    sink = Diagnostics()
    #expect(readLintSettings(SourceFile(name: "f", text: ""), &sink) == LintSettings())
  }

  @Test(arguments: [
    ("selct RN1", 1, "write 'select'"), ("allow RN1", 1, "such as"), ("ignore", 1, "such as"),
    ("select RN1\nignore RN999", 2, "lists the rules"), ("ignore mising-size", 1, "write 'missing-size'"),
    ("level RN1 fatal", 1, "such as"), ("level error", 1, "such as"), ("level RN1", 1, "such as"),
  ]) func brokenSettingsFiles(text: String, line: Int, help: String) throws {
    var sink = Diagnostics()
    let source = SourceFile(name: ".resnetlint", text: text)
    #expect(readLintSettings(source, &sink) == nil)
    let found = try #require(sink.all.first)
    #expect(sink.all.count == 1 && found.code == .lintSettings)
    #expect(source.position(at: found.primary.span.start).line == line)
    #expect(found.helps.first?.contains(help) ?? false, "\(found.helps)")
  }

  @Test func settingsThatAreNoText() {
    for bytes in [[0xFF, 0x00], [UInt8](repeating: 0x61, count: lintFileLimit + 1)] {
      var sink = Diagnostics()
      #expect(readLintSettings(SourceFile(name: "f", bytes: bytes), &sink) == nil && sink.all.count == 1)
      sink = Diagnostics()
      #expect(LintBaseline(SourceFile(name: "f", bytes: bytes), &sink) == nil && sink.all.count == 1)
    }
  }

  // MARK: Comments

  @Test func commentsSuppress() {
    let bias = "a 32x32 3x3, 16, bias"
    #expect(codes(net("\(bias) # lint: allow RN201")) == [])
    #expect(codes(net("\(bias)#lint: allow bias-before-norm, as it was trained")) == [])
    #expect(codes(net("# lint: allow layers\n\n# more to say\n\(bias)")) == [])
    #expect(codes(net("\(bias) # lint: allow RN20 RN401")) == ["RN505"])
    #expect(codes("# lint: allow-file RN2\n" + net("\(bias)\nb 32x32 3x3, 16, bias")) == [])
    // Of another line, of another rule, and what is no order at all.
    #expect(codes(net("# lint: allow RN201\nb 32x32 3x3, 16\n\(bias)")) == ["RN505", "RN201"])
    #expect(codes(net("\(bias) # lint: allow RN401")) == ["RN201", "RN505"])
    #expect(codes(net("\(bias) # lint allow RN201")) == ["RN201"])
    #expect(codes(net("\(bias) #lint:allow RN201")) + codes(net("\(bias) # Lint: allow\tRN201,\tas trained")) == [])
    #expect(codes(net("\(bias) # lint: allow")) == ["RN201", "RN505"])
    #expect(codes(net("\(bias) # lint: alow RN201")) == ["RN201", "RN505"])
    #expect(codes(net(bias, head: "labels \"# lint: allow-file RN201\"")) == ["RN201"])
  }

  @Test func unusedSuppressionsAreFixed() throws {
    func fixed(_ rows: String) throws -> String {
      let source = SourceFile(name: "net.rn", text: net(rows))
      let fixes = try fixLints(in: source, LintSettings(), includesUnsafe: false)
      return fixes.source.text(Span(0, fixes.source.bytes.count))
    }
    let plain = net("a 32x32 3x3, 16")
    #expect(try fixed("a 32x32 3x3, 16  # lint: allow RN201, for nothing") == plain)
    #expect(try fixed("# lint: allow RN201 RN401\na 32x32 3x3, 16") == plain)
    #expect(
      try fixed("a 32x32 3x3, 16, bias # lint: allow RN401, RN201 as trained")
        == net("a 32x32 3x3, 16, bias # lint: allow RN201 as trained"))
    // A misspelt rule has a fix, but it is a guess.
    let misspelt = try #require(findings(net("a 32x32 3x3, 16, bias # lint: allow bias-befor-norm")).last)
    #expect(misspelt.code.name == "RN505" && misspelt.fixIts.count == 1 && !misspelt.fixIts[0].isSafe)
  }

  /// A reason may begin with any word, also one that is a group.
  @Test func reasonsAreForReaders() {
    for reason in ["weights of torchvision hold one", "all published weights hold one", "cost is no matter here"] {
      let found = findings(net("a 32x32 3x3, 20, bias # lint: allow bias-before-norm, \(reason)"))
      #expect(found.map(\.code.name) == ["RN401"], "\(reason)")
    }
    #expect(codes(net("a 32x32 3x3, 20, bias # lint: allow RN201 RN4, wide enough")) == [])
  }

  @Test func unusedIsSaidOnlyWhereAllWasLookedAt() throws {
    let text = net("a 32x32 3x3, 16 # lint: allow RN201").replacing("model Net", with: "family Net(n = 1)")
    #expect(codes(text).contains("RN505"))
    #expect(!findings(text, Selection(parameters: [.init(name: "n", value: 2)])).contains { $0.code.name == "RN505" })
    let without = LintSettings(ignored: [try selector("RN201")])
    #expect(!findings(text, Selection(), without).contains { $0.code.name == "RN505" })
  }

  /// Many comments and many findings do not multiply.
  @Test func aFileOfComments() {
    let text = net(String(repeating: "# lint: allow RN201\n", count: 20_000) + "a 32x32 3x3, 16, bias")
    let time = ContinuousClock().measure { #expect(codes(text) == []) }
    #expect(time < .seconds(20))
  }

  // MARK: Baselines

  @Test func baselinesKnowFindings() throws {
    let source = SourceFile(name: "net.rn", text: net("a 32x32 3x3, 16, bias\nb 32x32 3x3, 20\nc 32x32 3x3, 20"))
    var none = LintBaseline()
    let file = LintedFile(source, lint(source), baseline: &none)
    #expect(file.findings.count == 3)
    let baseline = LintBaseline([file])
    var sink = Diagnostics()
    var read = try #require(LintBaseline(SourceFile(name: "b", text: baseline.text), &sink))
    #expect(read.text == baseline.text && sink.all.isEmpty)
    // Lines above do not matter, what stands in the line does, and one entry is one finding.
    let later = SourceFile(
      name: "net.rn", text: "# moved\n" + net("a  32x32  3x3, 16, bias\nb 32x32 3x3, 24\nc 32x32 3x3, 20"))
    #expect(LintedFile(later, lint(later), baseline: &read).findings.map(\.diagnostic.message).count == 1)
    // Space within a line is not its words, and errors are never known.
    let spaced = SourceFile(
      name: "net.rn", text: String(decoding: source.bytes, as: UTF8.self).replacing(", ", with: ","))
    var spaces = try #require(
      LintBaseline(SourceFile(name: "b", text: baseline.text.replacing("\n", with: "\r\n")), &sink))
    #expect(LintedFile(spaced, lint(spaced), baseline: &spaces).findings.isEmpty)
    let broken = SourceFile(name: "net.rn", text: "model Net\n")
    #expect(LintBaseline([LintedFile(broken, lint(broken), baseline: &none)]).count == 0)
    var again = try #require(LintBaseline(SourceFile(name: "b", text: baseline.text), &sink))
    let other = SourceFile(name: "other.rn", bytes: source.bytes)
    #expect(LintedFile(other, lint(other), baseline: &again).findings.count == 3)
  }

  @Test(arguments: ["", "model Net", "resnetc lint baseline 2\n", "resnetc lint baseline 1\nabc RN1\n"])
  func brokenBaselines(text: String) {
    var sink = Diagnostics()
    #expect(LintBaseline(SourceFile(name: "b", text: text), &sink) == nil)
    #expect(sink.all.map(\.code) == [.lintBaseline])
  }
}
