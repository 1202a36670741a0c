// SPDX-License-Identifier: Apache-2.0
// Which lane of which block holds each channel of a value. One channel after another, but where values lie side by side,
// each from a block of its own, or where a grouped convolution has its groups in the lanes.

/// The channels of a value as they lie.
struct ChannelOrder: Sendable {
  /// Of each lane of each block, in order; -1 where a lane holds none.
  let channels: [Int]
  /// Of each channel: the lane that holds it, counted through all blocks.
  let slots: [Int]
  /// Lanes of the fullest block that hold a channel.
  let lanesUsed: Int

  /// - Parameter runs: As a step table has them: `64+32`, `128/4` in groups of four channels; `nil` for one run.
  init(_ count: Int, lanes: Int, _ runs: String?) throws(ModelError) {
    guard lanes > 0, count > 0 else { throw .invalidPlan(reason: "a value of \(count) channels in \(lanes) lanes") }
    guard let runs else {
      // One after another, as nearly always.
      let slots = (count + lanes - 1) / lanes * lanes
      channels = Array(0..<count) + [Int](repeating: -1, count: slots - count)
      self.slots = Array(0..<count)
      lanesUsed = min(lanes, count)
      return
    }
    var channels: [Int] = []
    var used = 0
    var first = 0
    for run in runs.split(separator: "+") {
      let words = run.split(separator: "/")
      guard let width = words.first.flatMap({ Int($0) }), width > 0, width <= count - first,
        let size = words.count > 1 ? Int(words[1]) : 1, size > 0, width % size == 0
      else { throw .invalidPlan(reason: "'\(run)' is no order of channels") }
      let groups = width / size
      let base = channels.count
      channels += [Int](repeating: -1, count: (groups + lanes - 1) / lanes * lanes * size)
      for channel in 0..<width {
        let (group, index) = (channel / size, channel % size)
        channels[base + (group / lanes * size + index) * lanes + group % lanes] = first + channel
      }
      used = max(used, min(lanes, groups))
      first += width
    }
    guard first == count else { throw .invalidPlan(reason: "an order of \(first) channels for \(count)") }
    var slots = [Int](repeating: 0, count: count)
    for (slot, channel) in channels.enumerated() where channel >= 0 { slots[channel] = slot }
    (self.channels, self.slots, lanesUsed) = (channels, slots, used)
  }
}
