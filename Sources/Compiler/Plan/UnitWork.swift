// How much work the units of a step are, one beside another. Threads are given consecutive units, and as many to each would
// not be as much: of a 1x1 convolution to 160 channels, ten vectors in groups of three, the last group is one vector, and
// with half of the units each one of two threads had twelve and the other eight of MobileNetV2's 960 to 160 at 7 x 7: 1.68
// times as fast as one, where by work it is 1.9.

/// Consecutive units of a step that are as much work each.
package struct UnitRun: Hashable, Sendable {
  package var count: Int
  /// Vectors of output by rows, or by tiles.
  package var work: Int
}

extension Kernel {
  /// The work of its units, in turns of these runs; none where all units are alike.
  package var unitRuns: [UnitRun] {
    switch self {
    case .convolution(let kernel):
      let tiling = kernel.tiling
      return turns(strip: kernel.strip, groups: sizes(tiling.groups), rows: sizes(tiling.rows))
    case .pooledConvolution(let kernel): return turns(of: kernel)
    case .separable(let kernel): return turns(of: kernel)
    case .winograd(let kernel):
      // The last tile of a smaller block is none, which is not worth a run.
      return even(kernel.split.groups.map { UnitRun(count: $0.count * kernel.split.blockTiles, work: $0.size) })
    default: return []
    }
  }
}

/// A line of a step table says no more runs than these.
private let mostRuns = 16

/// A row of the reader's map for one group of channels.
private func turns(of kernel: some RingKernel) -> [UnitRun] {
  turns(strip: kernel.images * kernel.map.height, groups: sizes(kernel.convolution.tiling.groups), rows: [1])
}

/// Strips of pixels outside, then groups of channels, then the rows of a strip, which go round through `rows`.
private func turns(strip: Int, groups: [Int], rows: [Int]) -> [UnitRun] {
  var runs: [UnitRun] = []
  if rows.allSatisfy({ $0 == rows[0] }) {
    for group in groups { runs.add(strip, group * rows[0]) }
    return even(runs)
  }
  // Until a strip begins at the first row again.
  var first = 0
  repeat {
    for group in groups {
      for unit in 0..<strip {
        runs.add(1, group * rows[(first + unit) % rows.count])
        if runs.count > mostRuns { return turns(strip: strip, groups: groups, rows: [1]) }
      }
    }
    first = (first + strip) % rows.count
  } while first != 0
  return even(runs)
}

/// Nothing for units that are alike, or whose runs are too many to say.
private func even(_ runs: [UnitRun]) -> [UnitRun] {
  runs.count > mostRuns || runs.allSatisfy { $0.work == runs[0].work } ? [] : runs
}

/// Of each tile along an axis.
private func sizes(_ runs: [TileRun]) -> [Int] { runs.flatMap { [Int](repeating: $0.size, count: $0.count) } }

extension [UnitRun] {
  fileprivate mutating func add(_ count: Int, _ work: Int) {
    if let last = last, last.work == work {
      self[self.count - 1].count += count
    } else {
      append(UnitRun(count: count, work: work))
    }
  }
}
