// Which algorithm a convolution gets. Each candidate is estimated in cycles of one core, by a model with three parts:
// what the multiplications take at the ports, what the transforms take, and what streaming weights and tiles from where
// they lie takes. The larger of arithmetic and streaming counts whole, a part of the smaller is not hidden behind it.
//
// Weights in half precision are counted as if they were not: a layer gets the algorithm that it has in single precision, so
// that its weights take half as much and not what streaming less would tempt to, transformed ones.
//
// The constants come from measurements on an Ice Lake core at 2.7 GHz (48 KB, 1.25 MB, shared last level): 64 bytes a
// cycle from the second level, 12 from the third, 3.4 from memory beside a reduction; docs/performance.md has the table
// that confirms the choices.

internal import ResNetDSL

/// What the compiler may choose from.
package enum AlgorithmChoice: Hashable, Sendable {
  /// Sums as they are defined: no Winograd.
  case exact
  /// Whatever the model expects to be fastest.
  case fastest
  /// What was measured to be fastest, and else what the model expects to be.
  case tuned(Tuning)
  /// Winograd wherever it applies, layer i cut as the i-th of these says, over and over: for tests, since the model has
  /// no reason to choose it for maps as small as theirs.
  case winograd([WinogradCut])
}

/// How one layer is to be cut.
package struct WinogradCut: Hashable, Sendable {
  /// Outputs of a tile along one axis.
  package var tile: Int
  /// Blocks of tiles, where there are as many tiles; `nil` leaves it to the model.
  package var blocks: Int?
  package var filters: WinogradFilters.Stage

  package init(tile: Int, blocks: Int?, filters: WinogradFilters.Stage) {
    self.tile = tile
    self.blocks = blocks
    self.filters = filters
  }
}

/// An estimate for one way to compute a convolution.
struct ConvolutionEstimate {
  var arithmetic: Double
  var streaming: Double
  /// Transforms, which hide nothing and hide behind nothing.
  var transforms = 0.0
  /// The share of the smaller of the two that the larger does not hide.
  var exposed = 0.25

  var cycles: Double {
    // Kernels reach 93 % of what the ports allow: prologues, epilogues, the odd miss.
    let busy = arithmetic / 0.93
    return max(busy, streaming) + min(busy, streaming) * exposed + transforms
  }
}

/// What an estimate needs to know of the machine and of the network.
struct CostModel {
  let target: Target
  /// Bytes of all weights: whether a layer still finds its own in a cache when its turn comes again.
  let networkBytes: Double

  /// Cycles for a byte of an operand of this size.
  private func distance(_ bytes: Double) -> Double {
    switch bytes {
    case ...0.75e6: 1.0 / 64
    case ...12e6: 1.0 / 12
    default: 1.0 / 3.4
    }
  }

  func direct(_ kernel: ConvolutionKernel) -> ConvolutionEstimate {
    let cycles = kernel.tiling.kinds.reduce(0) { $0 + step($1.pixels, $1.vectors) * Double($1.count) }
    let weights = Double(kernel.out.blocks * target.lanes) * Double(kernel.reduction) * 4
    return ConvolutionEstimate(
      arithmetic: cycles * Double(kernel.reduction) * Double(kernel.batch),
      streaming: weights * distance(networkBytes), exposed: kernel.stream.ahead > 0 ? 0.12 : 0.25)
  }

  func winograd(_ kernel: WinogradKernel) -> ConvolutionEstimate {
    let split = kernel.split
    let positions = Double(kernel.transform.positions)
    var cycles = 0.0
    let steps = kernel.partBlocks * kernel.lanesRead
    let chunks = split.chunks
    for group in split.groups {
      // One position's weights serve several calls. More of them than 24 KiB do not stay in the first-level cache, and
      // each line from the second costs half a cycle: at 128 channels 5 x 4 sums were slower than 13 x 2.
      let isFar = steps * group.size * target.lanes * 4 > 24 << 10
      for chunk in chunks {
        let count = chunk.larger * split.largerBlocks + chunk.smaller * (split.blockCount - split.largerBlocks)
        let step = step(chunk.rows, group.size) + (isFar ? Double(group.size) / 2 : 0)
        // Besides the reduction a call, its zeros and its stores.
        let call = step * Double(kernel.reduction) + Double(20 + chunk.rows * group.size)
        cycles += call * Double(group.count) * Double(count)
      }
    }
    let pairs = Double(kernel.reduction) * Double(kernel.out.blocks * target.lanes)
    let weights = Double(kernel.filterFloats) * pairs * 4
    let tiles = positions * Double(kernel.positionPitch) * 4
    let products = positions * Double(kernel.productPitch) * 4
    let passes = Double(split.blockCount - 1) * distance(weights) + distance(networkBytes)
    // Small weights are to stay in the second-level cache beside a block; large ones pass through. A block that does not
    // fit costs more than its bytes: nothing asks ahead for tiles, as it does for weights. Eight images of 128 channels at
    // 28x28 took 6.1 ms in one block of 392 tiles, 4.2 ms in blocks of 25.
    var besides = weights <= 0.75e6 ? weights : 0.1e6
    if kernel.filters != .packed {
      let part = positions * Double(kernel.filterPitch(vectors: split.groups[0].size)) * 4
      besides = part * (1 + 9 / positions)
    }
    let tileDistance = tiles + products + besides <= 1.1e6 ? 1.0 / 64 : 1.0 / 6
    // Of an odd number two threads share one, and both read its weights.
    let balance = Double((kernel.panels + 1) / 2 * 2) / Double(kernel.panels)
    return ConvolutionEstimate(
      arithmetic: cycles * positions * (1 + balance) / 2,
      streaming: weights * passes + Double(kernel.panels) * tiles * tileDistance,
      transforms: kernel.transformCycles)
  }

