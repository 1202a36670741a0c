// How the weights of a convolution pass through the caches. A tile reads every weight of its group once, at 128 bytes for
// 14 cycles of arithmetic: too fast for memory, and the second level of cache is strained. So a panel is cut into chunks
// that stay in the first level while all tiles pass over them, their sums waiting in scratch memory; and while a chunk is
// in use, each tile asks for its share of the next one, which spreads what memory delivers over all of the arithmetic.
// On an Ice Lake core ResNet-50's 7 x 7 layers went from 103 to 122 GFLOP/s by asking ahead and to 131 to 156 by chunks.

/// Chunks, and what is asked for ahead.
package struct WeightStream: Hashable, Sendable {
  /// In how many chunks each term's weights pass; empty where a tile's reduction is done in one go.
  package var chunks: [Int]
  /// Over how many units of work a chunk passes before the next: a divisor of a group's. More units read the weights
  /// less often, but their sums must stay in the second level of cache.
  package var unitsAtATime: Int
  /// Floats of the weights to come that each tile asks for; 0 where they would not be waited for.
  package var ahead: Int

  /// Every tile's reduction in one go.
  static let whole = WeightStream(chunks: [], unitsAtATime: 1, ahead: 0)

  static func choose(
    terms: [ConvolutionKernel.Term], order: ConvolutionKernel.Order, tiling: Tiling, batch: Int, target: Target
  ) -> WeightStream {
    let units = batch * tiling.rowTileCount
    let tiles = units * tiling.columnTileCount
    guard order == .channelsOutside, tiles > 1 else { return .whole }
    let floatsAStep = tiling.groups[0].size * target.lanes
    let panel = terms.reduce(0) { $0 + $1.reduction } * floatsAStep
    let sums = tiling.columnTileCount * tiling.tileFloats(lanes: target.lanes)
    var stream = WeightStream(chunks: [], unitsAtATime: units, ahead: 0)
    var longest = panel
    if panel > chunkLimit {
      stream.unitsAtATime = (1...units).last { units % $0 == 0 && $0 * sums <= sumsLimit } ?? 1
      stream.chunks = terms.map { term in
        let blocks = term.counts[0]
        return (1...blocks).first { blocks % $0 == 0 && term.reduction / $0 * floatsAStep <= chunkLimit } ?? blocks
      }
      longest = zip(terms, stream.chunks).reduce(0) { max($0, $1.0.reduction / $1.1 * floatsAStep) }
    }
    // The first of many tiles may wait for memory: nobody notices.
    let askers = stream.unitsAtATime * tiling.columnTileCount
    if askers <= 256 {
      stream.ahead = (longest + line * askers - 1) / (line * askers) * line
    }
    return stream
  }

  /// Two thirds of the first level of cache; the rest is for the pixels that pass.
  private static let chunkLimit = (32 << 10) / 4
  private static let sumsLimit = (256 << 10) / 4
  /// Floats of a cache line.
  static let line = 16
}
