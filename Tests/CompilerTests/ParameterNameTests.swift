// Parameter names and shapes are torchvision's, so that its weights load as they are.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct ParameterNameTests {
  struct Model: Sendable, CustomTestStringConvertible {
    var fixture: String
    var network: Network
    var testDescription: String { fixture }
    init(_ fixture: String, _ network: Network) {
      self.fixture = fixture
      self.network = network
    }
  }

  static let models = [
    Model("resnet18", Paper.resnet(18)), Model("resnet34", Paper.resnet(34)), Model("resnet50", Paper.resnet(50)),
    Model("resnet101", Paper.resnet(101)), Model("resnet152", Paper.resnet(152)),
    Model("vgg16", Paper.vgg(16, norm: false)),
    Model("vgg16_bn", Paper.vgg(16, norm: true)), Model("vgg19", Paper.vgg(19, norm: false)),
    Model("vgg19_bn", Paper.vgg(19, norm: true)),
  ]

  @Test(arguments: models) func equalTorchvision(model: Model) throws {
    let file = fixtures.appendingPathComponent("names/\(model.fixture).txt")
    let expected = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init).sorted()
    let graph = try lowered(model.network)
    #expect(lines(graph) == expected)
    // Passes move tensors between nodes and lose none.
    #expect(lines(runPasses(graph)) == expected)
  }

  @Test func plainNetsAreNamedLikeTheirResidualTwins() throws {
    let plain = lines(try lowered(Paper.resnet(18, .none)))
    let residual = lines(try lowered(Paper.resnet(18)))
    #expect(plain == residual.filter { !$0.contains("downsample") })
  }

  @Test func cifarNets() throws {
    let names = try lowered(Paper.cifar(n: 1)).tensors.map(\.name)
    #expect(
      names.filter { $0.hasSuffix("weight") } == [
        "conv1.weight", "bn1.weight", "layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.0.conv2.weight",
        "layer1.0.bn2.weight", "layer2.0.conv1.weight", "layer2.0.bn1.weight", "layer2.0.conv2.weight",
        "layer2.0.bn2.weight", "layer3.0.conv1.weight", "layer3.0.bn1.weight", "layer3.0.conv2.weight",
        "layer3.0.bn2.weight", "fc.weight",
      ])
  }

  /// What a `+` adds is no module, and the classifier begins behind as many layers as without it.
  @Test(arguments: ["", "+ "]) func sumsAreNoModules(carry: String) throws {
    let text = """
      model Net
      input 3 x 8 x 8
      conv1 8x8 3x3, 4, no norm
      conv2 8x8 { 3x3, 4, no norm | \(carry)3x3, 4, no norm }
      fc1 1x1 6-d fc, relu; 5-d fc
      """
    var sink = Diagnostics()
    let network = try #require(
      parse(SourceFile(name: "x.rn", text: text), &sink).flatMap { resolve($0, Selection(), &sink) })
    #expect(
      try lowered(network).tensors.map(\.name).filter { $0.hasSuffix("weight") } == [
        "features.0.weight", "features.2.weight", "features.4.weight", "classifier.0.weight", "classifier.2.weight",
      ])
  }

  @Test func sequencesCountModulesAsPyTorchDoes() throws {
    let network = Spell.network(
      input: (3, 8, 8), .none,
      [
        Spell.row("conv1", 8, Spell.conv(3, 4, bias: true, norm: false)),
        Spell.row("conv2", 8, Spell.conv(3, 4, norm: true, .linear)),
        Spell.row("conv3", 8, Spell.conv(3, 4, norm: true, .prelu)),
        Spell.row("pool", 4, Spell.averagePool(2, stride: 2)),
        Spell.row("conv4", 4, Spell.conv(3, 4, norm: false)),
        Spell.row("head", 1, Spell.globalPool, Spell.dropout, Spell.fc(8, .relu), Spell.fc(2)),
      ])
    #expect(
      try lowered(network).tensors.map(\.name) == [
        "features.0.weight", "features.0.bias", "features.2.weight", "features.3.weight", "features.3.bias",
        "features.3.running_mean", "features.3.running_var", "features.4.weight", "features.5.weight",
        "features.5.bias", "features.5.running_mean", "features.5.running_var", "features.6.weight",
        "features.8.weight", "classifier.1.weight", "classifier.1.bias", "classifier.3.weight", "classifier.3.bias",
      ])
  }

  @Test func stemsAndClassifiersOfSeveralLayersAreNumbered() throws {
    let network = Spell.network(
      input: (3, 8, 8), .projectWhereShapeChanges,
      [
        Spell.row("stem", 8, Spell.conv(3, 4, .prelu), Spell.conv(3, 4)),
        Spell.row("stage", 4, Spell.residual([Spell.conv(3, 8, .prelu), Spell.conv(3, 8)], .prelu)),
        Spell.row("head", 1, Spell.globalPool, Spell.fc(8, .prelu), Spell.fc(2)),
      ])
    let weights = try lowered(network).tensors.map(\.name).filter { $0.hasSuffix(".weight") }
    #expect(
      weights == [
        "conv1.weight", "bn1.weight", "prelu1.weight", "conv2.weight", "bn2.weight", "layer1.0.conv1.weight",
        "layer1.0.bn1.weight", "layer1.0.prelu1.weight", "layer1.0.conv2.weight", "layer1.0.bn2.weight",
        "layer1.0.downsample.0.weight", "layer1.0.downsample.1.weight", "layer1.0.prelu.weight", "fc1.weight",
        "fc1_prelu.weight", "fc2.weight",
      ])
  }

  // MARK: Whose names

  private func names(_ text: String) -> (names: [String], errors: [String]) {
    var sink = Diagnostics()
    let source = SourceFile(name: "x.rn", text: "model Net\ninput 3 x 32 x 32\n" + text)
    let graph = parse(source, &sink).flatMap { resolve($0, Selection(), &sink) }.flatMap { lower($0, &sink) }
    let names = (graph?.tensors ?? []).map(\.name).filter { $0.hasSuffix(".weight") }
    return (names.map { String($0.dropLast(7)) }, sink.all.map(\.message))
  }

  /// `names` by itself changes nothing where it says what holds anyway.
  @Test func usualNamesCanBeSaid() {
    let blocks = "c 32x32 3x3, 8\nb 16x16 [3x3, 16; 3x3, 16]\nhead average pool, 10-d fc"
    #expect(names(blocks).names == names("names resnet\n\(blocks)").names)
    let sequence = "c 32x32 3x3, 8, prelu\nhead average pool, 10-d fc"
    #expect(names(sequence).names == ["features.0", "features.1", "features.2", "classifier.0"])
    #expect(names("names vgg\n\(sequence)").names == names(sequence).names)
    #expect(names("names resnet\n\(sequence)").names == ["conv1", "bn1", "prelu1", "fc"])
    // A sequence has no projections.
    let refused = names("names vgg\n\(blocks)")
    #expect(refused.errors == ["a tensor of b has no name"])
  }

  @Test func stemsOfResNetD() {
    let rest = "\nb 8x8 [3x3, 8; 3x3, 8]\nhead average pool, 10-d fc"
    let stem = "names resnet_d\nstride on 3x3\nc 16x16 3x3, 4, stride 2; 3x3, 4; 3x3, 8\np 8x8 2x2 max pool" + rest
    #expect(names(stem).names.prefix(6) == ["conv1.0", "conv1.1", "conv1.3", "conv1.4", "conv1.6", "bn1"])
    let single = "names resnet_d\nc 8x8 3x3, 8, stride 4" + rest
    #expect(names(single).names.prefix(2) == ["conv1", "bn1"])
  }

  @Test func modulesOfConvNeXt() {
    let text = """
      names convnext
      norm layer
      stem 16x16 2x2, 8, stride 2, bias, linear
      a 16x16 [7x7, 8, depthwise, bias, linear; 1x1, 16, no norm, gelu; 1x1, 8, no norm] scale linear x 2
      down 8x8 norm; 2x2, 12, no norm, linear
      head 1x1 average pool, norm, 10-d fc
      """
    let block = ["block.0", "block.2", "block.3", "block.5"]
    let found = names(text)
    #expect(
      found.names == ["features.0.0", "features.0.1"] + block.map { "features.1.0.\($0)" }
        + block.map { "features.1.1.\($0)" } + ["features.2.0", "features.2.1", "classifier.0", "classifier.2"],
      "\(found)")
  }

  /// Factors are a tensor of their block, and can be renamed as modules can.
  @Test func factorsAreRenamed() {
    func factors(_ rename: String) -> (names: [String], errors: [String]) {
      var sink = Diagnostics()
      let text = "model Net\ninput 3 x 32 x 32\n\(rename)\nc 3x3, 8\nb [3x3, 8] scale"
      let graph = parse(SourceFile(name: "x.rn", text: text), &sink).flatMap { resolve($0, Selection(), &sink) }
        .flatMap { lower($0, &sink) }
      return (
        (graph?.tensors ?? []).map(\.name).filter { !$0.contains("n1.") && !$0.contains("conv") },
        sink.all.map(\.message)
      )
    }
    #expect(factors("").names == ["layer1.0.layer_scale"])
    let renamed = factors("rename \"layer1.*.layer_scale\" to \"stages.*.gamma\"")
    #expect(renamed.names == ["stages.0.gamma"] && renamed.errors.isEmpty, "\(renamed)")
  }

  @Test func modulesOfResNetV2() {
    let rest = "\nb 8x8 [1x1, 8; 3x3, 16] x 2\nhead norm, relu; average pool, 10-d fc"
    let head = "names resnetv2\norder pre\nstride on first\n"
    let block = ["norm1", "conv1", "norm2", "conv2"]
    let first = block.map { "stages.0.blocks.0.\($0)" } + ["stages.0.blocks.0.downsample.conv"]
    let rest2 = block.map { "stages.0.blocks.1.\($0)" } + ["norm", "head.fc"]
    let single = names(head + "c 16x16 3x3, 8, stride 2, no norm, linear" + rest)
    #expect(single.names == ["stem.conv"] + first + rest2, "\(single)")
    let deep = names(head + "c 16x16 3x3, 4, stride 2; 3x3, 8, no norm, linear" + rest)
    #expect(deep.names.prefix(3) == ["stem.conv1", "stem.norm1", "stem.conv2"], "\(deep)")
  }

  /// Layers that a family does not have, each in its own row.
  @Test(arguments: [
    ("densenet", "c 3x3, 8\nb [3x3, 8; 3x3, 8]"), ("densenet", "c 3x3, 8\nb { identity | { 3x3, 8 | 1x1, 8 } }"),
    ("densenet", "c 3x3, 8\nd { identity | 3x3, 8 }\nb 1x1, 8"),
    ("googlenet", "b (3x3, 8; 1x1, 8) x 2"), ("googlenet", "b 3x3, 8, prelu"), ("googlenet", "b 3x3, 8; se 4-d"),
    ("inception_v3", "b { 3x3, 8; 3x3, 8; 3x3, 8 | 1x1, 8 }"),
    ("inception_v3", "b { 1x1, 8; 1x7, 8; 3x3, 8 | 1x1, 8 }"),
    ("inception_v3", "b { 1x1, 8; { 1x3, 8 | 3x3, 8 } | 1x1, 8 }"), ("inception_v3", "b { 1x7, 8 | 1x1, 8 }"),
    ("inception_v3", "b { 1x1, 8; { 1x3, 8 | { 3x1, 8 | 3x1, 8 } } | 1x1, 8 }"), ("inception_v3", "b [3x3, 8; 3x3, 8]"),
    ("inception_v3", "b { 3x3 max pool, stride 1; 1x1, 8; 3x3, 8 | 1x1, 8 }"), ("inception_v3", "b 3x3, 8; se 4-d"),
    ("bn_inception", "b { 5x5, 8 | 1x1, 8 }"), ("bn_inception", "b { 1x1, 8; { 3x3, 8 | 3x3, 8 } | 1x1, 8 }"),
    ("bn_inception", "b { identity | 1x1, 3, linear } sum"),
    ("bn_inception", "b { 1x1, 8, prelu | 3x3 max pool, stride 1 }"),
    ("squeezenet", "norm none\nb { 3x3, 8 | 1x1, 8 }"), ("squeezenet", "b (1x1, 8; { 3x3, 8 | 1x1, 8 })"),
    ("mobilenet_v2", "b { 3x3, 8 | 1x1, 8 }"), ("mobilenet_v2", "b [3x3, 8; 1x1, 8]"),
    ("mobilenet_v3", "b norm"), ("efficientnet", "b se 2-d"), ("resnetv2", "b { 3x3, 8 | 1x1, 8 }"),
  ]) func layersWithoutNames(family: String, rows: String) {
    let found = names("names \(family)\nstride on first\n\(rows)\nhead average pool, 10-d fc")
    #expect(found.errors == ["a tensor of b has no name"], "\(found.names)")
  }

  @Test(arguments: [
    ("googlenet", "b 3x3, 8; 3x3, 8", "b.conv.weight"),
    ("inception_v3", "b { 1x1, 8 | 1x1, 8 }", "b.branch1x1.conv.weight"),
    ("bn_inception", "b { 1x1, 8 | 1x1, 8 }", "b_1x1.weight"),
    ("squeezenet", "norm none\nb (1x1, 8; { 3x3, 8 | 3x3, 8 })", "features.0.expand3x3.weight"),
    (
      "densenet", "c { identity | 3x3, 8, linear }\nb norm, relu; 3x3, 8, no norm, no bias; 1x1, 8, no norm, no bias",
      "features.transition1.conv.weight"
    ),
  ]) func namesThatAreTaken(family: String, rows: String, tensor: String) {
    let found = names("names \(family)\n\(rows)\nhead average pool, 10-d fc")
    #expect(found.errors == ["two tensors of Net are called '\(tensor)'"], "\(found.names)")
  }

  // MARK: Renames

  private static let blocks = "c 32x32 3x3, 8\nb 32x32 [3x3, 8; se 2-d; 3x3, 8] x 2\nhead average pool, 10-d fc"

  @Test func renamesBeginNames() {
    let text = """
      rename "conv1" to "stem.conv"
      rename "layer1" to "stages.0.blocks"
      rename "stages.*.blocks.*.bn1" to "stages.*.blocks.*.norm1"
      rename "stages.*.blocks.1.se.fc1" to "stages.*.blocks.last.se.conv_reduce"
      \(Self.blocks)
      """
    let block = { (index: String) in
      ["conv1", "norm1", "se.fc1", "se.fc2", "conv2", "bn2"].map { "stages.0.blocks.\(index).\($0)" }
    }
    var expected = ["stem.conv", "bn1"] + block("0") + block("1") + ["fc"]
    expected[10] = "stages.0.blocks.last.se.conv_reduce"
    #expect(names(text).names == expected)
  }

  @Test(arguments: [
    ("rename \"layer2\" to \"b\"", "no tensor's name begins with 'layer2'"),
    // PReLU has slopes, ReLU has none; and a part is met as a whole.
    ("rename \"prelu1\" to \"b\"", "no tensor's name begins with 'prelu1'"),
    ("rename \"layer\" to \"b\"", "no tensor's name begins with 'layer'"),
    ("rename \"conv1\" to \"fc\"", "two tensors of Net are called 'fc.weight'"),
    ("rename \"layer1.*\" to \"b\"", "'layer1.*' and 'b' have not as many '*'"),
    ("rename \"conv1.\" to \"b\"", "'conv1.' is no beginning of a tensor's name"),
    ("rename \"conv1\" to \"\"", "'' is no beginning of a tensor's name"),
    ("rename \"fc\" \"b\"", "expected 'to' and a name"),
    ("rename fc to b", "expected the beginning of a tensor's name"),
  ]) func renamesThatAreWrong(line: String, message: String) {
    let found = names("\(line)\n\(Self.blocks)")
    #expect(found.errors.count == 1 && found.errors[0].hasPrefix(message), "\(found.errors)")
  }

  /// Lines that each make a name longer, and what has no name anyway.
  @Test func renamesHaveLimits() {
    let line = "rename \"fc\" to \"fc.\(String(repeating: "a", count: 99))\"\n"
    #expect(names(line + line + Self.blocks).errors.isEmpty)
    #expect(
      names(String(repeating: line, count: 4) + Self.blocks).errors
        == ["a tensor's name has at most 255 bytes", "a tensor's name has at most 255 bytes"])
    let nameless = names("names googlenet\nrename \"*.fc1\" to \"se.*\"\nb 3x3, 8; se 4-d\nhead average pool, 10-d fc")
    #expect(nameless.errors.contains("a tensor of b has no name"))
  }

  /// Another checkpoint of the same network: timm's legacy_seresnet50.
  @Test func renamedNamesAreTimms() throws {
    let models = fixtures.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("models")
    let renames = """
      shortcut B
      rename "conv1"  to "layer0.conv1"
      rename "bn1"    to "layer0.bn1"
      rename "*.*.se" to "*.*.se_module"
      rename "fc"     to "last_linear"

      """
    let text = try String(contentsOf: models.appendingPathComponent("seresnet50.rn"), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("shortcut") ? renames : String($0) }.joined(separator: "\n")
    var sink = Diagnostics()
    let source = SourceFile(name: "x.rn", text: text)
    let graph = parse(source, &sink).flatMap { resolve($0, Selection(), &sink) }.flatMap { lower($0, &sink) }
    let file = fixtures.appendingPathComponent("names/legacy_seresnet50.txt")
    let expected = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init).sorted()
    #expect(lines(try #require(graph, "\(sink.all)")) == expected)
  }

  private func lines(_ graph: Graph) -> [String] {
    graph.tensors.map { ([$0.name] + $0.shape.map(String.init)).joined(separator: " ") }.sorted()
  }
}