  /// Lines that each step asks for, so that all that a position needs has been asked for once when its turn comes. Where
  /// weights stream, the processor's own prefetching falls behind: F(2x2) of 512 channels at 7x7 took 1.7 ms with and
  /// 2.3 ms without.
  func prefetch(_ kernel: WinogradKernel) -> Int {
    guard networkBytes > 0.75e6 else { return 0 }
    let chunks = (kernel.split.blockTiles + kernel.split.rowLimit - 1) / kernel.split.rowLimit
    let lines = kernel.split.groups[0].size * kernel.weightLanes * 4 / 64
    // Products of whole numbers leave room for one too many: 256 channels at 14x14 took 0.187 ms with one line a step, 0.154
    // with two, of three that are used by two chunks.
    return kernel.isInteger ? (lines + chunks - 1) / chunks : max(1, lines / chunks)
  }

  /// Cycles of one step of a reduction: two multiplications a cycle, no less than the latency of the sums allows, and two
  /// thirds of a cycle for each load beyond `Target.loads` a cycle. On an Ice Lake core and from the second-level cache
  /// 8 x 2 sums reached 149 GFLOP/s, 14 x 2 155, 8 x 3 172, 9 x 3 175 and 5 x 4 171, of a peak of 180. `Tiling.cost` ranks
  /// tiles of one layer and so weighs what they read, too; this compares algorithms, to which such ties are nothing.
  private func step(_ rows: Int, _ vectors: Int) -> Double {
    let cycles = Double(max(rows * vectors, 8)) / 2
    return cycles + max(0, Double(rows + vectors) / Double(target.loads) - cycles) * 2 / 3
  }
}

extension WinogradKernel {
  /// Cycles of one core for all transforms of tiles, of sums and, where that is done while running, of filters.
  var transformCycles: Double {
    let positions = Double(transform.positions)
    var cycles = Double(split.tiles) * positions * 4 * Double(inBlocks + out.blocks)
    guard filters != .packed else { return cycles }
    // Each vector of transformed filters goes to the second-level cache and comes back: 70 cycles for the 16 of F(2x2),
    // 117 for the 25 of F(3x3). Sums are stored and loaded again for each part.
    cycles += Double(reduction * out.blocks) * positions * 4.5 * Double(split.blockCount)
    let parts = Double(inBlocks / partBlocks)
    return cycles + (parts - 1) * positions * Double(split.tiles * out.blocks) * 1.5
  }

  /// Floats that a chosen split may take of each thread's memory: 64 MiB.
  static let scratchLimit = 1 << 24

  /// Floats of transformed weights that stay in the second-level cache beside tiles and products: 256 KiB.
  private static let runningLimit = 1 << 16

  /// Packed, or while running in the largest equal parts that have room; of groups so many vectors wide.
  private func filterChoices(vectors: Int) -> [WinogradFilters] {
    let floats = transform.positions * lanesRead * vectors * lanes
    let limit = isInteger ? 0 : min(inBlocks, Self.runningLimit / floats)
    for blocks in stride(from: limit, to: 0, by: -1) where inBlocks % blocks == 0 {
      return [.packed, .running(blocks: blocks)]
    }
    return [.packed]
  }

  /// The best split of this kernel's work by the model, and its estimate; with a number of blocks or a stage the best
  /// with those, `nil` where the tiles do not make so many or a block takes too much memory.
  func bestSplit(
    _ model: CostModel, blockCount fixed: Int? = nil, filters stage: WinogradFilters.Stage? = nil
  ) -> (kernel: WinogradKernel, estimate: ConvolutionEstimate)? {
    if let fixed, fixed > split.tiles { return nil }
    var best: (kernel: WinogradKernel, estimate: ConvolutionEstimate)?
    for vectors in 1...min(4, out.blocks) {
      // Beside the sums a step holds its weights and a pixel.
      let rowLimit = min(model.target.accumulators, model.target.registers - vectors - 1) / vectors
      let groups = Tiling.divided(out.blocks, by: vectors)
      let choices = filterChoices(vectors: vectors).filter { stage == nil || stage == $0.stage }
      var blockCount = fixed ?? 1
      // Two blocks may be small: they keep two threads busy with tiles as wide as the layer.
      while blockCount == fixed ?? 1 || blockCount == 2 && split.tiles > 1
        || (split.tiles + blockCount - 1) / blockCount >= rowLimit
      {
        var candidate = self
        candidate.split = WinogradSplit(
          groups: groups, tiles: split.tiles, blockCount: blockCount, rowLimit: rowLimit)
        for filters in choices {
          candidate.filters = filters
          candidate.prefetch = filters == .packed ? model.prefetch(candidate) : 0
          let estimate = model.winograd(candidate)
          if best.map({ estimate.cycles < $0.estimate.cycles }) ?? true { best = (candidate, estimate) }
        }
        if fixed != nil { break }
        // Fine steps while blocks are few, coarse ones later: a large map of a large batch has thousands of tiles.
        blockCount += max(1, blockCount / 8)
      }
    }
    if fixed != nil, let found = best, found.kernel.scratchFloats > Self.scratchLimit { return nil }
    return best
  }
}

extension Graph {
  /// Weights of convolutions and fully connected layers.
  var weightCount: Double {
    nodes.reduce(0) { total, node in
      switch node.operation {
      case .convolution(let convolution):
        convolution.terms.reduce(total) {
          $0 + Double(convolution.outChannels) * Double($1.groupChannels * $1.kernel.height * $1.kernel.width)
        }
      case .linear(let linear): total + Double(linear.inFeatures) * Double(linear.outFeatures)
      default: total
      }
    }
  }
}
