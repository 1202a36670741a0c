// How channels lie: one after another, in parts side by side, or with groups in lanes; and that every value of random
// networks of branches has a place of its own.
import Foundation
import ResNetDSL
import TestTiers
import Testing

@testable import ResNetCompiler

@Suite struct ChannelOrderTests {
  /// By hand: 20 channels in groups of 4 are 5 groups, in 4 lanes two blocks' worth, of four blocks each.
  @Test func groupsLieInLanes() {
    let order = ChannelOrder.interleaved(20, groupSize: 4)
    #expect(order.blocks(lanes: 4) == 8 && order.text == "20/4" && order.lanesUsed(lanes: 4) == 4)
    #expect(order.emptyLanes(lanes: 4) == (4..<8).map { EmptyLanes(block: $0, count: 3) })
    // Channel 6 is the third of the second group, channel 18 the third of the fifth, which begins anew in lane 0.
    let moves = ChannelOrder.plain(20).moves(to: order, lanes: 4)
    #expect(moves.map(\.count).reduce(0, +) == 20)
    func slot(_ channel: Int) -> Int? {
      moves.first { $0.from..<$0.from + $0.count ~= channel }.map { $0.to + channel - $0.from }
    }
    #expect(slot(6) == 2 * 4 + 1 && slot(18) == (4 + 2) * 4 && slot(0) == 0 && slot(3) == 3 * 4)
  }

  @Test func partsBeginWithBlocks() {
    let parts = [24, 16, 5, 7].map { ChannelOrder.plain($0) }
    let order = ChannelOrder.joined(parts, lanes: 8)
    #expect(order.text == "45+7", "what ends with a block goes on with the next")
    #expect(order.blocks(lanes: 8) == 7 && order.emptyLanes(lanes: 8).map(\.block) == [5, 6])
    #expect(ChannelOrder.joined(parts, lanes: 16).text == "24+21+7")
  }

