// Every way to compile a network against every way to run it: Winograd on and off, batches of 1, 3 and 8, one to three
// threads, every instruction set of this machine. The default tier takes some points of it, each on one instruction set,
// another with each commit; RESNETC_MATRIX_TESTS=1 those on all, all of it for the kernels of small networks
// (GuardTests.swift), and whole packages for those of the paper.
import Foundation
import ResNetDSL
import ResNetRuntime
import TestTiers
import Testing

@testable import ResNetCompiler

extension Umbrella {
  /// A sixth of these by commit, and in the slow tier all; each for one instruction set, all of which come up, and for
  /// another with the next commit; with RESNETC_MATRIX_TESTS=1 all for all, or half where a sample is drawn.
  static let matrixNets: [Net] = {
    var nets = [
      Net.paddings.winograd.batched(3), Net.torture[0].winograd.batched(8), Net.pooled.exact.batched(3),
      Net.grouped.batched(3), Net.branches.batched(3), Net.gates.batched(3),
      Net.preNorm.batched(3), Net.separable.exact.batched(3), Net.across.batched(3), Net.highway.batched(3),
      Net.bins.batched(3), Net.inception.batched(3), Net.pieces.batched(3), Net.pyramid.batched(3),
      Net.uShape.batched(3), Net.taps.batched(3), Net.norms.batched(3), Net.shuffled.batched(3),
      Net.windows.batched(3), Net.attention.batched(3),
      Net.scales.batched(3), Net.ragged.exact.batched(3),
    ]
    if !isMatrixRun { for index in nets.indices { nets[index] = nets[index].forOneInstructionSet(index) } }
    if isSlowRun || isMatrixRun, sample == nil { return nets }
    // A test of its own asks the pyramid for its outputs.
    let pyramid = nets.filter { $0.name == Net.pyramid.batched(3).name }
    return nets.filter { $0.name != pyramid.first?.name }.share(oneIn: isSlowRun || isMatrixRun ? 2 : 6) + pyramid
  }()

  /// What ParityTests has not: there is everything at batch 1, as the compiler would choose.
  static let slowMatrixNets: [Net] =
    [Net.tiles.winograd.batched(3), Net.cifar[0].exact.batched(3), Net.cifar[0].batched(8)]
    + [Net.imageNet[0], Net.imageNet[2]].flatMap { net in
      // One of the three ways, and of the other network another, where a sample is drawn.
      let ways = [net.exact, net.batched(3), net.batched(8)]
      return sample == nil ? ways : ways.share(oneIn: 3, turn: net.name == Net.imageNet[0].name ? 0 : 1)
    }.enumerated().map { $1.mostlyForThisMachine($0) }
  static let slowMatrix = Result { try Umbrella("slow-matrix", slowMatrixNets, sharesRuntime: true) }
}

@Suite(.serialized) struct MatrixTests {
  @Test(arguments: Umbrella.matrixNets) func logitsAreThoseOfPyTorch(net: Net) throws {
    try Umbrella.small.get().expectAnswers(of: net, threads: [1, 2, 3, 7, 16])
  }

  /// A workspace full of NaN, every layer against a plain network in double precision.
  @Test(arguments: Umbrella.matrixNets) func everyLayerAgreesWithThePlainNetwork(net: Net) throws {
    try Umbrella.small.get().expectEveryLayer(of: net, threads: [1, 3])
  }

  /// Of several outputs the command writes all, or one, and says their shapes.
  @Test func outputsAreWrittenApart() throws {
    let net = try #require(Umbrella.matrixNets.first { $0.name.hasPrefix("Pyramid") })
    let command = try Umbrella.small.get().command(of: net)
    let compilation = try net.compiled()
    try withTemporaryFolder { scratch in
      let images = scratch.appending(path: "in.f32")
      try write(try Answers(try #require(net.fixture)).pixels(of: compilation), to: images)
      func values(_ more: [String]) throws -> (text: String, values: [Float]) {
        let file = scratch.appending(path: "out.f32")
        let isa = "\(try #require(net.isas.first))"
        let text = try run(
          command.path,
          ["logits", "--weights", "random:1", "--isa", isa, "--input", images.path, "--output", file.path] + more
        ).output
        return (text, try Data(contentsOf: file).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) })
      }
      let all = try values([])
      #expect(all.text.hasSuffix("3 x 3024 float32\n  p2  24 x 8 x 12\n  p3  24 x 4 x 6\n  p4  24 x 2 x 3\n"))
      var start = 0
      for (name, size) in zip(["p2", "p3", "p4"], compilation.outputSizes) {
        let one = try values(["--only", name]).values
        let expected = (0..<3).flatMap { all.values[$0 * 3024 + start..<$0 * 3024 + start + size] }
        #expect(one == Array(expected), "\(name)")
        start += size
      }
      #expect(start == 3024)
    }
  }

