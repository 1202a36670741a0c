// What a Winograd kernel is specialised on, and how its work is cut.
package import ResNetDSL

/// A 3x3 convolution of stride 1 or 2 by F(m x m, 3x3), with the same epilogue as a direct one.
/// `Templates/Kernels/Winograd.swift` tells how it works.
package struct WinogradKernel: Hashable, Sendable {
  package var batch: Int
  package var transform: WinogradTransform
  /// Blocks of input channels, and the lanes of each that hold channels.
  package var inBlocks: Int
  package var lanesRead: Int
  /// Whether the last block of whole numbers is one of the value's instead of two.
  package var hasSingleBlock = false
  /// Where the padded input begins.
  package var source: ConvolutionKernel.Source
  package var residual: ConvolutionKernel.Residual
  package var activation: Activation
  package var out: OutputMap
  package var split: WinogradSplit
  /// Cache lines of the next position's weights that each step of the reduction asks for: none where weights stay in the
  /// second-level cache from call to call.
  package var prefetch: Int
  /// When its weights are transformed.
  package var filters: WinogradFilters = .packed
  package var lanes: Int
  /// Floats that a vector of packed weights fills.
  package var weightLanes: Int

  package var tilesDown: Int { (out.height + transform.tile - 1) / transform.tile }
  package var tilesAcross: Int { (out.width + transform.tile - 1) / transform.tile }
  /// A tile by a group of output channels: those of a block for one group, then for the next one. Of smaller blocks the last
  /// is nothing, so that each group of each block has as many.
  package var units: Int { split.groupCount * split.blockCount * split.blockTiles }
  /// Groups of blocks: how often weights, or tiles, pass.
  package var panels: Int { split.groupCount * split.blockCount }
  package var reduction: Int { inBlocks * lanesRead }

  // The scratch memory of a thread, in floats: notes, transformed tiles, products, then room for a single tile before and
  // after.
  // A vector between positions keeps the positions of one tile, which are written together, out of one set of the cache.
  package var tilePitch: Int { split.blockTiles * lanes }
  package var positionPitch: Int { inBlocks * tilePitch + lanes }
  package var productPitch: Int { (split.blockTiles + split.spareRows) * split.groups[0].size * lanes + lanes }
  package var productsAt: Int { transform.positions * positionPitch }
  package var patchAt: Int { productsAt + transform.positions * productPitch }
  package var sumsAt: Int { patchAt + transform.positions * lanes }
  package var filtersAt: Int { sumsAt + transform.tile * transform.tile * lanes }
  package var scratchFloats: Int {
    ScratchNotes.floats + filtersAt
      + (filters == .packed ? 0 : transform.positions * filterPitch(vectors: split.groups[0].size))
  }

  /// Blocks of input channels that one pass over the positions takes.
  package var partBlocks: Int { if case .running(let blocks) = filters { blocks } else { inBlocks } }

  /// From one position's weights to the next one's, in a group of so many vectors.
  package func filterPitch(vectors: Int) -> Int {
    partBlocks * lanesRead * vectors * filterLanes + (filters == .packed ? 0 : lanes)
  }

  /// Of the packed weights of a group of so many vectors.
  package func panelFloats(vectors: Int) -> Int { filterFloats * reduction * vectors * weightLanes }

  /// Floats that a vector of transformed weights fills: what is transformed while the kernel runs is in single precision.
  package var filterLanes: Int { filters == .packed ? weightLanes : lanes }

  /// Of the packed weights, for each pair of an input and an output channel.
  package var filterFloats: Int { filters == .packed ? transform.positions : 9 }
}

/// When the weights are transformed.
package enum WinogradFilters: Hashable, Sendable {
  /// Before: packed as matrices, one for each position of a tile.
  case packed
  /// While the kernel runs, so many blocks of input channels at a time.
  case running(blocks: Int)

  package enum Stage: String, Hashable, Sendable, CaseIterable {
    case packed, running
  }

  package var stage: Stage {
    switch self {
    case .packed: .packed
    case .running: .running
    }
  }
}

/// Tiles in blocks of nearly equal size, by groups of output channels.
package struct WinogradSplit: Hashable, Sendable {
  /// Over blocks of output channels, as in a direct convolution's tiling.
  package var groups: [TileRun]
  package var tiles: Int
  package var blockCount: Int
  /// Most tiles that one step of the reduction may hold in registers.
  package var rowLimit: Int

  package var groupCount: Int { groups.reduce(0) { $0 + $1.count } }
  /// Of the larger blocks, which come first; the others have one tile less.
  package var blockTiles: Int { (tiles + blockCount - 1) / blockCount }
  package var largerBlocks: Int { tiles - blockCount * (blockTiles - 1) }

  /// Distinct numbers of tiles that are multiplied at once, the largest first, with how many of each a larger and a
  /// smaller block takes.
  package var chunks: [(rows: Int, larger: Int, smaller: Int)] {
    var chunks = Self.balanced(blockTiles, limit: rowLimit).map { (rows: $0.rows, larger: $0.count, smaller: 0) }
    guard largerBlocks < blockCount else { return chunks }
    for part in Self.balanced(blockTiles - 1, limit: rowLimit) {
      if let index = chunks.firstIndex(where: { $0.rows <= part.rows }) {
        if chunks[index].rows == part.rows {
          chunks[index].smaller = part.count
        } else {
          chunks.insert((part.rows, 0, part.count), at: index)
        }
      } else {
        chunks.append((part.rows, 0, part.count))
      }
    }
    return chunks
  }

  /// How many tiles may be multiplied at once, the largest first: what whole blocks need, and smaller ones for the parts of
  /// blocks that threads share, up to six tiles each number, of more about every fourth.
  package var rowSizes: [Int] {
    let needed = chunks.map(\.rows)
    var sizes = Set(needed)
    var size = needed[0]
    while size > 1 {
      size -= max(1, size / 4)
      sizes.insert(size)
    }
    return sizes.sorted(by: >)
  }

  /// Most tiles that are multiplied for nothing, where there is no step of just so many.
  package var spareRows: Int {
    let sizes = rowSizes
    return (1...sizes[0]).map { count in (sizes.last { $0 >= count } ?? count) - count }.max() ?? 0
  }

  /// Rows of each size for `count` tiles, the larger first: as few as possible, as equal as possible.
  private static func balanced(_ count: Int, limit: Int) -> [(rows: Int, count: Int)] {
    guard count > 0 else { return [] }
    let parts = (count + limit - 1) / limit
    let size = count / parts
    let larger = count % parts
    return larger == 0 ? [(size, parts)] : [(size + 1, larger), (size, parts - larger)]
  }
}

extension Convolution.Term {
  /// What F(m x m, 3x3) can compute: with a larger stride neighbouring outputs share no inputs.
  var allowsWinograd: Bool {
    kernel == Extent(3, 3) && (stride == 1 || stride == 2) && dilation == 1 && groups == 1
  }
}