  /// A reader leaves out lanes that hold no channel: by hand, and that the rule is never wrong.
  @Test func readersKnowBlocksThatAreNotFull() {
    #expect(ChannelOrder.plain(40).partialBlocks(lanes: 16) == PartialBlocks(period: 3, first: 2, lanes: 8))
    let groups = ChannelOrder.interleaved(208, groupSize: 8)
    #expect(groups.partialBlocks(lanes: 16) == PartialBlocks(period: 16, first: 8, lanes: 10))
    let halves = ChannelOrder.joined([.plain(58), .plain(58)], lanes: 16)
    #expect(halves.partialBlocks(lanes: 16) == PartialBlocks(period: 4, first: 3, lanes: 10))
    #expect(ChannelOrder.plain(64).partialBlocks(lanes: 16) == nil)
    #expect(ChannelOrder.plain(5).partialBlocks(lanes: 16) == nil)
    #expect(ChannelOrder.joined([.plain(20), .plain(40)], lanes: 16).partialBlocks(lanes: 16) == nil)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let lanes = [4, 8, 16][Int.random(in: 0..<3, using: &random)]
      let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        let size = [1, 1, 2, 8][Int.random(in: 0..<4, using: &random)]
        return ChannelOrder.interleaved(Int.random(in: 1...40, using: &random) * size, groupSize: size)
      }
      let order = ChannelOrder.joined(parts, lanes: lanes)
      guard let partial = order.partialBlocks(lanes: lanes) else { continue }
      let channels = order.channelsOfLanes(lanes)
      for block in 0..<order.blocks(lanes: lanes) {
        let read = block % partial.period < partial.first ? order.lanesUsed(lanes: lanes) : partial.lanes
        let isRead = channels[block * lanes..<(block + 1) * lanes].map { $0 >= 0 }
        #expect(isRead == (0..<lanes).map { $0 < read }, "\(order.text) by \(lanes)")
      }
    }
  }

  private func plan(_ rows: String, _ target: Target) throws -> Plan {
    let text = "model Net\ninput 3 x 12 x 12\nshortcut B\nstride on 3x3\n\(rows)\nhead 1x1 average pool, 10-d fc\n"
    var sink = Diagnostics()
    let compilation = analyze(SourceFile(name: "x.rn", text: text), CompileOptions(targets: [target]), &sink)
    return try #require(compilation?.plans.first, "\(sink.all)")
  }

  private func grouping(_ convolution: String, _ target: Target) throws -> GroupPlacement? {
    let plan = try plan(convolution, target)
    return zip(plan.graph.nodes, plan.groupings).first { $0.0.operation.groupedTerm != nil }?.1
  }

  /// ResNeXt's groups fill vectors; RegNet's six do not, and go by vectors' worths; two wide ones are two convolutions.
  @Test func groupsAreComputedWhereTheyWasteLeast() throws {
    for target in Target.all {
      #expect(try grouping("a 12x12 1x1, 128; 3x3, 128, groups 32", target) == .lanes)
      #expect(try grouping("a 12x12 1x1, 64; 3x3, 64, depthwise", target) == .lanes)
      #expect(try grouping("a 12x12 1x1, 96; 3x3, 96, groups 2", target) == .parts(2))
    }
    #expect(try grouping("a 12x12 1x1, 48; 3x3, 48, groups 6", .avx512) == .parts(3))
    #expect(try grouping("a 12x12 1x1, 48; 3x3, 48, groups 6", .avx2) == .parts(6))
    // What is put together lies as its parts do, and no other way.
    let shared = "a 12x12 1x1, 128; { 3x3, 128, groups 32 | identity }"
    #expect(try grouping(shared, .avx512) != .lanes)
  }

  /// Half of a grouped convolution is not computed twice: its tiles stay within their groups.
  @Test func tilesStayWithinGroups() throws {
    for target in Target.all {
      let plan = try plan(
        "a 12x12 [1x1, 96; 3x3, 96, groups 16; 1x1, 32] x 2\nb 12x12 1x1, 80; 3x3, 160, groups 2", target)
      let kernels = plan.kernels.compactMap { kernel in
        if case .convolution(let kernel) = kernel, let groups = kernel.groups { (kernel, groups) } else { nil }
      }
      #expect(!kernels.isEmpty)
      for (kernel, groups) in kernels {
        #expect(kernel.tiling.groups.allSatisfy { groups.outBlocks % $0.size == 0 && $0.start % groups.outBlocks == 0 })
        #expect(kernel.out.blocks % groups.outBlocks == 0)
      }
    }
  }

  /// A value that would have to lie in two places is copied, and only such a one.
  @Test(arguments: [
    ("a 12x12 { 1x1, 8 | 3x3, 8 }", 0), ("a 12x12 1x1, 8; { identity | identity }", 1),
    ("a 12x12 { identity | 3x3, 8 }", 1), ("a 12x12 1x1, 8; { identity | { identity | 3x3, 8 } }", 1),
    ("a 12x12 1x1, 8; ({ identity | 1x1, 8; 3x3, 4 }) x 6", 0),
    ("a 12x12 1x1, 16\nb 12x12 [{ 1x1, 8, linear | 1x1, 8, linear }] x 3", 0),
    ("a 12x12 [{ 1x1, 6, linear | 1x1, 10, linear }] x 2\nb 12x12 [{ 1x1, 8, linear | 1x1, 8, linear }] x 2", 1),
  ])
  func copiesAreRare(rows: String, copies: Int) throws {
    let plan = try plan(rows, .avx2)
    let found = plan.graph.nodes.filter { $0.operation == .activation(.linear) }
    #expect(found.count == copies, "\(plan.graph.text)")
  }

  /// Halves that fill vectors lie where they are, others are copied once; of halves that pass only what is read.
  @Test func rangesOfChannelsAreNoCopies() throws {
    func gathered(_ rows: String, _ target: Target) throws -> Int {
      let plan = try plan(rows, target)
      return plan.steps.reduce(0) { sum, step in
        if case .gather = plan.kernels[step.kernel] { sum + plan.graph[step.node].shape.channels } else { sum }
      }
    }
    for target in [Target.avx512, .avx2, .portable] {
      #expect(try gathered("a 12x12 1x1, 64; split { 1x1, 8 | 3x3, 8 }", target) == 0)
      #expect(try gathered("a 12x12 1x1, 64; split { identity | 3x3, 32 }", target) == 32, "in place beside the other")
      #expect(try gathered("a 12x12 1x1, 20; (split { identity | 1x1, 10 }; shuffle 2) x 4", target) == 4 * 10 + 20)
      #expect(try gathered("a 12x12 1x1, 20; shuffle 2; shuffle 10; 1x1, 8", target) == 0, "each undoes the other")
      #expect(try gathered("a 12x12 1x1, 20; shuffle 2; 3x3, 8", target) == 0, "an order of weights")
    }
    #expect(try gathered("a 12x12 1x1, 48; split { 1x1, 8 | 3x3, 8 }", .avx512) == 48)
    #expect(try gathered("a 12x12 1x1, 48; split { 1x1, 8 | 3x3, 8 }", .avx2) == 0)
  }

  /// DenseNet's blocks: each layer reads and extends one value, and nothing is ever moved.
  @Test func aDenseBlockIsOneValue() throws {
    let plan = try plan("a 12x12 1x1, 16; ({ identity | 1x1, 32; 3x3, 16 }) x 6", .avx512)
    let wholes = Set(plan.arena.slots.compactMap(\.partOf))
    #expect(wholes.count == 1)
    let parts = plan.arena.slots.filter { $0.partOf != nil }
    #expect(parts.count == 1 + 6 + 5, "the first value, six that are added, five sums so far")
    #expect(Set(parts.map { $0.offset % 16 }) == [0])
  }

  /// What holds for every plan can fail: values that die when they are written, halos that nobody made, weights at 0.
  @Test func faultsOfPlansAreFound() throws {
    let plan = try plan("a 12x12 1x1, 16; { 3x3, 16 | identity }; 3x3, 20", .avx2)
    #expect(planFaults(plan).isEmpty)
    func broken(layouts: [Layout]? = nil, arena: Arena? = nil, steps: [Step]? = nil) -> [String] {
      planFaults(
        Plan(
          graph: plan.graph, target: plan.target, batch: plan.batch, layouts: layouts ?? plan.layouts,
          groupings: plan.groupings, arena: arena ?? plan.arena, kernels: plan.kernels, steps: steps ?? plan.steps,
          reads: plan.reads, scales: plan.scales, weightFloats: plan.weightFloats))
    }
    let count = plan.graph.nodes.count
    let forgetful = Arena(
      sizes: plan.arena.slots.map(\.floats), inputs: Array(repeating: [], count: count),
      placements: plan.arena.slots.map(\.placement), outputs: plan.graph.results)
    #expect(broken(arena: forgetful).contains { $0.hasSuffix("outside of its life") })
    let bare = plan.layouts.map { Layout(kind: $0.kind, shape: $0.shape, halo: Extent(0, 0), order: $0.order) }
    #expect(broken(layouts: bare).contains { $0.contains("reads beyond the halo of") })
    let wide = plan.layouts.map { Layout(kind: $0.kind, shape: $0.shape, halo: $0.halo, order: .plain(48)) }
    #expect(broken(layouts: wide).contains { $0.hasSuffix("has lanes of no or of two channels") })
    let first = plan.steps.first { $0.weights != nil }?.weights
    let piled = plan.steps.map {
      Step(node: $0.node, kernel: $0.kernel, sources: $0.sources, residual: $0.residual, weights: first)
    }
    #expect(broken(steps: piled).contains { $0.hasPrefix("weights overlap") })
    #expect(broken(steps: plan.steps.dropLast()).contains { $0.hasSuffix("has no step") })
  }

  @Test func randomNetworks() throws {
    var (concatenations, gathers, cuts) = (0, 0, 0)
    for seed in seeds(20, slow: 300).map(UInt64.init) {
      var sink = Diagnostics()
      guard let graph = lower(randomBranches(seed: seed), &sink) else {
        #expect(sink.hasErrors, "seed \(seed) is refused without a reason")
        continue
      }
      try expectPassesPreserve(graph, seed: seed)
      let fused = runPasses(graph)
      concatenations += fused.nodes.filter { $0.operation.isConcatenation }.count
      for target in [Target.avx512, .avx2, .portable] {
        let plan = makePlan(fused, target: target, batch: 1 + Int(seed % 3))
        let faults = planFaults(plan)
        #expect(faults.isEmpty, "seed \(seed): \(faults)")
        gathers += plan.kernels.count { if case .gather = $0 { true } else { false } }
        cuts += plan.arena.slots.indices.count { index in
          plan.arena.slots[index].partOf.map { $0.index < index } ?? false
        }
      }
    }
    #expect(concatenations > 20 && gathers > 20 && cuts > 0, "\(concatenations), \(gathers), \(cuts)")
  }
}
