// The networks under test: a source, what is chosen of it, and PyTorch's stored answers.
import Foundation
import ResNetCompiler
import ResNetDSL
import ResNetRuntime
import TestTiers
import Testing

struct Net: Sendable, CustomTestStringConvertible {
  /// The module's name. Where it is not the source's own, the source is read as if it were.
  var name: String
  /// Of a family, whose members' names end in their depth.
  var family: String?
  /// From the root of the checkout.
  var source: String
  var parameters: [Selection.Setting] = []
  var batch = 1
  var targets = Target.all
  var algorithms = AlgorithmChoice.fastest
  var precisions: [ResNetCompiler.Precision] = [.float32]
  /// Below Tests/Fixtures; without one there are no answers but PyTorch's for other weights.
  var fixture: String?

  var testDescription: String { name }

  /// Those of this machine that it is compiled for.
  var isas: [ISA] { ISA.available.filter { isa in targets.contains { $0.name == "\(isa)" } } }

  /// Tests/Fixtures/torture: small and awkward in every way.
  static let torture: [Net] = [
    torture("Odd", "odd"), torture("PadBoth", "pad_both"), torture("Acts", "acts"), torture("PReLUNet", "prelu"),
    torture("OptionC", "option_c"), torture("PlainNet", "plain"), torture("Counted", "counted"),
    moreActs, grouped, branches, gates, preNorm, separable, across, highway, bins, inception, attention, scales, ragged,
    pieces, shuffled, pyramid, uShape, taps, norms, windows,
  ]
  /// The activations that the others do not have.
  static let moreActs = torture("MoreActs", "more_acts")
  /// Torture for convolutions in groups, down to single channels.
  static let grouped = torture("Grouped", "grouped")
  /// Torture for values side by side.
  static let branches = torture("Branches", "branches")
  /// Torture for products, and for sums of branches.
  static let gates = torture("Gates", "gates")
  /// Torture for pools to sizes.
  static let bins = torture("Bins", "bins")
  /// Torture for Inception-v3's modules.
  static let inception = torture("Inception", "inception")
  /// Torture for padded windows of even size, and maxout on what they make.
  static let pieces = torture("Pieces", "pieces")
  /// A feature pyramid with three outputs.
  static let pyramid = torture("Pyramid", "pyramid")
  /// Down and up again, each size handed across.
  static let uShape = torture("UShape", "ushape")
  /// Torture for values that are read again further down, and returned.
  static let taps = torture("Taps", "taps")
  /// Torture for norms of the value itself, and factors before sums.
  static let norms = torture("Norms", "norms")
  /// Torture for gates.
  static let highway = torture("Highway", "highway")
  /// Torture for padding and steps that differ from side to side.
  static let windows = torture("Windows", "windows")
  /// Torture for splits and shuffles of channels.
  static let shuffled = torture("Shuffled", "shuffled")
  /// Torture for windows over channels.
  static let across = torture("Across", "across")
  /// Torture for channel attention.
  static let attention = torture("Attention", "attention")
  /// Widths that fill no vector.
  static let ragged = torture("Ragged", "ragged")
  /// Torture for branches that add what the one before leaves.
  static let scales = torture("Scales", "scales")
  /// Torture for norms that no convolution takes in.
  static let preNorm = torture("PreNorm", "pre_norm")
  /// Torture for depthwise convolutions that compute what they read. Its maps are too large for the nearest caches.
  static let separable = torture("Separable", "separable")
  /// Torture for Winograd's kernel: every activation, padding and residual, and maps down to one pixel.
  static let tiles = torture("Tiles", "tiles")
  static let paddings = torture("Paddings", "paddings")
  /// Torture for pools that compute the convolutions before them.
  static let pooled = torture("Pooled", "pooled")
  /// Residual sums under an activation that does not keep zero at zero. No stored answers.
  static let sigmoids = Net(name: "Sigmoids", source: "Tests/Fixtures/torture/sigmoids.rn")
  /// Torture for Winograd in whole numbers. No stored answers.
  static let integerTiles = Net(name: "IntegerTiles", source: "Tests/Fixtures/torture/integer_tiles.rn")
  /// Convolutions without a norm. No stored answers.
  static let halves = Net(name: "Halves", source: "Tests/Fixtures/torture/halves.rn")
  static let digits = Net(name: "Digits20", source: "models/digits20.rn")
  /// The same for one instruction set, to be calibrated.
  static let calibrated = digits.inAll.forOneInstructionSet(1)
  /// One network at two scales, for the scores of torchvision's scripts.
  static let scoreScales = ["Scale24", "Scale32"].map { name in
    Net(name: name, source: "Tests/Fixtures/scores/\(name.lowercased()).rn").forOneInstructionSet(2)
  }
  static let cifar: [Net] = [3, 9, 18].map { n in
    Net(
      name: "Cifar\(6 * n + 2)", family: "Cifar", source: "models/cifar.rn",
      parameters: [Selection.Setting(name: "n", value: n)],
      fixture: "parity/cifar\(6 * n + 2).safetensors")
  }
  static let imageNet: [Net] =
    [18, 34, 50, 101, 152].map { depth in
      Net(
        name: "ResNet\(depth)", source: "models/resnet\(depth).rn", fixture: "parity/resnet\(depth).safetensors")
    } + [
      whole("VGG19BN", "vgg19_bn"), whole("ResNeXt50_32x4d", "resnext50_32x4d"),
      whole("MobileNetV2", "mobilenet_v2"), whole("DenseNet121", "densenet121"), whole("GoogLeNet", "googlenet"),
      whole("BVLCGoogLeNet", "bvlc_googlenet"),
      whole("InceptionV3", "inception_v3"), whole("BNInception", "bn_inception"), whole("Maxout", "maxout_cifar10"),
      whole("FitNet19", "fitnet19"), whole("Highway19", "highway19"), whole("NINImageNet", "nin_imagenet"),
      whole("ShuffleNetV2", "shufflenet_v2_x1_0"),
      whole("ConvNeXtT", "convnext_tiny"), whole("ResNetV2_50x1_BiT", "resnetv2_50x1_bit"),
      whole("RegNetY400MF", "regnet_y_400mf"),
    ]

