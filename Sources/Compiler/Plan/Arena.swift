// Where each value lies. All values of a pass share one arena; two may overlap only if they are never needed at the same
// time. A value is placed at the lowest offset that is free through its whole life, the largest values first, or in order
// of execution where that packs tighter. A residual sum takes the place of the value it adds to, the parts of a concatenation
// lie in its place from the first of them on, and a range of channels in that of the value it is cut from.
//
// Lives are short, so looking only at values alive at the same steps keeps planning linear in depth.

/// Offsets of all values, in floats.
package struct Arena: Hashable, Sendable {
  /// By node.
  package let slots: [Slot]
  /// Size of the whole arena.
  package let floats: Int
  /// The largest sum of sizes of values that are needed at one time: no arena can be smaller.
  package let lowerBound: Int

  package struct Slot: Hashable, Sendable {
    package let offset: Int
    package let floats: Int
    /// Steps at which the value is written and last read.
    package let birth: Int
    package let death: Int
    package let placement: Placement

    /// The node whose place it takes over, if any.
    package var inPlaceOf: NodeID? { if case .inPlace(let host) = placement { host } else { nil } }
    /// The node whose value it is a part of, if any: a later concatenation, or an earlier value that it is cut from.
    package var partOf: NodeID? { if case .part(let whole, _) = placement { whole } else { nil } }
  }

  /// What decides where a value lies.
  package enum Placement: Hashable, Sendable {
    case own
    /// In the place of an earlier value, which is not read later.
    case inPlace(of: NodeID)
    /// In the place of another value, which has a place of its own, so many floats after its begin.
    case part(of: NodeID, offset: Int)
  }

  /// - Parameters:
  ///   - sizes: floats of each node's value.
  package init(sizes: [Int], inputs: [[NodeID]], placements: [Placement], outputs: [NodeID]) {
    // Nodes that share a place form one block, alive from the first's birth to the last's death.
    var blockOf = [Int](repeating: 0, count: sizes.count)
    var blocks: [Block] = []
    for node in sizes.indices {
      switch placements[node] {
      case .own:
        blockOf[node] = blocks.count
        blocks.append(Block(floats: Arena.aligned(sizes[node]), birth: node, death: node))
      case .inPlace(let host): blockOf[node] = blockOf[host.index]
      case .part: break
      }
    }
    for node in sizes.indices {
      if case .part(let whole, _) = placements[node] { blockOf[node] = blockOf[whole.index] }
    }
    for node in sizes.indices {
      let block = blockOf[node]
      blocks[block].birth = min(blocks[block].birth, node)
      blocks[block].death = max(blocks[block].death, node)
      for input in inputs[node] { blocks[blockOf[input.index]].death = max(blocks[blockOf[input.index]].death, node) }
    }
    for output in outputs { blocks[blockOf[output.index]].death = sizes.count }

    let bySize = blocks.indices.sorted { (blocks[$1].floats, $0) < (blocks[$0].floats, $1) }
    let candidates = [Array(blocks.indices), bySize].map { Arena.place(blocks, in: $0) }
    let best = candidates[0].floats <= candidates[1].floats ? candidates[0] : candidates[1]

    var death = Array(sizes.indices)
    for (node, reads) in inputs.enumerated() {
      for input in reads { death[input.index] = node }
    }
    for output in outputs { death[output.index] = sizes.count }
    slots = sizes.indices.map { node in
      var offset = best.offsets[blockOf[node]]
      if case .part(_, let inside) = placements[node] { offset += inside }
      return Slot(
        offset: offset, floats: sizes[node], birth: node, death: death[node], placement: placements[node])
    }
    floats = best.floats
    lowerBound = Arena.peak(blocks)
  }

  private struct Block {
    var floats: Int
    var birth: Int
    var death: Int
  }

  /// Whole cache lines, so that values start aligned and threads never share a line.
  private static func aligned(_ floats: Int) -> Int { (floats + 15) / 16 * 16 }

  private static func place(_ blocks: [Block], in order: [Int]) -> (offsets: [Int], floats: Int) {
    var offsets = [Int](repeating: 0, count: blocks.count)
    var placedAt = [[Int]](repeating: [], count: (blocks.map(\.death).max() ?? 0) + 1)
    var total = 0
    for index in order {
      let block = blocks[index]
      var neighbours: [(start: Int, end: Int)] = []
      for step in block.birth...block.death {
        for other in placedAt[step] {
          neighbours.append((offsets[other], offsets[other] + blocks[other].floats))
        }
      }
      neighbours.sort { $0 < $1 }
      var offset = 0
      for neighbour in neighbours {
        if offset + block.floats <= neighbour.start { break }
        offset = max(offset, neighbour.end)
      }
      offsets[index] = offset
      total = max(total, offset + block.floats)
      for step in block.birth...block.death { placedAt[step].append(index) }
    }
    return (offsets, total)
  }

  private static func peak(_ blocks: [Block]) -> Int {
    var change = [Int](repeating: 0, count: (blocks.map(\.death).max() ?? 0) + 2)
    for block in blocks {
      change[block.birth] += block.floats
      change[block.death + 1] -= block.floats
    }
    var live = 0
    var peak = 0
    for delta in change {
      live += delta
      peak = max(peak, live)
    }
    return peak
  }
}
