// The files in models/: their exact parameters and multiply-adds, and legal graphs through every pass.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct ModelFileTests {
  struct Model: Sendable, CustomTestStringConvertible {
    var file: String
    var variant: String?
    var n: Int?
    var parameters: Int
    var macs: Int

    init(_ file: String, variant: String? = nil, n: Int? = nil, _ parameters: Int, _ macs: Int) {
      self.file = file
      self.variant = variant
      self.n = n
      self.parameters = parameters
      self.macs = macs
    }

    var testDescription: String {
      file + (variant.map { " \($0)" } ?? "") + (n.map { " n=\($0)" } ?? "")
    }
  }

  static let models = [
    Model("table1", variant: "18", 11_689_512, 1_814_073_344),
    Model("table1", variant: "34", 21_797_672, 3_663_761_408),
    Model("table1", variant: "50", 25_557_032, 4_089_184_256),
    Model("table1", variant: "101", 44_549_160, 7_801_405_440),
    Model("table1", variant: "152", 60_192_808, 11_513_626_624),
    Model("resnet50_v1", 25_557_032, 3_857_973_248),
    Model("resnet101_v1", 44_549_160, 7_570_194_432), Model("resnet152_v1", 60_192_808, 11_282_415_616),
    Model("resnet18a", 11_515_688, 1_794_805_760), Model("resnet18c", 12_043_816, 1_878_298_624),
    Model("resnet34a", 21_623_848, 3_644_493_824), Model("resnet34c", 22_716_840, 3_830_747_136),
    Model("plain18", 11_515_688, 1_794_805_760), Model("plain34", 21_623_848, 3_644_493_824),
    Model("cifar", n: 3, 269_722, 40_551_040), Model("cifar", n: 5, 464_154, 68_862_592),
    Model("cifar", n: 7, 658_586, 97_174_144), Model("cifar", n: 9, 853_018, 125_485_696),
    Model("cifar", n: 18, 1_727_962, 252_887_680), Model("cifar", n: 200, 19_421_274, 2_829_238_912),
    Model("cifar_plain", n: 3, 269_722, 40_551_040), Model("cifar_plain", n: 9, 853_018, 125_485_696),
    Model("digits20", 269_722, 40_551_040),
    // scripts/paper_networks.py, PreResNet(111, [(1, 16), (3, 16), (1, 64)]); its 5005 names are those of preresnet164.
    Model("preresnet164", n: 111, 10_327_706, 1_487_849_984), Model("preresnet1001", 10_327_706, 1_487_849_984),
  ]

  /// Those of torchvision, timm and scripts/paper_networks.py, as scripts/state_dict_names.py counted them there.
  static let others: [Model] = {
    let text = try? String(contentsOf: fixtures.appendingPathComponent("model-counts.txt"), encoding: .utf8)
    return (text ?? "").split(separator: "\n").dropFirst().compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 3, let parameters = Int(words[1]), let macs = Int(words[2]) else { return nil }
      let name = words[0].split(separator: "/").map(String.init)
      return Model(name[0], variant: name.count > 1 ? name[1] : nil, parameters, macs)
    }
  }()

  @Test(arguments: models + others) func countsAreExact(model: Model) throws {
    let graph = try lowered(try network(model))
    let cost = CostReport(graph)
    #expect(cost.parameters == model.parameters)
    #expect(cost.macs == model.macs)
    #expect(verify(graph).isEmpty)
    #expect(verify(runPasses(graph)).isEmpty)
  }

  @Test(arguments: others) func parametersAreTheirs(model: Model) throws {
    let name = model.file + (model.variant.map { "_\($0)" } ?? "")
    let text = try String(contentsOf: fixtures.appendingPathComponent("names/\(name).txt"), encoding: .utf8)
    let graph = try lowered(try network(model))
    let lines = graph.tensors.map { line([$0.name] + $0.shape.map(String.init)) }
    let theirs = text.split(separator: "\n").map { line($0.split(separator: " ").map(String.init)) }
    #expect(lines.sorted() == theirs.sorted())
  }

  /// Without dimensions of 1 at the end, which do not matter when weights load: the linear layers of ConvNeXt are 1x1
  /// convolutions here.
  private func line(_ words: [String]) -> String {
    words[...(words.lastIndex { $0 != "1" } ?? 0)].joined(separator: " ")
  }

  @Test func everyFileIsCounted() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".rn") }
    #expect(Set(files) == Set((Self.models + Self.others).map { "\($0.file).rn" }))
  }

  @Test func aWrongSizeIsShownWhereItStands() throws {
    let text = try String(contentsOf: folder.appendingPathComponent("resnet50.rn"), encoding: .utf8)
    let source = SourceFile(name: "resnet50.rn", text: text.replacing("14x14", with: "15x15"))
    var sink = Diagnostics()
    let network = try #require(parse(source, &sink).flatMap { resolve($0, Selection(), &sink) })
    #expect(lower(network, &sink) == nil)
    let error = try #require(sink.all.first)
    #expect(sink.all.count == 1)
    #expect(source.text(error.primary.span) == "15x15")
    #expect(error.secondary.map { source.text($0.span) } == ["28x28"])
    #expect(error.fixIts.first?.edits.first?.replacement == "14x14")
  }

  private var folder: URL {
    fixtures.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("models")
  }

  private func network(_ model: Model) throws -> Network {
    let text = try String(contentsOf: folder.appendingPathComponent("\(model.file).rn"), encoding: .utf8)
    let selection = Selection(
      variant: model.variant, parameters: model.n.map { [Selection.Setting(name: "n", value: $0)] } ?? [])
    var sink = Diagnostics()
    let network = parse(SourceFile(name: model.file, text: text), &sink).flatMap { resolve($0, selection, &sink) }
    return try #require(network, "\(sink.all)")
  }
}