  /// Exact means as defined, and on the networks that were made for it Winograd's kernel goes every way it has.
  @Test(arguments: Target.all) func winogradGoesEveryWay(target: Target) throws {
    let nets = [Net.tiles, Net.paddings, Net.sigmoids]
    for net in nets {
      for batch in [1, 8] { #expect(try winograd(net.exact.batched(batch), target).isEmpty) }
    }
    for batch in [1, 3, 8] {
      let kernels = try nets.flatMap { try winograd($0.winograd.batched(batch), target) }
      func expect(_ what: String, _ holds: (WinogradKernel) -> Bool) {
        let found = kernels.contains(where: holds)
        #expect(found, "\(target.name), batch \(batch): no kernel with \(what)")
      }
      for transform in WinogradTransform.all(stride: 1) + WinogradTransform.all(stride: 2) {
        expect("tiles of \(transform.tile), stride \(transform.stride)") { $0.transform == transform }
      }
      for stage in WinogradFilters.Stage.allCases { expect("\(stage) filters") { $0.filters.stage == stage } }
      expect("groups of two sizes") { $0.split.groups.count == 2 }
      expect("one group") { $0.split.groupCount == 1 }
      expect("blocks of two sizes") { $0.split.largerBlocks < $0.split.blockCount }
      expect("one block") { $0.split.blockCount == 1 }
      expect("chunks of two sizes in one block") { kernel in
        kernel.split.chunks.filter { $0.larger > 0 }.count == 2
      }
      expect("several chunks of one size") { kernel in kernel.split.chunks.contains { $0.larger > 1 } }
      expect("a map smaller than its tile") { $0.out.height < $0.transform.tile }
      expect("tiles that end with the map") { $0.out.height % $0.transform.tile == 0 }
      expect("tiles that reach beyond the map") { $0.out.width % $0.transform.tile != 0 }
      expect("one lane block of few channels") { $0.lanesRead < $0.lanes || target.lanes == 4 }
      expect("a sum with a value of its own shape") { if case .same = $0.residual { true } else { false } }
      expect("zeros before and after the channels of a sum") {
        if case .zeroPadded(_, _, let before) = $0.residual { before > 0 } else { false }
      }
      expect("no halo around its output") { $0.out.haloHeight == 0 }
      expect("a halo of two") { $0.out.haloHeight == 2 }
      expect("a halo beside and none above") { $0.out.haloHeight == 0 && $0.out.haloWidth == 2 }
      for activation in [Activation.linear, .relu, .relu6, .prelu, .sigmoid, .silu, .gelu] {
        expect("\(activation)") { $0.activation == activation }
      }
      expect("lanes to clear") { $0.activation == .sigmoid && !$0.out.emptyLanes.isEmpty }
      if batch > 1 {
        expect("a block over several images") { $0.split.blockTiles > $0.tilesDown * $0.tilesAcross }
      }
    }
  }

  /// On the networks that were made for it, and on others, a pool computes its convolution every way it has.
  @Test(arguments: Target.all) func poolsComputeConvolutionsEveryWay(target: Target) throws {
    for batch in [1, 3] {
      let nets = [Net.pooled, Net.paddings, Net.torture[0], Net.torture[2], Net.torture[3]]
      let kernels = try nets.flatMap { net in
        let plan = try #require(try net.exact.batched(batch).compiled().plans.first { $0.target == target })
        return plan.kernels.compactMap { if case .pooledConvolution(let kernel) = $0 { kernel } else { nil } }
      }
      func expect(_ what: String, _ holds: (PooledConvolutionKernel) -> Bool) {
        let found = kernels.contains(where: holds)
        #expect(found, "\(target.name), batch \(batch): no kernel with \(what)")
      }
      expect("a maximum") { $0.pool.reduction == .max }
      expect("a mean") { $0.pool.reduction == .average }
      expect("windows that share rows") { $0.pool.pooling.kernel.height > $0.pool.pooling.stride.rows }
      expect("windows that share none") { $0.pool.pooling.kernel.height == $0.pool.pooling.stride.rows }
      expect("rows above and below the map") { $0.pool.pooling.padding.top > 0 }
      expect("a window that hangs over") { $0.pool.pooling.ceilMode }
      expect("a halo") { $0.pool.out.haloHeight > 0 }
      expect("no halo") { $0.pool.out.haloHeight == 0 }
      expect("groups of two sizes") { $0.convolution.tiling.groups.count == 2 }
      expect("tiles of several rows") { $0.convolution.tiling.rows[0].size > 1 }
      // Narrow vectors make panels that stay in the first level of cache.
      if target != .portable { expect("weights in chunks") { !$0.convolution.stream.chunks.isEmpty } }
      expect("weights in one go") { $0.convolution.stream.chunks.isEmpty }
      expect("an image for its input") {
        $0.convolution.terms[0].steps[3] == 1 && $0.convolution.terms[0].counts[2] == 1
      }
      expect("two terms") { $0.convolution.terms.count == 2 }
      expect("a residual") { $0.convolution.residual != .none }
      expect("a dilated kernel") { $0.convolution.terms[0].steps[2] > target.lanes }
      for activation in [Activation.linear, .relu, .relu6, .prelu, .sigmoid, .gelu] {
        expect("\(activation)") { $0.convolution.activation == activation }
      }
      if batch > 1 { expect("strips of several images") { $0.images > 1 } }
    }
  }

  /// On the network that was made for it a depthwise convolution computes what it reads every way it has.
  @Test(arguments: Target.all) func depthwiseConvolutionsComputeWhatTheyRead(target: Target) throws {
    for batch in [1, 3] {
      let plan = try #require(try Net.separable.exact.batched(batch).compiled().plans.first { $0.target == target })
      let kernels = plan.kernels.compactMap { if case .separable(let kernel) = $0 { kernel } else { nil } }
      func expect(_ what: String, _ holds: (SeparableKernel) -> Bool) {
        let found = kernels.contains(where: holds)
        #expect(found, "\(target.name), batch \(batch): no kernel with \(what)")
      }
      expect("rows above the map") { ($0.depthwise.ring?.padHeight ?? 0) > 0 }
      expect("columns beside it") { $0.convolution.out.origin > 0 }
      expect("a halo") { $0.depthwise.out.haloHeight > 0 }
      expect("dilation") { $0.depthwise.dilation > 1 }
      expect("lanes to clear in the ring") {
        $0.convolution.activation == .sigmoid && !$0.convolution.out.emptyLanes.isEmpty
      }
      if target == .avx512 {
        expect("a stride") { $0.depthwise.stride != 1 }
        expect("a large window") { $0.depthwise.kernel.height == 7 }
      }
    }
  }

  /// On the network that was made for it: blocks that are not full, and chunks that are not alike.
  @Test(arguments: Target.all) func convolutionsLeaveOutEmptyLanes(target: Target) throws {
    let plan = try #require(try Net.ragged.exact.batched(3).compiled().plans.first { $0.target == target })
    let kernels = plan.kernels.compactMap { if case .convolution(let kernel) = $0 { kernel } else { nil } }
    func expect(_ what: String, _ holds: (ConvolutionKernel) -> Bool) {
      let found = kernels.contains(where: holds)
      #expect(found, "\(target.name): no kernel with \(what)")
    }
    func expectTerm(_ what: String, _ holds: (ConvolutionKernel.Term, PartialBlocks) -> Bool) {
      expect(what) { $0.terms.contains { term in term.partial.map { holds(term, $0) } ?? false } }
    }
    expectTerm("a last block that is not full") { $1.period == $0.counts[0] && $1.first == $0.counts[0] - 1 }
    expectTerm("several such blocks") { $1.first < $1.period - 1 }
    expectTerm("such blocks in each part") { $1.period < $0.counts[0] }
    expectTerm("such blocks under a window") { term, _ in term.counts[1] > 1 }
    expect("such blocks in chunks") { $0.terms.contains { $0.partial != nil } && !$0.stream.chunks.isEmpty }
    expect("chunks that are not alike") { $0.stream.chunks.contains { $0.lastBlocks < $0.blocks } }
  }

  /// Sums wait in scratch memory while the next part of the weights is transformed.
  @Test func filtersAreTransformedInParts() throws {
    let kernels = try winograd(Net.cifar[0].winograd, .avx512)
    let parts = kernels.compactMap { if case .running(let blocks) = $0.filters { $0.inBlocks / blocks } else { nil } }
    #expect(parts.contains { $0 > 1 } && parts.contains(1))
  }

  private func winograd(_ net: Net, _ target: Target) throws -> [WinogradKernel] {
    let plan = try #require(try net.compiled().plans.first { $0.target == target })
    return plan.kernels.compactMap { if case .winograd(let kernel) = $0 { kernel } else { nil } }
  }
}

@Suite(.serialized, .enabled(if: isMatrixRun, "RESNETC_MATRIX_TESTS=1 runs it"))
struct SlowMatrixTests {
  @Test(arguments: Umbrella.slowMatrixNets) func logitsAreThoseOfPyTorch(net: Net) throws {
    try Umbrella.slowMatrix.get().expectAnswers(of: net, threads: [1, 2, 3, 7, 16])
  }

  /// A workspace full of NaN, every layer against a plain network in double precision.
  @Test(arguments: Umbrella.slowMatrixNets.prefix(3)) func everyLayerAgreesWithThePlainNetwork(net: Net) throws {
    try Umbrella.slowMatrix.get().expectEveryLayer(of: net, threads: [1, 3])
  }
}
