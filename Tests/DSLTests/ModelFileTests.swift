// The files in `models/` resolve without a word, under the names and with the layers that the paper gives them.

import Foundation
import Testing

@testable import ResNetDSL

struct ModelFileTests {
  @Test func everyFileResolvesInEveryVariant() throws {
    let files = try modelFiles()
    #expect(files.count >= 48)
    for file in files {
      let source = try readSource(file)
      var sink = Diagnostics()
      let model = try #require(parse(source, &sink), "\(file.lastPathComponent)")
      let variants: [String?] = model.variants.isEmpty ? [nil] : model.variants
      for variant in variants {
        let network = resolve(model, Selection(variant: variant), &sink)
        #expect(sink.all.isEmpty, "\(file.lastPathComponent): \(sink.all)")
        #expect(network != nil, "\(file.lastPathComponent)")
      }
    }
  }

  @Test(arguments: [
    ("table1.rn", "18", "ResNet18"), ("table1.rn", "152", "ResNet152"), ("resnet50.rn", nil, "ResNet50"),
    ("resnet101_v1.rn", nil, "ResNet101V1"), ("plain34.rn", nil, "Plain34"), ("resnet18a.rn", nil, "ResNet18A"),
    ("resnet34c.rn", nil, "ResNet34C"), ("vgg16.rn", nil, "VGG16"), ("vgg19_bn.rn", nil, "VGG19BN"),
    ("cifar.rn", nil, "CifarResNet20"), ("cifar_plain.rn", nil, "CifarPlain20"), ("digits20.rn", nil, "Digits20"),
    ("resnext50_32x4d.rn", nil, "ResNeXt50_32x4d"), ("wide_resnet50_2.rn", nil, "WideResNet50_2"),
    ("preresnet164.rn", nil, "PreResNet164"), ("squeezenet1_1.rn", nil, "SqueezeNet1_1"),
  ])
  func names(file: String, variant: String?, name: String) throws {
    let source = try readSource(repository.appendingPathComponent("models/\(file)"))
    let network = try #require(compile(source, Selection(variant: variant)).network)
    #expect(network.name.value == name)
    #expect(network.variant == variant)
  }

  /// Convolutions and fully connected layers, counted from the network alone.
  private func depth(_ network: Network) -> Int {
    func weighted(_ layer: Layer) -> Int {
      switch layer.kind {
      case .convolution, .fullyConnected, .gate: 1
      case .branches(let branches, _): longest(branches)
      default: 0
      }
    }
    /// A branch that begins with `+` goes on from the one before it.
    func longest(_ branches: [[Layer]]) -> Int {
      var depths: [Int] = []
      for branch in branches {
        var depth = branch.reduce(0) { $0 + weighted($1) }
        let goesOn = branch.contains { if case .carry = $0.kind { true } else { false } }
        if goesOn { depth += depths.last ?? 0 }
        depths.append(depth)
      }
      return depths.max() ?? 0
    }
    return network.stages.flatMap(\.items).reduce(0) { sum, item in
      switch item {
      case .layer(let layer): sum + weighted(layer)
      case .block(let block): sum + block.repeats * block.layers.reduce(0) { $0 + weighted($1) }
      }
    }
  }

  /// Of columns that are not called by it: Table 3 of "Delving Deep into Rectifiers".
  private let depths = ["A": 19, "B": 22, "C": 22]

  @Test func depthsAreWhatTheNamesSay() throws {
    for file in try modelFiles() {
      let source = try readSource(file)
      let model = try #require(compile(source).model)
      for variant in model.variants.isEmpty ? [nil] : model.variants.map(Optional.some) {
        let network = try #require(compile(source, Selection(variant: variant)).network)
        let stated = network.depth?.value ?? variant.flatMap { Int($0) ?? depths[$0] }
        #expect(depth(network) == stated, "\(file.lastPathComponent) \(variant ?? "")")
      }
    }
  }

  @Test(arguments: [(3, 20), (5, 32), (7, 44), (9, 56), (18, 110), (200, 1202)])
  func cifarDepths(n: Int, layers: Int) throws {
    let source = try readSource(repository.appendingPathComponent("models/cifar.rn"))
    let setting = Selection(parameters: [.init(name: "n", value: n)])
    let network = try #require(compile(source, setting).network)
    #expect(network.name.value == "CifarResNet\(layers)")
    #expect(network.parameters == [.init(name: "n", value: n)])
    #expect(network.depth?.value == layers)
    #expect(depth(network) == layers)
  }

  @Test func familyAndFilesAgree() throws {
    let table = try readSource(repository.appendingPathComponent("models/table1.rn"))
    for variant in ["18", "34", "50", "101", "152"] {
      let column = try #require(compile(table, Selection(variant: variant)).network)
      let file = try readSource(repository.appendingPathComponent("models/resnet\(variant).rn"))
      let single = try #require(compile(file).network)
      #expect(bare(column) == bare(single), "\(variant)")
    }
  }

  /// A network without its spans, its depth and the variant's name.
  private func bare(_ network: Network) -> String {
    let items = network.stages.map { stage in
      "\(stage.name.value) \(stage.size.map { "\($0.value)" } ?? "") "
        + stage.items.map { item in
          switch item {
          case .layer(let layer): describe(layer)
          case .block(let block): "\(block.kind)\(block.repeats)\(block.activation)\(block.layers.map(describe))"
          }
        }.joined(separator: "; ")
    }
    return "\(network.name.value) \(network.input.value) \(network.shortcut.value) \(network.preprocess) \(items)"
  }

  private func describe(_ layer: Layer) -> String {
    switch layer.kind {
    case .convolution(let c):
      "conv \(c.kernel) \(c.width.value) \(c.stride?.value.text ?? "") \(c.padding.map { "\($0)" } ?? "") \(c.dilation) "
        + "\(c.bias) \(c.norm?.epsilon ?? 0) \(c.activation)"
    case .maxPool(let p): "max \(p.kernel) \(p.stride?.value.text ?? "") \(p.ceilMode)"
    case .averagePool(let p): "avg \(p.kernel) \(p.stride?.value.text ?? "") \(p.ceilMode)"
    case .fullyConnected(let f): "fc \(f.width.value) \(f.bias) \(f.activation)"
    default: "\(layer.kind)"
    }
  }
}
