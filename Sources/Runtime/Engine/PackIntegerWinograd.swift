// SPDX-License-Identifier: Apache-2.0
// Where the integers of `QuantizedWinograd` lie in packed weights: first, for all output channels, what is added, then for
// each block of them the factors of all positions; then a vector of the residual's factor, if there is one; then panels as
// of floats, for each group of output channels and each position, a word of two input channels in place of each weight.

extension WeightPacker {
  func packIntegerWinograd(
    layer: Int, _ scales: ValueScales, into out: UnsafeMutablePointer<Float>
  ) throws(ModelError) {
    let numbers = try quantizedWinograd(layer: layer, scales: scales)
    let place = places[layer]
    let input = places[layers[layer].inputs[0]]
    let from = input.shape.channels
    let positions = QuantizedWinograd.positions
    let vectors = steps[layer].vectors
    let all = place.blocks * lanes
    for (channel, slot) in place.order.slots.enumerated() {
      out[slot] = numbers.bias[channel]
      let factors = out + (all + slot / lanes * positions * lanes + slot % lanes)
      for position in 0..<positions { factors[position * lanes] = numbers.factors[channel * positions + position] }
    }
    var panels = out + all * (1 + positions)
    if layers[layer].inputs.count > 1 {
      panels.update(repeating: numbers.residual, count: lanes)
      panels += lanes
    }
    // A block of the kernel is two of the value's, each half of its words; of a single block there is one half.
    let words = input.blocks == 1 ? (input.order.lanesUsed + 1) / 2 : lanes
    let reduction = (input.blocks + 1) / 2 * words
    let bytes = UnsafeMutableRawPointer(panels)
    // Of each input channel, where its number lies in a column of words.
    let halves = input.order.slots.map { slot in
      let (block, lane) = slot.quotientAndRemainder(dividingBy: lanes)
      return block / 2 * words * 2 + block % 2 * lanes + lane
    }
    for (channel, slot) in place.order.slots.enumerated() {
      let first = slot / lanes / vectors * vectors * lanes
      let width = min(vectors * lanes, all - first)
      for position in 0..<positions {
        let column = (first * positions + position * width) * reduction + slot - first
        let filter = (channel * positions + position) * from
        for (source, half) in halves.enumerated() {
          bytes.storeBytes(
            of: numbers.filters[filter + source], toByteOffset: (column + half / 2 * width) * 4 + half % 2 * 2,
            as: Int16.self)
        }
      }
    }
  }
}