  private static func whole(_ name: String, _ file: String) -> Net {
    Net(name: name, source: "models/\(file).rn", fixture: "parity/\(file).safetensors")
  }

  private static func torture(_ name: String, _ file: String) -> Net {
    Net(name: name, source: "Tests/Fixtures/torture/\(file).rn", fixture: "torture/\(file).safetensors")
  }

  /// Every network of `models/` that is no family, and one of the family for CIFAR-10.
  static func wholeModels() throws -> [Net] {
    let names = try FileManager.default.contentsOfDirectory(atPath: models.path).filter { $0.hasSuffix(".rn") }.sorted()
    return try names.compactMap { file in
      let text = try String(contentsOf: models.appending(path: file), encoding: .utf8)
      let line = text.split(separator: "\n").first { $0.hasPrefix("model ") }
      guard let name = line?.split(separator: " ").dropFirst().first else { return nil }
      return Net(name: String(name), source: "models/\(file)")
    } + [cifar[0]]
  }

  /// The same network for one instruction set of this machine, another with the next commit, and another for whoever is
  /// `turn` further on.
  func forOneInstructionSet(_ turn: Int) -> Net {
    var net = self
    let isa = ISA.available[(Int(draw % 16) + turn) % ISA.available.count]
    net.targets.removeAll { $0.name != "\(isa)" }
    return net
  }

  /// The same network for the instruction sets of this machine. Every third, another one with the next draw, keeps those
  /// that this machine lacks: they compile, and their kernels are looked at for spills.
  func mostlyForThisMachine(_ turn: Int) -> Net {
    guard UInt64(turn) % 3 != draw / 64 % 3 else { return self }
    var net = self
    net.targets.removeAll { target in !ISA.available.contains { target.name == "\($0)" } }
    return net
  }

  /// The same network for the instruction sets that run here.
  var onThisArchitecture: Net {
    var net = self
    net.targets.removeAll { target in !ISA.available.contains { target.name == "\($0)" } }
    return net
  }

  /// The same network compiled for batches of `count`.
  func batched(_ count: Int) -> Net {
    var net = self
    net.addToName("Batch\(count)")
    net.batch = count
    return net
  }

  /// The same network without Winograd.
  var exact: Net {
    var net = self
    net.addToName("Exact")
    net.algorithms = .exact
    return net
  }

  /// The same network with Winograd wherever it applies, in tiles of all sizes, in one block, two, five or more, weights
  /// transformed when packed and while running.
  var winograd: Net {
    var net = self
    net.addToName("Winograd")
    let cuts: [(Int, Int?, WinogradFilters.Stage)] = [
      (2, 1, .packed), (3, 2, .running), (4, nil, .running), (3, 1, .packed), (4, 2, .packed), (2, 5, .running),
      (4, 1, .running),
    ]
    net.algorithms = .winograd(cuts.map { WinogradCut(tile: $0, blocks: $1, filters: $2) })
    return net
  }

  /// The same network in whole numbers only.
  var int8: Net {
    var net = self
    net.addToName("Int8")
    net.precisions = [.int8]
    return net
  }

  /// The same network in every precision.
  var inAll: Net {
    var net = self
    net.addToName("All")
    net.precisions = ResNetCompiler.Precision.allCases
    return net
  }

  /// The name of a family's member ends in its depth, so there the word goes before.
  private mutating func addToName(_ word: String) {
    name = family == nil ? name + word : word + name
    family = family.map { word + $0 }
  }

  var options: CompileOptions {
    CompileOptions(
      selection: Selection(parameters: parameters), targets: targets, precisions: precisions, batch: batch,
      algorithms: algorithms)
  }

  /// The source, under this network's name.
  func sourceFile() throws -> SourceFile {
    let url = repository.appending(path: source)
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    let renamed = lines.map { line in
      let words = line.split(separator: " ", maxSplits: 1)
      guard let word = words.first, word == "model" || word == "family", words.count == 2 else { return String(line) }
      let rest = words[1].drop { $0.isLetter || $0.isNumber || $0 == "_" }
      return "\(word) \(family ?? name)\(rest)"
    }
    return SourceFile(name: url.lastPathComponent, text: renamed.joined(separator: "\n"))
  }

  func compiled() throws -> Compilation {
    var sink = Diagnostics()
    guard let compilation = analyze(try sourceFile(), options, &sink) else {
      throw CommandFailure(description: "\(source): \(sink.inSourceOrder.map(\.message))")
    }
    try #require(compilation.network.name.value == name)
    return compilation
  }

  /// The generated package, by path.
  func package() throws -> [String: Data] {
    let emitted = try emit(try compiled(), from: try sourceFile(), options)
    return Dictionary(uniqueKeysWithValues: emitted.map { ($0.path, Data($0.contents.utf8)) })
  }
}
