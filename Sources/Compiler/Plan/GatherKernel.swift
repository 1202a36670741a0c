// Copies channels from where they lie into other lanes. Which lane goes where is known, so a vector of the result is put
// together from the few vectors that hold its lanes: in a ShuffleNet 16 channels from two to five, of which one is a load
// and a permutation each, where 16 loads and 15 insertions cost three times as much. Values of very many channels would make
// very long kernels, and go lane by lane, by a table.

/// What `Gather.swift` is specialised on.
package struct GatherKernel: Hashable, Sendable {
  package var batch: Int
  package var source: ConvolutionKernel.Source
  package var out: OutputMap
  /// Of each lane of each block that is written: the lane that it is, counted through all blocks, or -1 for zero.
  package var slots: [Int]

  /// - Parameter channels: Of each channel that is written, the one that it is.
  init(batch: Int, channels: [Int], from: Layout, source: ConvolutionKernel.Source, to: Layout, lanes: Int) {
    self.batch = batch
    self.source = source
    out = OutputMap(to)
    let held = from.order.slots(lanes: lanes)
    slots = to.order.channelsOfLanes(lanes).map { $0 < 0 ? -1 : held[channels[$0]] }
  }

  package var units: Int { batch * out.blocks * out.height }
  /// By a table: 1024 lanes in straight lines are some 10 KB of code.
  var isByTable: Bool { slots.count > 1024 }
}

extension KernelEmitter {
  func gather(_ kernel: GatherKernel) -> Parameters {
    let lanes = plan.target.lanes
    var parameters: Parameters = ["batch": .int(kernel.batch), "byTable": .int(kernel.isByTable ? 1 : 0)]
    if kernel.isByTable {
      // Four letters a lane, of six bits each: of the one before the first, letters count from 1.
      let letters = kernel.slots.flatMap { slot in (0..<4).map { UInt8(48 + ((slot + 1) >> (6 * $0)) & 63) } }
      // No letter is a quotation mark, and a backslash is two.
      let text = String(decoding: letters, as: UTF8.self).reduce(into: "") { $0 += $1 == "\\" ? "\\\\" : String($1) }
      parameters["lanesRead"] = .text("\"\(text)\"")
    } else {
      // Of each block the blocks that it reads, and of each of its lanes which of those and which lane.
      var (counts, firsts, starts) = ([Int](), [Int](), [Int]())
      var (sources, indices) = ([Int](), [Int]())
      for block in 0..<kernel.out.blocks {
        let slots = kernel.slots[block * lanes..<(block + 1) * lanes]
        var read: [Int] = []
        for slot in slots where slot >= 0 && !read.contains(slot / lanes) { read.append(slot / lanes) }
        firsts.append(starts.count)
        counts.append(read.count)
        starts += read.map { $0 * kernel.source.blockPitch }
        sources += slots.map { slot in slot < 0 ? -1 : read.firstIndex(of: slot / lanes) ?? -1 }
        indices += slots.map { $0 < 0 ? 0 : $0 % lanes }
      }
      parameters["blocksRead"] = .list(counts)
      parameters["firstRead"] = .list(firsts)
      parameters["readStart"] = .list(starts)
      parameters["laneSource"] = .list(sources)
      parameters["laneIndex"] = .list(indices)
    }
    add(kernel.source, to: &parameters)
    add(kernel.out, to: &parameters)
    parameters["loadGathered"] = loadWord(kernel.source.number)
    parameters["storeGathered"] = storeWord(kernel.out.number)
    parameters["loadLane"] = laneWord(kernel.source.number)
    parameters["storeLane"] = storeLaneWord(kernel.out.number)
    return parameters
  }
}
