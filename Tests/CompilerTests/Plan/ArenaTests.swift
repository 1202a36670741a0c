// Values needed at one time never share memory, and the whole is as small as the lives allow.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct ArenaTests {
  /// Every pair of values whose lives meet, over random networks and every target.
  @Test func valuesAliveTogetherNeverOverlap() throws {
    for seed in 0..<60 {
      guard let graph = try? lowered(randomNetwork(seed: UInt64(seed))) else { continue }
      for target in Target.all {
        check(makePlan(runPasses(graph), target: target, batch: 1 + seed % 3))
      }
    }
  }

  @Test(arguments: ["resnet18.rn", "resnet50.rn", "vgg19_bn.rn", "resnet18a.rn", "plain34.rn"])
  func modelsFit(model: String) throws {
    for target in Target.all { check(try plan(model, target)) }
  }

  private func check(_ plan: Plan, sourceLocation: SourceLocation = #_sourceLocation) {
    let slots = plan.arena.slots
    #expect(plan.arena.floats >= plan.arena.lowerBound, sourceLocation: sourceLocation)
    for (index, slot) in slots.enumerated() {
      #expect(slot.offset >= 0 && slot.offset + slot.floats <= plan.arena.floats, sourceLocation: sourceLocation)
      #expect(slot.offset % 16 == 0, sourceLocation: sourceLocation)
      for other in slots[..<index] where other.birth <= slot.death && slot.birth <= other.death {
        let apart = other.offset + other.floats <= slot.offset || slot.offset + slot.floats <= other.offset
        // The one exception: a sum that takes the place of what it adds to, at the step that reads it last.
        let inPlace = slot.inPlaceOf.map { slots[$0.index] == other } ?? false
        let takesOver = inPlace && other.death == slot.birth && other.offset == slot.offset
        #expect(apart || takesOver, sourceLocation: sourceLocation)
      }
    }
  }

  /// The hand analysis finds 1,304,576 floats for ResNet-50 without halo; 1.4 times that is the limit.
  @Test(arguments: Target.all) func resNet50StaysNearTheHandAnalysis(target: Target) throws {
    let plan = try plan("resnet50.rn", target)
    #expect(plan.arena.floats * 10 <= 1_304_576 * 14)
    #expect(plan.arena.floats == plan.arena.lowerBound)
  }

  /// Each identity block of ResNet-50 adds in place: 3 + 4 + 6 + 3 blocks, of which one a stage projects.
  @Test func identityBlocksAddInPlace() throws {
    let plan = try plan("resnet50.rn", .avx512)
    #expect(plan.arena.slots.filter { $0.inPlaceOf != nil }.count == 12)
  }
}

/// A file of models/.
func modelSource(_ file: String) throws -> SourceFile {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../models")
  return SourceFile(name: file, bytes: Array(try Data(contentsOf: folder.appendingPathComponent(file))))
}

/// The same, lowered.
func loweredModel(_ file: String) throws -> Graph {
  let source = try modelSource(file)
  var sink = Diagnostics()
  let network = try #require(parse(source, &sink).flatMap { resolve($0, Selection(), &sink) })
  return try #require(lower(network, &sink))
}

/// The plan of a model file.
func plan(
  _ model: String, _ target: Target, batch: Int = 1, algorithms: AlgorithmChoice = .fastest
) throws -> Plan {
  makePlan(runPasses(try loweredModel(model)), target: target, batch: batch, algorithms: algorithms)
}
