// Which register tile a convolution gets. A tile is `rows x pixels` of output by `vectors` of output channels, all in
// registers through the whole reduction. A step of the reduction loads each pixel and each vector of weights once and
// multiplies all pairs, so it costs as many cycles as the busier of the ports (two FMAs a cycle, and two loads, or one of
// AVX-512's), and no fewer than the latency of an FMA. What ties is decided by how many operands are read: a vector of
// weights is a line of cache, a pixel's line serves a whole block of channels. Maps that a tile does not divide get a
// second, smaller tile at their edge.

/// A run of equal tiles along one axis.
package struct TileRun: Hashable, Sendable {
  /// Elements of the axis in a tile.
  package var size: Int
  package var count: Int
  /// Where the first tile begins.
  package var start: Int
}

/// The tiles of one convolution, along each axis one run, or two where it does not divide.
package struct Tiling: Hashable, Sendable {
  /// Over blocks of output channels; the first run is the wider.
  package var groups: [TileRun]
  package var rows: [TileRun]
  package var columns: [TileRun]

  package var groupCount: Int { groups.reduce(0) { $0 + $1.count } }
  package var rowTileCount: Int { rows.reduce(0) { $0 + $1.count } }
  package var columnTileCount: Int { columns.reduce(0) { $0 + $1.count } }

  /// Of the largest tile.
  package func tileFloats(lanes: Int) -> Int { groups[0].size * rows[0].size * columns[0].size * lanes }

  /// The cheapest tiling of `blocks` vectors of channels by `height x width` pixels, by the model above; of those that
  /// are so many vectors wide where the number is given, and that reach over no group of so many blocks where there are
  /// any. The pixels of a planar input share cache lines, and two of them load in a cycle on every target.
  package static func choose(
    blocks: Int, height: Int, width: Int, target: Target, planar: Bool = false, vectors fixed: Int? = nil,
    groupBlocks: Int? = nil
  ) -> Tiling {
    var best: (cost: Int, tiling: Tiling)?
    for vectors in widths(blocks: blocks, pixels: height * width, target: target)
    where fixed ?? vectors == vectors && (groupBlocks ?? vectors) % vectors == 0 {
      // What a tile of more than one pixel uses again stays in a register: the weights, and a pixel at a time.
      let held = width * height == 1 ? 0 : vectors + 1
      let pixelLimit = min(target.accumulators, target.registers - held) / vectors
      let groups = divided(blocks, by: vectors)
      for columns in runs(width, tilesOfAtMost: min(width, pixelLimit)) {
        let pixels = columns[0].size
        // Several rows to a tile only where a row fits whole: otherwise longer runs of pixels do as well.
        let rowLimit = columns.count == 1 && columns[0].count == 1 ? min(height, pixelLimit / pixels) : 1
        for rowsPerTile in 1...max(1, rowLimit) {
          let tiling = Tiling(groups: groups, rows: divided(height, by: rowsPerTile), columns: columns)
          var cost = tiling.cost(loadsPerCycle: planar ? 2 : target.loads)
          // There is nothing but groups to share: 63 blocks in seven of nine leave two threads four and three.
          if pixels * height == 1 { cost = cost * 2 * halved(blocks, by: vectors) / blocks }
          if best.map({ cost < $0.cost }) ?? true { best = (cost, tiling) }
        }
      }
    }
    return best?.tiling
      ?? Tiling(
        groups: divided(blocks, by: 1), rows: divided(height, by: 1), columns: divided(width, by: 1))
  }

  /// Blocks of the one of two threads that has more of them, in whole groups.
  private static func halved(_ blocks: Int, by vectors: Int) -> Int {
    let half = blocks / 2 / vectors * vectors
    return min(blocks - half, max(half + vectors, blocks - half - vectors))
  }

  /// How many vectors wide a tile may be.
  static func widths(blocks: Int, pixels: Int, target: Target) -> ClosedRange<Int> {
    1...min(blocks, pixels == 1 ? 12 : 4, target.accumulators)
  }

  /// Sixteenths of a cycle for one step of the reduction over the whole map, and a sixtieth more for each kind of tile,
  /// because every kind is code to compile and to fetch. Each vector of weights adds a third of a cycle, each pixel an
  /// eighth, or twice that where loads are scarce. So 7 pixels by three vectors, which read each pixel less often, win
  /// over 2 x 7 by two on a 7 x 7 map, where a smaller tile is left: 156 against 136 GFLOP/s in ResNet-50's conv5_2.1 on
  /// an Ice Lake core; and 6 by four over 14 by two on larger ones: 169 against 150 in its other 1x1 layers.
  func cost(loadsPerCycle: Int) -> Int {
    let kinds = kinds
    var total = 0
    for kind in kinds {
      let multiplications = kind.pixels * kind.vectors
      let loads = (kind.pixels + kind.vectors) * 2 / loadsPerCycle
      let cycles = max(multiplications, loads, 8) * 8 + kind.vectors * 5 + kind.pixels * 4 / loadsPerCycle
      total += cycles * kind.count
    }
    return total * (60 + kinds.count)
  }

  /// Distinct tiles, and how many of each cover an image.
  var kinds: [(pixels: Int, vectors: Int, count: Int)] {
    var kinds: [(pixels: Int, vectors: Int, count: Int)] = []
    for group in groups {
      for row in rows {
        for column in columns {
          kinds.append((row.size * column.size, group.size, group.count * row.count * column.count))
        }
      }
    }
    return kinds
  }

  /// Tiles of `size`, and one smaller for what is left.
  static func divided(_ length: Int, by size: Int) -> [TileRun] {
    var runs = [TileRun(size: size, count: length / size, start: 0)]
    if length % size != 0 {
      runs.append(TileRun(size: length % size, count: 1, start: length - length % size))
    }
    return runs
  }

  /// Every way to cover `length` with tiles of one size, or of two: of equal costs the first counts, so the largest come
  /// first, and of those what has most of them, at most two fewer than fit. 6 pixels by two vectors of AVX2 run at 110
  /// GFLOP/s, 5 by two at 93, 4 by two at 98: 14 pixels are better 6 + 4 + 4 than 5 + 5 + 4.
  private static func runs(_ length: Int, tilesOfAtMost limit: Int) -> [[TileRun]] {
    var runs: [[TileRun]] = []
    for size in stride(from: limit, to: 0, by: -1) {
      guard length % size != 0 else {
        runs.append([TileRun(size: size, count: length / size, start: 0)])
        continue
      }
      let most = length / size
      for count in stride(from: most, through: max(1, most - 2), by: -1) {
        let rest = length - count * size
        guard let smaller = stride(from: size - 1, to: 0, by: -1).first(where: { rest % $0 == 0 }) else { continue }
        runs.append([
          TileRun(size: size, count: count, start: 0),
          TileRun(size: smaller, count: rest / smaller, start: count * size),
        ])
      }
    }
    return runs
  }
}
