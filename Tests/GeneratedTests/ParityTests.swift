// The slow tier: every network of the stored answers, on every instruction set of this machine, in one package that
// shares a runtime; and two packages as they are shipped, in one project.
import Foundation
import ResNetCompiler
import ResNetRuntime
import TestTiers
import Testing

extension Umbrella {
  /// Odd runs an image at a time in SmallNetTests; here its package is compiled for all three images in one call.
  /// Of the whole networks a quarter, and ResNet-50, where a sample is drawn.
  static let allNets: [Net] = {
    let (fifty, whole) = (Net.imageNet[2], Net.cifar + Net.imageNet)
    let drawn = sample == nil ? whole : whole.filter { $0.name != fifty.name }.share(oneIn: 4) + [fifty]
    return (Net.torture + drawn).enumerated().map { index, net in
      (net.name == "Odd" ? net.batched(3) : net).mostlyForThisMachine(index)
    }
  }()
  static let all = Result { try Umbrella("all", allNets, sharesRuntime: true) }
  /// Each with a runtime of its own, as it is shipped.
  static let apartNets = [Net.torture[2], Net.torture[4]]
  static let apart = Result { try Umbrella("apart", apartNets) }
  static let debug = Result { try Umbrella("debug", [Net.torture[0]], configuration: "debug") }
}

@Suite(.serialized, .enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it"))
struct ParityTests {
  @Test(arguments: Umbrella.allNets) func logitsAreThoseOfPyTorch(net: Net) throws {
    try Umbrella.all.get().expectAnswers(of: net, threads: [1, 2, 3, 7, 16])
  }

  /// Packages live in one program with all that they bring.
  @Test(arguments: Umbrella.apartNets) func packagesLiveTogether(net: Net) throws {
    try Umbrella.apart.get().expectAnswers(of: net, threads: [1, 2])
    try Umbrella.apart.get().expectEveryLayer(of: net, threads: [2])
  }

  /// Whoever depends on a package builds it in debug mode most of the time.
  @Test func debugBuildGivesTheSameAnswers() throws {
    try Umbrella.debug.get().expectAnswers(of: Net.torture[0], threads: [1, 2])
  }

  /// A workspace full of NaN, every layer against a plain network in double precision.
  @Test(arguments: Umbrella.allNets.filter { !large.contains($0.name) })
  func everyLayerAgreesWithThePlainNetwork(net: Net) throws {
    let command = try Umbrella.all.get().command(of: net)
    for isa in ISA.available {
      let text = try run(command.path, ["verify", "--weights", "random:1", "--isa", "\(isa)", "--quiet"]).output
      #expect(text.contains("within 1.0e-04"))
      print("\(net.name), \(text)", terminator: "")
    }
  }

  @Test func kernelModulesShareNoSymbols() throws {
    for net in Umbrella.allNets {
      for suffix in ["AVX512", "AVX2", "Portable"] where net.targets.contains(where: { $0.name == suffix.lowercased() })
      {
        try expectNoSharedSymbols(try Umbrella.all.get().objects(of: net, suffix), module: net.name + suffix)
      }
    }
  }

  /// Their plain networks take minutes; their logits are held against PyTorch's all the same.
  private static let large = ["ResNet34", "ResNet101", "ResNet152", "VGG19BN", "InceptionV3"]
}
