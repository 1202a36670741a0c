// Every number of docs/paper-numbers.md, from graphs.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct CostTests {
  struct Expected: Sendable, CustomTestStringConvertible {
    var name: String
    var network: Network
    var parameters: Int
    var macs: Int
    var testDescription: String { name }
  }

  static let b = ShortcutOption.projectWhereShapeChanges
  static let a = ShortcutOption.identityZeroPadded(.end)
  static let c = ShortcutOption.projectAlways

  static let imagenet: [Expected] = [
    Expected(name: "18", network: Paper.resnet(18), parameters: 11_689_512, macs: 1_814_073_344),
    Expected(name: "34", network: Paper.resnet(34), parameters: 21_797_672, macs: 3_663_761_408),
    Expected(name: "50", network: Paper.resnet(50), parameters: 25_557_032, macs: 4_089_184_256),
    Expected(name: "101", network: Paper.resnet(101), parameters: 44_549_160, macs: 7_801_405_440),
    Expected(name: "152", network: Paper.resnet(152), parameters: 60_192_808, macs: 11_513_626_624),
    Expected(name: "50 v1", network: Paper.resnet(50, strideOn: .first), parameters: 25_557_032, macs: 3_857_973_248),
    Expected(name: "101 v1", network: Paper.resnet(101, strideOn: .first), parameters: 44_549_160, macs: 7_570_194_432),
    Expected(
      name: "152 v1", network: Paper.resnet(152, strideOn: .first), parameters: 60_192_808, macs: 11_282_415_616),
    Expected(name: "18 A", network: Paper.resnet(18, a), parameters: 11_515_688, macs: 1_794_805_760),
    Expected(name: "18 plain", network: Paper.resnet(18, .none), parameters: 11_515_688, macs: 1_794_805_760),
    Expected(name: "18 C", network: Paper.resnet(18, c), parameters: 12_043_816, macs: 1_878_298_624),
    Expected(name: "34 A", network: Paper.resnet(34, a), parameters: 21_623_848, macs: 3_644_493_824),
    Expected(name: "34 plain", network: Paper.resnet(34, .none), parameters: 21_623_848, macs: 3_644_493_824),
    Expected(name: "34 C", network: Paper.resnet(34, c), parameters: 22_716_840, macs: 3_830_747_136),
    Expected(
      name: "50 A v1", network: Paper.resnet(50, a, strideOn: .first), parameters: 22_780_456, macs: 3_498_311_680),
    Expected(name: "VGG-16", network: Paper.vgg(16, norm: false), parameters: 138_357_544, macs: 15_470_264_320),
    Expected(name: "VGG-19", network: Paper.vgg(19, norm: false), parameters: 143_667_240, macs: 19_632_062_464),
  ]

  static let cifar: [Expected] = [
    Expected(name: "20", network: Paper.cifar(n: 3), parameters: 269_722, macs: 40_551_040),
    Expected(name: "32", network: Paper.cifar(n: 5), parameters: 464_154, macs: 68_862_592),
    Expected(name: "44", network: Paper.cifar(n: 7), parameters: 658_586, macs: 97_174_144),
    Expected(name: "56", network: Paper.cifar(n: 9), parameters: 853_018, macs: 125_485_696),
    Expected(name: "110", network: Paper.cifar(n: 18), parameters: 1_727_962, macs: 252_887_680),
    Expected(name: "1202", network: Paper.cifar(n: 200), parameters: 19_421_274, macs: 2_829_238_912),
    Expected(name: "20 plain", network: Paper.cifar(n: 3, .none), parameters: 269_722, macs: 40_551_040),
    Expected(name: "56 plain", network: Paper.cifar(n: 9, .none), parameters: 853_018, macs: 125_485_696),
  ]

  @Test(arguments: imagenet + cifar) func totals(_ expected: Expected) throws {
    let cost = CostReport(try lowered(expected.network))
    #expect(cost.parameters == expected.parameters)
    #expect(cost.macs == expected.macs)
    // Rows and stages sum to the totals.
    #expect(cost.layers.reduce(0) { $0 + $1.parameters } == cost.parameters)
    #expect(cost.stages.reduce(0) { $0 + $1.macs } == cost.macs)
  }

  /// Per-stage multiply-adds in millions: conv1, conv2_x to conv5_x, fc.
  @Test(arguments: [
    (18, StridePlacement.on3x3, [118.0, 462.4, 411.0, 411.0, 411.0, 0.5]),
    (34, .on3x3, [118.0, 693.6, 873.5, 1335.9, 642.3, 0.5]),
    (50, .on3x3, [118.0, 667.9, 1027.6, 1464.3, 809.2, 2.0]),
    (50, .first, [118.0, 667.9, 950.5, 1387.3, 732.2, 2.0]),
  ]) func stages(depth: Int, strideOn: StridePlacement, millions: [Double]) throws {
    let stages = CostReport(try lowered(Paper.resnet(depth, strideOn: strideOn))).stages.filter { $0.name != "pool1" }
    #expect(stages.count == millions.count)
    for (stage, expected) in zip(stages, millions) {
      #expect(abs(Double(stage.macs) / 1e6 - expected) <= 0.051, "\(stage.name)")
    }
  }

  @Test func stageParametersOf50() throws {
    let stages = CostReport(try lowered(Paper.resnet(50))).stages
    #expect(stages.map(\.parameters) == [9_536, 0, 215_808, 1_219_584, 7_098_368, 14_964_736, 2_049_000])
    #expect(stages.map(\.name) == ["conv1", "pool1", "conv2_x", "conv3_x", "conv4_x", "conv5_x", "head"])
    #expect(stages.map(\.output.height) == [112, 56, 56, 28, 14, 7, 1])
  }

  @Test func activationsOf50() throws {
    #expect(CostReport(try lowered(Paper.resnet(50))).activations == 11_113_984)
  }

  /// Table 1 prints FLOPs in units of 1e9 with one digit. Two entries do not round as printed; see
  /// docs/paper-numbers.md.
  @Test(arguments: [
    (18, 1.8, Self.b), (34, 3.6, Self.a), (101, 7.6, Self.b), (152, 11.3, Self.b),
  ]) func table1(depth: Int, printed: Double, shortcut: ShortcutOption) throws {
    let macs = CostReport(try lowered(Paper.resnet(depth, shortcut, strideOn: .first))).macs
    #expect((Double(macs) / 1e8).rounded() / 10 == printed)
  }

  @Test func table1PrintsLessFor50() throws {
    let macs = Double(CostReport(try lowered(Paper.resnet(50, strideOn: .first))).macs)
    #expect((macs / 1e8).rounded() / 10 == 3.9)
    #expect(abs(macs / 1e9 - 3.8) < 0.1)
  }

  @Test func table1PrintsOptionAFor34() throws {
    let macs = Double(CostReport(try lowered(Paper.resnet(34))).macs)
    #expect((macs / 1e8).rounded() / 10 == 3.7)
    #expect(abs(macs / 1e9 - 3.6) < 0.1)
  }

  @Test func vggFlopsInTheTextMixConventions() throws {
    func convolutions(_ depth: Int) throws -> Int {
      CostReport(try lowered(Paper.vgg(depth, norm: false))).layers.filter { $0.kind == .convolution }
        .reduce(0) { $0 + $1.macs }
    }
    #expect(try convolutions(16) == 15_346_630_656)
    #expect(try convolutions(19) == 19_508_428_800)
  }

  /// Table 6 prints parameters in millions: two digits after the point, one from 110 layers on.
  @Test(arguments: [(3, 0.27), (5, 0.46), (7, 0.66), (9, 0.85), (18, 1.7), (200, 19.4)])
  func table6(n: Int, printed: Double) throws {
    let millions = Double(CostReport(try lowered(Paper.cifar(n: n))).parameters) / 1e6
    let unit = n < 18 ? 100.0 : 10.0
    #expect((millions * unit).rounded() / unit == printed)
  }

  @Test func cifar20WithProjections() throws {
    #expect(CostReport(try lowered(Paper.cifar(n: 3, Self.b))).parameters == 272_474)
    #expect(CostReport(try lowered(Paper.cifar(n: 3, Self.c))).parameters == 283_962)
  }

  /// What ptflops's hooks for modules and for functions count: a ReLU6 module calls a function that has no hook, SiLU has
  /// no hook as a module, and a sigmoid none at all.
  @Test func ptflopsCountsSomeActivations() throws {
    for activation in Activation.allCases {
      let network = Spell.network(
        input: (3, 8, 8), .none, [Spell.row("a", nil, Spell.conv(3, 4, activation)), Spell.row("b", nil, Spell.fc(2))])
      let cost = CostReport(try lowered(network)).cost
      let hooks =
        switch activation {
        case .relu, .prelu, .elu, .gelu: 2
        case .relu6, .leakyRelu, .silu: 1
        case .linear, .sigmoid, .hardsigmoid, .tanh, .hardswish: 0
        }
      // MACs; the fully connected layer's biases; norm and activation of 4 x 8 x 8 values.
      let expected = cost.macs + 2 + 2 * 256 + hooks * 256
      #expect(FLOPConvention.ptflopsModules.count(cost) == expected, "\(activation)")
    }
  }

  @Test func rowsIncludeWhatFollows() throws {
    let layers = CostReport(try lowered(Paper.resnet(18))).layers
    #expect(
      layers.filter { $0.stage == "conv3_x" }.map(\.name) == [
        "conv3_1.1", "conv3_1.2", "conv3_1.shortcut", "conv3_1.sum", "conv3_2.1", "conv3_2.2", "conv3_2.sum",
      ])
    let projection = layers.first { $0.name == "conv3_1.shortcut" }
    #expect(projection?.kind == .projection)
    #expect(projection?.parameters == 64 * 128 + 2 * 128)
    #expect(layers.last?.kind == .softmax)
  }
}
