// Every rule fires on its example and is silent on its remedy, which are what `explain` shows; and on the models that come
// with the compiler, the linter says what is true of them and nothing else.

import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

/// `RN101 stride on first puts...` of each finding, in source order.
func findings(_ text: String, _ selection: Selection = Selection(), _ settings: LintSettings = LintSettings())
  -> [Diagnostic]
{
  lint(SourceFile(name: "net.rn", text: text), selection, settings).inSourceOrder
}

func codes(_ text: String) -> [String] { findings(text).map(\.code.name) }

/// A network with these rows, and lines before them.
func net(_ rows: String, head: String = "shortcut B", input: String = "3 x 32 x 32") -> String {
  "model Net\ninput \(input)\n\(head)\n\(rows)\nhead 1x1 average pool, 10-d fc\n"
}

struct LintRuleTests {
  @Test(arguments: LintRule.all.map(\.code.name)) func exampleAndRemedy(code: String) throws {
    let rule = try #require(LintRule.named(code))
    let found = findings(rule.example)
    #expect(found.contains { $0.code == rule.code }, "\(found.map(\.message))")
    #expect(found.allSatisfy { $0.code != rule.code || $0.severity == rule.level })
    let after = findings(rule.remedy)
    #expect(!after.contains { $0.code == rule.code }, "\(after.map(\.message))")
    #expect((found + after).allSatisfy { $0.severity != .error })
    #expect(rule.example != rule.remedy)
  }

  @Test func rulesHaveTheirPlaces() {
    let codes = LintRule.all.map(\.code.name)
    #expect(codes == codes.sorted() && Set(codes).count == codes.count)
    #expect(Set(LintRule.all.map(\.name)).count == codes.count)
    for rule in LintRule.all {
      #expect(rule.code.name.wholeMatch(of: /RN[1-5][0-9]{2}/) != nil)
      #expect(rule.name.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)+/) != nil)
      #expect(rule.code.explanation.split(separator: "\n").allSatisfy { $0.count <= 110 }, "\(rule.code.name)")
      #expect(!DiagnosticCatalog.all.map(\.name).contains(rule.name))
    }
    #expect(LintGroup.allCases.allSatisfy { group in LintRule.all.contains { $0.group == group } })
  }

  @Test func sentencesAndPlaces() throws {
    func check(_ text: String, _ code: String, _ message: String, _ place: String, fix: String? = nil) throws {
      let source = SourceFile(name: "net.rn", text: text)
      let found = try #require(lint(source).all.first { $0.code.name == code }, "\(code)")
      #expect(found.message == message)
      #expect(source.text(found.primary.span) == place, "\(code)")
      if let fix {
        let fixed = source.applying(Array(found.fixIts.prefix(1)))
        #expect(fixed.text(Span(0, fixed.bytes.count)) == fix, "\(code)")
        #expect(!lint(fixed).all.contains { $0.code.name == code }, "\(code)")
      }
    }
    let bottleneck = "conv1 32x32 3x3, 16\na 16x16 [1x1, 16; 3x3, 16; 1x1, 64] x 2\nb 8x8 [1x1, 32; 3x3, 32; 1x1, 128]"
    try check(
      net(bottleneck, head: "stride on first"), "RN101",
      "strides stand on 1x1 convolutions, which never read three quarters of their input", "first",
      fix: net(bottleneck, head: "stride on 3x3"))
    try check(
      net("a 16x16 [1x1, 16, stride 2; 3x3, 16; 1x1, 64] x 2", head: "stride on 3x3"), "RN101",
      "the 1x1 convolution of a has stride 2 and never reads three quarters of its input", "1x1, 16, stride 2")
    try check(
      net("a 11x11 [1x1, 16, stride 3; 3x3, 16; 1x1, 64] x 2", head: "stride on 3x3"), "RN101",
      "the 1x1 convolution of a has stride 3 and never reads 89 % of its input", "1x1, 16, stride 3")
    try check(
      net("a 32x32 [3x3, 16; 3x3, 16] x 3", head: "shortcut C"), "RN102",
      "2 blocks of Net have a projection where the identity would do", "C",
      fix: net("a 32x32 [3x3, 16; 3x3, 16] x 3", head: "shortcut B"))
    try check(
      net("a 32x32 [3x3, 16; 3x3, 16, no bias , relu] x 3"), "RN103", "the blocks of a end in relu before the sum",
      "relu", fix: net("a 32x32 [3x3, 16; 3x3, 16, no bias ] x 3"))
    try check(
      net("a 32x32 3x3, 16, bias, relu"), "RN201", "batch normalisation cancels the bias of a", "bias",
      fix: net("a 32x32 3x3, 16, relu"))
    try check(
      net("a 3x3 max pool, stride 2, pad 0", input: "3 x 32 x 33"), "RN203",
      "the pool of a never reads the last row of 32x33", "3x3 max pool, stride 2, pad 0")
    try check(
      net("a 16x16 3x3, 16, stride 2, pad 1\nb 4x4 4x4 max pool, stride 4, pad 0\nc 4x4 5x5, 16, stride 1, pad 2"),
      "RN205", "51 % of what the 5x5 window of c reads is padding", "5x5, 16, stride 1, pad 2")
    try check(
      net("a 7x7 7x7 max pool, stride 1, pad 3", input: "3 x 7 x 7"), "RN205",
      "43 % of what the 7x7 window of a reads is padding", "7x7 max pool, stride 1, pad 3")
    try check(
      net("a 33x33 2x2, 16, stride 1, pad 1"), "RN206", "the padded 2x2 window of a moves the map by half a pixel",
      "2x2, 16, stride 1, pad 1")
    try check(
      net("a 17x17 2x2 max pool, stride 2, pad 1"), "RN206", "the padded 2x2 window of a moves the map by a pixel",
      "2x2 max pool, stride 2, pad 1")
    try check(
      net("a 4x4 8x8 average pool, stride 8, pad 0; dropout 0.5; 10-d fc, relu").replacing("a 4x4", with: "a"), "RN207",
      "the fully connected layer of a reads a map of 4x4 that an average pool left", "10-d fc, relu")
    try check(
      net("a 32x32 3x3, 40"), "RN401", "a width of 40 leaves lanes of vectors empty in a", "3x3, 40")
    try check(
      net("a 3x3, 16"), "RN503", "a does not say its output size, 32x32", "a", fix: net("a 32x32 3x3, 16"))
  }

