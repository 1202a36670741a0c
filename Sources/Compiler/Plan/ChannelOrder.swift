// Which lane of which block holds each channel of a blocked value. Mostly one channel after another; but what is put
// together by channels is written side by side, each part from a block of its own, and a grouped convolution wants its
// groups in the lanes, so that it multiplies lane by lane and shuffles nothing. Whoever packs weights for such a value
// puts them in the same order, which costs nothing while the network runs.

/// The last lanes of a block, which hold no channel.
package struct EmptyLanes: Hashable, Sendable {
  package var block: Int
  package var count: Int
}

/// Blocks with fewer channels than the others: of each `period` of them those from `first` on.
package struct PartialBlocks: Hashable, Sendable {
  package var period: Int
  package var first: Int
  /// Lanes of these that hold a channel.
  package var lanes: Int
}

/// The order of a value's channels: runs one after another, each of which begins at a block of its own.
package struct ChannelOrder: Hashable, Sendable {
  /// Channels in groups of `groupSize`. Group `g`'s channel `i` lies in lane `g % lanes` of block
  /// `g / lanes * groupSize + i`: in groups of one, channel after channel.
  package struct Run: Hashable, Sendable {
    package var channels: Int
    package var groupSize: Int

    func blocks(lanes: Int) -> Int { (channels / groupSize + lanes - 1) / lanes * groupSize }
  }

  package let runs: [Run]

  package init(runs: [Run]) { self.runs = runs }

  /// One channel after another.
  package static func plain(_ channels: Int) -> ChannelOrder {
    ChannelOrder(runs: [Run(channels: channels, groupSize: 1)])
  }

  /// Groups in lanes.
  static func interleaved(_ channels: Int, groupSize: Int) -> ChannelOrder {
    ChannelOrder(runs: [Run(channels: channels, groupSize: groupSize)])
  }

  /// Of values side by side. Where one ends with a block and the next is like it, they are one run.
  static func joined(_ orders: [ChannelOrder], lanes: Int) -> ChannelOrder {
    var runs: [Run] = []
    for run in orders.flatMap(\.runs) {
      if let last = runs.last, last.groupSize == 1, run.groupSize == 1, last.channels % lanes == 0 {
        runs[runs.count - 1].channels += run.channels
      } else {
        runs.append(run)
      }
    }
    return ChannelOrder(runs: runs)
  }

  package var channels: Int { runs.reduce(0) { $0 + $1.channels } }
  package var isPlain: Bool { runs.count == 1 && runs[0].groupSize == 1 }
  package func blocks(lanes: Int) -> Int { runs.reduce(0) { $0 + $1.blocks(lanes: lanes) } }

  /// Lanes of the fullest block that hold a channel: what a reader multiplies of each block.
  package func lanesUsed(lanes: Int) -> Int {
    runs.reduce(0) { max($0, min(lanes, $1.channels / $1.groupSize)) }
  }

  /// What a reader may leave out of blocks that are not full: 40 channels are two blocks of sixteen and one of eight, 26
  /// groups of eight channels eight blocks of sixteen lanes and eight of ten. `nil` where all are alike, and where no
  /// rule as simple says which are not.
  package func partialBlocks(lanes: Int) -> PartialBlocks? {
    let used = runs.flatMap { run in
      let groups = run.channels / run.groupSize
      return (0..<run.blocks(lanes: lanes)).map { min(lanes, groups - $0 / run.groupSize * lanes) }
    }
    let full = lanesUsed(lanes: lanes)
    guard let first = used.firstIndex(where: { $0 < full }), first > 0 else { return nil }
    let period = used[first...].firstIndex(of: full) ?? used.count
    let partial = PartialBlocks(period: period, first: first, lanes: used[first])
    let isRule = used.indices.allSatisfy { used[$0] == ($0 % period < first ? full : partial.lanes) }
    return isRule ? partial : nil
  }

  /// Blocks whose last lanes hold no channel.
  package func emptyLanes(lanes: Int) -> [EmptyLanes] {
    var result: [EmptyLanes] = []
    var end = 0
    for run in runs {
      end += run.blocks(lanes: lanes)
      let empty = (lanes - run.channels / run.groupSize % lanes) % lanes
      if empty > 0 { result += (end - run.groupSize..<end).map { EmptyLanes(block: $0, count: empty) } }
    }
    return result
  }

  /// Lanes one after another, counted through all blocks, that go elsewhere one after another.
  package struct Move: Hashable, Sendable {
    package var from: Int
    package var to: Int
    package var count: Int
  }

  /// What brings channels that lie so into another order.
  func moves(to other: ChannelOrder, lanes: Int) -> [Move] {
    var moves: [Move] = []
    for (from, to) in zip(slots(lanes: lanes), other.slots(lanes: lanes)) {
      if let last = moves.last, last.from + last.count == from, last.to + last.count == to {
        moves[moves.count - 1].count += 1
      } else {
        moves.append(Move(from: from, to: to, count: 1))
      }
    }
    return moves
  }

  /// Of each lane of each block: the channel that it holds, -1 for none.
  func channelsOfLanes(_ lanes: Int) -> [Int] {
    var result = [Int](repeating: -1, count: blocks(lanes: lanes) * lanes)
    for (channel, slot) in slots(lanes: lanes).enumerated() { result[slot] = channel }
    return result
  }

  /// Of each channel: the lane that holds it, counted through all blocks.
  func slots(lanes: Int) -> [Int] {
    var first = 0
    return runs.flatMap { run in
      defer { first += run.blocks(lanes: lanes) * lanes }
      return (0..<run.channels).map { channel in
        let (group, index) = channel.quotientAndRemainder(dividingBy: run.groupSize)
        return first + (group / lanes * run.groupSize + index) * lanes + group % lanes
      }
    }
  }

  /// For a step table: `64+32`, `128/4` in groups of four.
  var text: String {
    runs.map { $0.groupSize == 1 ? "\($0.channels)" : "\($0.channels)/\($0.groupSize)" }.joined(separator: "+")
  }
}
