// How the weights of a convolution pass through the caches. A tile reads every weight of its group once, at 128 bytes for
// 14 cycles of arithmetic: too fast for memory, and the second level of cache is strained. So a panel is cut into chunks
// that stay in the first level while all units of a strip pass over them, their sums waiting in scratch memory; and while
// a chunk is in use, each tile asks for its share of the next one, which spreads what memory delivers over all of the
// arithmetic. On an Ice Lake core ResNet-50's 7 x 7 layers went from 103 to 122 GFLOP/s by asking ahead and to 131 to 156
// by chunks.

/// Chunks, and what is asked for ahead.
package struct WeightStream: Hashable, Sendable {
  /// A term's weights in chunks of so many blocks of its input; the last may have fewer.
  package struct Chunks: Hashable, Sendable {
    package var blocks: Int
    package var count: Int
    package var lastBlocks: Int

    init(of total: Int, blocks: Int) {
      self.blocks = blocks
      count = (total + blocks - 1) / blocks
      lastBlocks = total - (count - 1) * blocks
    }
  }

  /// Of each term; empty where a tile's reduction is done in one go.
  package var chunks: [Chunks]
  /// Floats of the weights to come that each tile asks for; 0 where they would not be waited for.
  package var ahead: Int

  /// Every tile's reduction in one go.
  static let whole = WeightStream(chunks: [], ahead: 0)

  static func choose(terms: [ConvolutionKernel.Term], strip: Int, tiling: Tiling, target: Target) -> WeightStream {
    let tiles = strip * tiling.columnTileCount
    guard tiles > 1 || terms[0].number == .float16 else { return .whole }
    let width = tiling.groups[0].size * terms[0].weightLanes(target)
    var stream = WeightStream.whole
    var longest = terms.reduce(0) { $0 + $1.reduction } * width
    if hasChunks(terms: terms, tiling: tiling, target: target) {
      stream.chunks = terms.map {
        chunks(
          of: $0.counts[0], each: $0.blockReduction * width,
          most: $0.number == .float16 ? max(1, halvesLimit / $0.blockReduction) : .max)
      }
      longest = zip(terms, stream.chunks).reduce(0) { max($0, $1.0.blockReduction * $1.1.blocks * width) }
    }
    // The first of many tiles may wait for memory: nobody notices.
    if tiles <= 256 { stream.ahead = (longest + line * tiles - 1) / (line * tiles) * line }
    return stream
  }

  /// Whether a panel is too large to stay in the first level of cache.
  static func hasChunks(terms: [ConvolutionKernel.Term], tiling: Tiling, target: Target) -> Bool {
    terms[0].number == .float16 && terms.reduce(0) { $0 + $1.reduction } > halvesLimit
      || terms.reduce(0) { $0 + $1.reduction * $1.weightLanes(target) } * tiling.groups[0].size > chunkLimit
  }

  /// As few as there can be, because sums are stored and loaded again between two; alike, where that takes no more than a
  /// third more. 13 blocks (208 channels of RegNetY) were 13 chunks while chunks were always alike, and are 7 and 6.
  private static func chunks(of blocks: Int, each floats: Int, most limit: Int) -> Chunks {
    let most = max(1, min(limit, chunkLimit / floats))
    let fewest = (blocks + most - 1) / most
    let alike = (fewest...blocks).first { blocks % $0 == 0 } ?? blocks
    return Chunks(of: blocks, blocks: alike * 3 <= fewest * 4 ? blocks / alike : (blocks + fewest - 1) / fewest)
  }

  /// Two thirds of the first level of cache; the rest is for the pixels that pass.
  private static let chunkLimit = (32 << 10) / 4
  /// Products that are added in half precision before sums go on in single: 128 in two sums of 64, if a block of the input
  /// has no more. Sums of 1152 are off by 6e-3 of the largest, of 64 by 1e-3; shorter ones are written more often.
  private static let halvesLimit = 64
  /// Floats of sums that may wait in the second level of cache.
  static let sumsLimit = (256 << 10) / 4
  /// Floats of a cache line.
  static let line = 16
}