  @Test func anUnusedBlockGoesWithItsLine() throws {
    let unused = SourceFile(name: "net.rn", text: net("a 32x32 3x3, 16", head: "block b = 3x3, 8\nshortcut B"))
    let removal = try #require(lint(unused).all.first { $0.code.name == "RN501" })
    #expect(unused.applying(removal.fixIts).bytes == Array(net("a 32x32 3x3, 16").utf8))
  }

  /// What must not be found.
  @Test(arguments: [
    // The projection of a strided block has a 1x1 with stride 2, as everywhere.
    net("a 16x16 [3x3, 16; 3x3, 16] x 2"),
    // A first layer that is 3x3 may carry the stride.
    net("a 16x16 [3x3, 16; 1x1, 64] x 2", head: "stride on first"),
    // Torchvision's stem: an even size, of which the padded pool reads every row.
    net("a 112x112 7x7, 64, stride 2\nb 56x56 3x3 max pool, stride 2", input: "3 x 224 x 224"),
    net("a 33x33 3x3, 16\nb 17x17 2x2 max pool, stride 2, ceil", input: "3 x 33 x 33"),
    // VGG keeps its width where it pools.
    net("a 32x32 (3x3, 64) x 2\nb 16x16 2x2 max pool\nc 16x16 (3x3, 64) x 2", head: "shortcut none"),
    // Twenty layers may be plain.
    net("a 32x32 [3x3, 16; 3x3, 16] x 9\nb 32x32 3x3, 16", head: "shortcut none"),
    // And more where gates lead past them.
    net("a 32x32 3x3, 16; (gate(3x3, 16)) x 30"),
    net("a 32x32 3x3, 16; { (gate(3x3, 16)) x 30 | (gate(1x1, 16)) x 30 }"),
    // Option A without a widening has no zeros to place.
    net("a 32x32 3x3, 16\nb 32x32 [3x3, 16; 3x3, 16] x 2", head: "shortcut A"),
    // A bias without a norm has an effect.
    net("a 32x32 3x3, 16, no norm, bias"),
    // A slope can take away as well as add.
    net("a 32x32 [3x3, 16; 3x3, 16, prelu] x 2"),
    net("a 32x32 3x3, 16, dilation 2\nb 32x32 3x3, 64"),
    // Nothing strides where a map shrinks for want of padding.
    net("a 32x32 3x3, 16\nb 28x28 (3x3, 16, pad 0) x 2", head: "shortcut none"),
    // A padded window that covers its map and misses rows: more places would be no help (RN203).
    net("a 1x1 3x3 max pool, stride 3, pad 1", input: "3 x 3 x 3"),
    // Late rows of networks for small images, GoogLeNet's widest window, a stride that stands between the values.
    net("a 2x2 3x3, 16, stride 1, pad 1", input: "3 x 2 x 2"),
    net("a 7x7 5x5, 16, stride 1, pad 2", input: "3 x 7 x 7"),
    net("a 16x16 4x4, 16, stride 2, pad 1"),
    // A window over the whole map without padding, and the places of a max pool.
    net("a 1x1 8x8, 16, stride 1, pad 0", input: "3 x 8 x 8"),
    net("a 4x4 2x2 max pool, stride 2, pad 0\nb 16-d fc, relu", input: "3 x 8 x 8")
      .replacing("average pool, ", with: ""),
    // A window that reaches the one value from every side.
    net("a 1x1 32x32 max pool, pad 0, stride 32\nb 3x3 3x3, 16, pad 2"),
  ]) func silence(text: String) {
    let warnings = findings(text).filter { $0.severity != .note }
    #expect(warnings.isEmpty, "\(warnings.map(\.message))")
  }

