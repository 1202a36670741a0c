// Which register tile a convolution gets. A tile is `rows x pixels` of output by `vectors` of output channels, all in
// registers through the whole reduction. A step of the reduction loads each pixel and each vector of weights once and
// multiplies all pairs, so it costs as many cycles as the busier of two pairs of ports (two FMAs, two loads a cycle), and
// no fewer than the latency of an FMA. What ties is decided by how many operands are read: a vector of weights is a line
// of cache, a pixel's line serves a whole block of channels. Maps that a tile does not divide get a second, smaller tile
// at their edge.

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
  /// are so many vectors wide where the number is given.
  package static func choose(
    blocks: Int, height: Int, width: Int, target: Target, vectors fixed: Int? = nil
  ) -> Tiling {
    var best: (cost: Int, tiling: Tiling)?
    for vectors in widths(blocks: blocks, pixels: height * width, target: target)
    where fixed.map({ $0 == vectors }) ?? true {
      // What a tile of more than one pixel uses again stays in a register: the weights, and a pixel at a time.
      let held = width * height == 1 ? 0 : vectors + 1
      let pixelLimit = min(target.accumulators, target.registers - held) / vectors
      let balancedGroups = balanced(blocks, tilesOfAtMost: vectors)
      let groups = balancedGroups[0].size == vectors ? balancedGroups : divided(blocks, by: vectors)
      for pixels in 1...min(width, pixelLimit) {
        let columns = balanced(width, tilesOfAtMost: pixels)
        guard columns[0].size == pixels else { continue }
        // Several rows to a tile only where a row fits whole: otherwise longer runs of pixels do as well.
        let rowLimit = columns.count == 1 && columns[0].count == 1 ? min(height, pixelLimit / pixels) : 1
        for rowsPerTile in 1...max(1, rowLimit) {
          let tiling = Tiling(groups: groups, rows: divided(height, by: rowsPerTile), columns: columns)
          let cost = tiling.cost(loadsPerCycle: target.loads)
          if best.map({ cost < $0.cost }) ?? true { best = (cost, tiling) }
        }
      }
    }
    return best?.tiling
      ?? Tiling(
        groups: divided(blocks, by: 1), rows: divided(height, by: 1), columns: balanced(width, tilesOfAtMost: 1))
  }

  /// How many vectors wide a tile may be.
  static func widths(blocks: Int, pixels: Int, target: Target) -> ClosedRange<Int> {
    1...min(blocks, pixels == 1 ? 12 : 4, target.accumulators)
  }

  /// Sixteenths of a cycle for one step of the reduction over the whole map, and an eightieth more for each kind of tile,
  /// because every kind is code to compile and to fetch. Each vector of weights adds a third of a cycle, each pixel an
  /// eighth. So 7 pixels by three vectors, which read each pixel less often, win over 2 x 7 by two on a 7 x 7 map, where
  /// a smaller tile is left: 156 against 136 GFLOP/s in ResNet-50's conv5_2.1 on an Ice Lake core.
  func cost(loadsPerCycle: Int) -> Int {
    var total = 0
    var kinds = 0
    for group in groups {
      for row in rows {
        for column in columns {
          let pixels = row.size * column.size
          let multiplications = pixels * group.size
          let loads = (pixels + group.size) * 2 / loadsPerCycle
          let cycles = max(multiplications, loads, 8) * 8 + group.size * 2 + pixels * 2
          total += cycles * group.count * row.count * column.count
          kinds += 1
        }
      }
    }
    return total * (80 + kinds)
  }

  /// Tiles of `size`, and one smaller for what is left.
  static func divided(_ length: Int, by size: Int) -> [TileRun] {
    var runs = [TileRun(size: size, count: length / size, start: 0)]
    if length % size != 0 {
      runs.append(TileRun(size: length % size, count: 1, start: length - length % size))
    }
    return runs
  }

  /// As few tiles as `limit` allows, of sizes that differ by at most one, the larger first.
  private static func balanced(_ length: Int, tilesOfAtMost limit: Int) -> [TileRun] {
    let tiles = (length + limit - 1) / limit
    let larger = length % tiles
    let size = length / tiles
    guard larger > 0 else { return [TileRun(size: size, count: tiles, start: 0)] }
    return [
      TileRun(size: size + 1, count: larger, start: 0),
      TileRun(size: size, count: tiles - larger, start: larger * (size + 1)),
    ]
  }
}
