// The slow tier: every network of the stored answers, on every instruction set of this machine, in one project.
import Foundation
import ResNetRuntime
import Testing

extension Umbrella {
  /// Some networks also for batches.
  static let allNets: [[Net]] =
    (Net.torture + Net.cifar + Net.imageNet).map { net in
      switch net.name {
      case "Odd", "PadBoth": [net, net.batched(3)]
      case "ResNet18": [net, net.batched(2)]
      default: [net]
      }
    }
  static let all = Result { try Umbrella("all", allNets.flatMap { $0 }) }
  static let smallDebug = Result { try Umbrella("small", smallNets, configuration: "debug") }
}

@Suite(.serialized, .enabled(if: slowTestsRun, "RESNETC_SLOW_TESTS=1 runs it"))
struct ParityTests {
  @Test(arguments: Umbrella.allNets) func logitsAreThoseOfPyTorch(nets: [Net]) throws {
    try Umbrella.all.get().expectAnswers(of: nets, threads: [1, 2, 3])
  }

  /// Whoever depends on a package builds it in debug mode most of the time.
  @Test func debugBuildGivesTheSameAnswers() throws {
    try Umbrella.smallDebug.get().expectAnswers(of: [Net.torture[0]], threads: [1, 2])
  }

  /// A workspace full of NaN, every layer against a plain network in double precision.
  @Test(arguments: Umbrella.allNets.flatMap { $0 }.filter { !large.contains($0.name) })
  func everyLayerAgreesWithThePlainNetwork(net: Net) throws {
    let command = try Umbrella.all.get().command(of: net)
    for isa in ISA.available {
      let text = try run(command.path, ["verify", "--weights", "random:1", "--isa", "\(isa)", "--quiet"]).output
      #expect(text.contains("within 1.0e-04"))
      print("\(net.name), \(text)", terminator: "")
    }
  }

  @Test func kernelModulesShareNoSymbols() throws {
    for net in Umbrella.allNets.flatMap({ $0 }) {
      for suffix in ["AVX512", "AVX2", "Portable"] {
        try expectNoSharedSymbols(try Umbrella.all.get().objects(of: net, suffix), module: net.name + suffix)
      }
    }
  }

  /// Their plain networks take minutes, and they have no kernel that the others lack.
  private static let large = ["ResNet34", "ResNet101", "ResNet152", "VGG19BN"]
}