  @Test func namesAndDepths() {
    func named(_ name: String) -> String { net("a 32x32 3x3, 16").replacing("Net", with: name) }
    #expect(codes(named("ResNet50")) == ["RN504"])
    #expect(codes(named("VGG16")) == ["RN504"])
    // Two layers; numbers below ten mean other things, and so do names of other families.
    #expect(codes(named("ResNet2")) + codes(named("Wide28_10")) + codes(named("ResNetV2")) == [])
    // ResNet-50-D has three convolutions in its stem and is called so all the same.
    #expect(
      codes(named("ResNet50D")) + codes(named("ResNet50").replacing("model ResNet50", with: "family ResNet(n = 50)"))
        == ["RN502"])
  }

  @Test func familiesAreOneText() throws {
    let text = """
      family ResNet
      input 3 x 32 x 32
      stride on first
                  | 8                          | 11
      conv1 32x32 | 3x3, 20
      a     16x16 | [3x3, 32; 3x3, 32] x 3     | [1x1, 16; 3x3, 16; 1x1, 64] x 3
      head   1x1  | average pool, 10-d fc
      """
    let found = findings(text)
    // What both have is said once; what one has, with its name.
    #expect(found.map(\.code.name) == ["RN101", "RN401"])
    #expect(found[0].notes == ["in ResNet11"] && found[1].notes.isEmpty)
    #expect(findings(text, Selection(variant: "8")).map(\.code.name) == ["RN401"])
  }

  @Test func errorsOfTheLanguageAreFindings() {
    let found = findings("model Net\ninput 3 x 32 x 32\nblock b = 3x3, 16\na 31x31 3x3, 16\n")
    #expect(found.map(\.code.name) == ["RN501", "size-mismatch"])
    #expect(findings("nothing at all").allSatisfy { $0.severity == .error })
    #expect(findings("").count == 1)
  }

  // MARK: The models that come with the compiler

  private static let models = fixtures.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("models")

  private func models() throws -> [(name: String, text: String)] {
    try FileManager.default.contentsOfDirectory(atPath: Self.models.path).filter { $0.hasSuffix(".rn") }.sorted()
      .map { ($0, try String(contentsOf: Self.models.appendingPathComponent($0), encoding: .utf8)) }
  }

  @Test func modelsHaveNoWarnings() throws {
    for (name, text) in try models() {
      let found = findings(text)
      #expect(found.allSatisfy { $0.severity == .note }, "\(name): \(found.map(\.message))")
    }
  }

  /// Without the comments that suppress it, all that is found; each is true of its model.
  @Test func modelsHaveTheFindingsThatAreTrue() throws {
    let expected = [
      "plain34.rn": ["RN106"], "resnet101.rn": ["RN403"],
      "resnet101_v1.rn": ["RN101", "RN403"], "resnet152.rn": ["RN403"], "resnet152_v1.rn": ["RN101", "RN403"],
      "resnet18c.rn": ["RN102"], "resnet34c.rn": ["RN102"], "resnet50_v1.rn": ["RN101"], "table1.rn": ["RN403"],
      "resnext101_32x8d.rn": ["RN403"], "resnext101_64x4d.rn": ["RN403"], "wide_resnet101_2.rn": ["RN403"],
      "convnext_tiny.rn": ["RN205", "RN402"],
      "efficientnet_b0.rn": ["RN401", "RN402"], "googlenet.rn": ["RN401", "RN401"], "lenet5.rn": ["RN401"],
      "bvlc_googlenet.rn": ["RN401", "RN401"], "mobilenet_v2.rn": ["RN401", "RN402"],
      "mobilenet_v3_large.rn": ["RN401", "RN401", "RN401", "RN401", "RN401", "RN401", "RN402"],
      "preresnet164.rn": ["RN101"], "preresnet1001.rn": ["RN101"],
      "bn_inception.rn": ["RN201", "RN201", "RN201"],
      "nin_cifar10.rn": ["RN402", "RN403", "RN401"], "dsn_cifar10.rn": ["RN402", "RN401"],
      "maxout_cifar10.rn": ["RN205", "RN206", "RN402", "RN403"], "fitnet19.rn": ["RN402"],
      "highway19.rn": ["RN402", "RN401"], "highway32.rn": ["RN402", "RN401"], "prelu_net.rn": ["RN106", "RN402"],
      "shufflenet_v2_x1_0.rn": ["RN401", "RN401"],
      "res2net50_26w_4s.rn": [
        "RN405", "RN406", "RN401", "RN401", "RN401", "RN405", "RN406", "RN401", "RN401", "RN401",
      ],
      "regnet_y_400mf.rn": ["RN404", "RN402"], "tf_efficientnet_b0.rn": ["RN401", "RN402"],
      "vgg16.rn": ["RN402"], "vgg19.rn": ["RN402"],
      "vgg19_bn.rn": ["RN402", "RN201", "RN201", "RN201", "RN201", "RN201"],
    ]
    var found: [String: [String]] = [:]
    for (name, text) in try models() {
      let codes = codes(text.replacing("lint:", with: "once"))
      if !codes.isEmpty { found[name] = codes }
    }
    #expect(found == expected)
    // The deeper plain networks of the paper, by their parameter.
    let plain = try String(contentsOf: Self.models.appendingPathComponent("cifar_plain.rn"), encoding: .utf8)
    let deep = Selection(parameters: [.init(name: "n", value: 9)])
    #expect(findings(plain, deep).map(\.code.name).contains("RN106"))
  }

  /// Findings that other words in the text must not hide, or bring about.
  @Test func layersBetween() {
    let wide = "c 32x32 3x3, 64\na 16x16 [3x3, 64; dropout 0.3; 3x3, 64] x 2"
    #expect(codes(net(wide)) == ["RN105"])
    #expect(codes(net("a 32x32 [3x3, 16; 3x3, 16, relu; dropout 0.2]")) == ["RN103"])
    let divided = "a 32x32 3x3, 100\nb 16x16 3x3 max pool\nc 16x16 [3x3, 64, groups 32]"
    #expect(codes(net(divided)) == ["groups-do-not-divide"])
    let hidden = net("a 32x32 b(16)", head: "block b(w) = 3x3, w").replacing("model Net", with: "family Net(w = 16)")
    #expect(codes(hidden) == ["RN502"])
    let last = "block last = 1x1, 16, norm batch, relu\norder pre"
    #expect(!codes(net("a 32x32 [3x3, 16; 3x3, 16]\nb 32x32 last", head: last)).contains("RN107"))
    // A convolution without a norm leaves the sum as it is.
    let bare = "block last = 1x1, 16, no norm, relu\norder pre"
    #expect(codes(net("a 32x32 [3x3, 16; 3x3, 16]\nb 32x32 last", head: bare)).contains("RN107"))
    // What is missing is no convolution, and none is advised.
    let advice = findings(LintRule.missingFinalNorm.example).first { $0.code.name == "RN107" }?.helps ?? []
    #expect(!advice.isEmpty && advice.allSatisfy { !$0.contains("convolution") && !$0.contains("1x1") })
    #expect(!LintRule.missingFinalNorm.remedy.contains("1x1,"))
    #expect(codes(net("a 32x32 s", head: "block s = [3x3, 16; 3x3, 16] x 2\norder pre")).contains("RN107"))
  }

  /// Channels are copied where a share begins or ends within a vector, and by shuffles, which say so themselves.
  @Test func splitsAndShuffles() throws {
    func notes(_ rows: String) -> [String] {
      findings(net(rows)).filter { ["RN210", "RN406"].contains($0.code.name) }.map(\.primary.text)
    }
    #expect(notes("a 32x32 3x3, 32\nb 32x32 split { 3x3, 16 | 3x3, 16 }; shuffle 2; 3x3, 16") == [])
    #expect(notes("a 32x32 3x3, 24; shuffle 2\nb 32x32 split { 3x3, 16 | 3x3, 16 }") == [])
    #expect(notes("a 32x32 3x3, 24; shuffle 24; 3x3, 16") == ["a group for each channel"])
    // Of 8 + 8 lanes both halves are copied on AVX-512; of 8 neither.
    #expect(notes("a 32x32 3x3, 16\nb 32x32 split { 3x3, 16 | 3x3, 16 }") == ["16,384 values on AVX512 (16 lanes)"])
    let copied = try #require(notes("a 32x32 3x3, 20\nb 32x32 (split { 3x3, 10 | 3x3, 10 }) x 3").first)
    // Behind the first repetition each branch reads what another one left.
    #expect(copied.contains("20,480 values on NEON (4 lanes)"))
  }

  /// Advice that would not help is not given.
  @Test func advice() throws {
    let alone = findings(net("a 16x16 1x1, 32", head: "stride on first"))
    #expect(alone.map(\.code.name) == ["RN101"] && alone[0].fixIts.isEmpty && !alone[0].helps[0].contains("stride on"))
    let groups = findings(net("a 32x32 (3x3, 16) x 24", head: "shortcut none"))
    #expect(groups.map(\.code.name) == ["RN106"] && groups[0].fixIts.isEmpty)
    let sized = "family Net(s = 2)\ninput 3 x 32 x 32\nconv1 3x3, 16, stride s\nhead 1x1 average pool, 10-d fc\n"
    #expect(codes(sized) == [])
  }

  /// What one variant has and another has not is said with its name.
  @Test func variantsThatDiffer() {
    let sizes = findings(
      "family Net\ninput 3 x 32 x 32\n | a | b\nc | 3x3, 16 | 3x3, 16, stride 2\nhead 1x1 | average pool, 10-d fc\n")
    #expect(sizes.map(\.code.name) == ["RN503"] && sizes[0].fixIts.isEmpty)
    #expect(sizes[0].notes == ["Netb: c does not say its output size, 16x16"])
    let widths = findings(net("a 32x32 b(20)\nc 32x32 b(40)", head: "block b(w) = 3x3, w"))
    #expect(widths.map(\.code.name) == ["RN401"])
    #expect(widths[0].notes == ["also a width of 40 leaves lanes of vectors empty in c"])
  }

  /// What seems unused in a file that could not be read whole may be used in what was lost.
  @Test func damagedFilesLoseNothing() throws {
    let damaged = net("a 32x32 [basc(16)] x 3", head: "block basic(w) = 3x3, w; 3x3, w")
    #expect(codes(damaged) == ["unknown-name"])
    let source = SourceFile(name: "net.rn", text: damaged)
    let fixed = try fixLints(in: source, LintSettings(), includesUnsafe: true).source
    #expect(fixed.text(Span(0, fixed.bytes.count)) == damaged.replacing("basc", with: "basic"))
    #expect(throws: LintFixFault.self) { try fixLints(in: source, LintSettings(), includesUnsafe: false) }
  }

  /// A comment stays with what it is about when the safe fix of another finding moves it.
  @Test func suppressionsSurviveFixes() throws {
    let text = net("a 3x3, 16, bias # lint: allow RN201, as trained")
    let source = SourceFile(name: "net.rn", text: text)
    let fixed = try fixLints(in: source, LintSettings(), includesUnsafe: false)
    #expect(fixed.count == 1 && lint(fixed.source).all.isEmpty)
    #expect(fixed.source.text(Span(0, fixed.source.bytes.count)).contains("bias # lint: allow RN201, as"))
  }

  /// More findings than a stage of the compiler keeps: the worst are among what is shown.
  @Test func manyFindings() {
    let rows = (0..<990).map { "r\($0) 3x3, 20" }.joined(separator: "\n")
    let found = lint(SourceFile(name: "net.rn", text: net(rows + "\nz 32x32 3x3, 16, bias")))
    #expect(found.all.count == 1982 && found.dropped == 0)
    #expect(found.all.prefix(2).map(\.severity) == [.warning, .warning] && found.all[2].severity == .note)
  }
}
