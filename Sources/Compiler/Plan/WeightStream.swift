// How the weights of a convolution pass through the caches. A tile reads every weight of its group once, at 128 bytes for
// 14 cycles of arithmetic: too fast for memory, and the second level of cache is strained. So a panel is cut into chunks
// that stay in the first level while all units of a strip pass over them, their sums waiting in scratch memory; and while
// a chunk is in use, each tile asks for its share of the next one, which spreads what memory delivers over all of the
// arithmetic. On an Ice Lake core ResNet-50's 7 x 7 layers went from 103 to 122 GFLOP/s by asking ahead and to 131 to 156
// by chunks.

/// Chunks, and what is asked for ahead.
package struct WeightStream: Hashable, Sendable {
  /// In how many chunks each term's weights pass, at most one for each block of its input; empty where a tile's reduction is done in one go.
  package var chunks: [Int]
  /// Floats of the weights to come that each tile asks for; 0 where they would not be waited for.
  package var ahead: Int

  /// Every tile's reduction in one go.
  static let whole = WeightStream(chunks: [], ahead: 0)

  static func choose(terms: [ConvolutionKernel.Term], strip: Int, tiling: Tiling, target: Target) -> WeightStream {
    let tiles = strip * tiling.columnTileCount
    guard tiles > 1 else { return .whole }
    let width = tiling.groups[0].size * target.lanes
    var stream = WeightStream.whole
    var longest = terms.reduce(0) { $0 + $1.reduction } * width
    if hasChunks(terms: terms, tiling: tiling, target: target) {
      stream.chunks = terms.map { term in
        let blocks = term.counts[0]
        return (1...blocks).first { blocks % $0 == 0 && term.reduction / $0 * width <= chunkLimit } ?? blocks
      }
      longest = zip(terms, stream.chunks).reduce(0) { max($0, $1.0.reduction / $1.1 * width) }
    }
    // The first of many tiles may wait for memory: nobody notices.
    if tiles <= 256 { stream.ahead = (longest + line * tiles - 1) / (line * tiles) * line }
    return stream
  }

  /// Whether a panel is too large to stay in the first level of cache.
  static func hasChunks(terms: [ConvolutionKernel.Term], tiling: Tiling, target: Target) -> Bool {
    terms.reduce(0) { $0 + $1.reduction } * tiling.groups[0].size * target.lanes > chunkLimit
  }

  /// Two thirds of the first level of cache; the rest is for the pixels that pass.
  private static let chunkLimit = (32 << 10) / 4
  /// Floats of sums that may wait in the second level of cache.
  static let sumsLimit = (256 << 10) / 4
  /// Floats of a cache line.
  static let line = 16
}
