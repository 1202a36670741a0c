// SPDX-License-Identifier: Apache-2.0
// Where the integers of `QuantizedSum` lie in packed weights: first, for all output channels, what sums begin with, the
// factor that brings them to the value's scale and, of two terms, what brings the first to the second's; then a vector of
// the residual's factor; then panels as of floats, with a word of several input channels in place of each weight.

extension WeightPacker {
  /// What brings the mean of integers to its own scale.
  func packMeanFactor(layer: Int, into out: UnsafeMutablePointer<Float>) {
    guard let scales, scales.numbers[layers[layer].inputs[0]].isQuantized else { return }
    out.update(repeating: scales.multiplier(from: layers[layer].inputs[0], to: layer), count: lanes)
  }

  /// What brings the numbers that a layer adds to its own scale; `false` if all of them are floats, and it is.
  func packAddedFactors(layer: Int, into out: UnsafeMutablePointer<Float>) -> Bool {
    let inputs = layers[layer].inputs
    guard let scales, (inputs + [layer]).contains(where: { scales.numbers[$0].isQuantized }) else { return false }
    for (position, input) in inputs.enumerated() {
      (out + position * lanes).update(repeating: scales.multiplier(from: input, to: layer), count: lanes)
    }
    return true
  }

  func packIntegerSum(
    layer: Int, _ scales: ValueScales, into out: UnsafeMutablePointer<Float>
  ) throws(ModelError) {
    let sum = try quantizedSum(layer: layer, scales: scales)
    let place = places[layer]
    if let convolution = layers[layer].kind as? ConvolutionLayer, convolution.terms[0].isDepthwise(place.shape.channels)
    {
      return packDepthwise(sum, layer: layer, into: out)
    }
    let all = place.blocks * lanes
    let inputs = layers[layer].inputs
    let convolutions = try layers[layer].convolutionTerms(layers).terms
    let terms = sum.terms.indices.map { term in
      IntegerPanel(
        weights: sum.terms[term], convolutions[term], from: places[inputs[term]], to: place, steps[layer].algorithm)
    }
    var head = out
    func writeHead(_ value: (Int) -> Float) {
      for (channel, slot) in place.order.slots.enumerated() { head[slot] = value(channel) }
      head += all
    }
    // A whole number's bits.
    func bits(_ number: Int32) -> Float { Float(bitPattern: UInt32(bitPattern: number)) }
    // What was added to the input's numbers is taken from the sum, which may leave 32 bits in between.
    writeHead { bits(sum.bias[$0] &- terms[0].offsetSum(of: $0)) }
    writeHead { sum.multiplier[$0] }
    if terms.count > 1 {
      writeHead { sum.ratio[$0] }
      if places[inputs[1]].storedOffset != 0 { writeHead { bits(0 &- terms[1].offsetSum(of: $0)) } }
    }
    if case .prelu(let name) = layers[layer].sumActivation {
      try readVector(name, place, to: head)
      head += all
    }
    if inputs.count > terms.count {
      head.update(repeating: sum.residual, count: lanes)
      head += lanes
    }
    let vectors = steps[layer].vectors
    var block = 0
    while block < place.blocks {
      let width = min(vectors, place.blocks - block) * lanes
      let channels = place.order.channels[block * lanes..<block * lanes + width]
      for term in terms {
        term.fill(head, channels)
        head += term.words * width
      }
      block += vectors
    }
  }
}

extension WeightPacker {
  /// Of channels by themselves: the same numbers as floats, whose sums are exact.
  private func packDepthwise(_ sum: QuantizedSum, layer: Int, into out: UnsafeMutablePointer<Float>) {
    let place = places[layer]
    let all = place.blocks * lanes
    let taps = sum.terms[0].count / place.shape.channels
    var panels = out + 2 * all
    if layers[layer].inputs.count > 1 {
      panels.update(repeating: sum.residual, count: lanes)
      panels += lanes
    }
    for (channel, slot) in place.order.slots.enumerated() {
      out[slot] = Float(sum.bias[channel])
      out[all + slot] = sum.multiplier[channel]
      let (block, lane) = slot.quotientAndRemainder(dividingBy: lanes)
      for tap in 0..<taps { panels[(block * taps + tap) * lanes + lane] = Float(sum.terms[0][channel * taps + tap]) }
    }
  }
}

/// The weights of one term.
private struct IntegerPanel {
  /// `[output channel][input channel][row][column]`.
  let weights: [Int8]
  /// Of one output channel.
  let rowLength: Int
  let from: ValuePlace
  /// Of each number that a sum meets, in its order, its position among the weights that an output channel would have for all
  /// input channels; far below any where a lane holds no channel. Numbers of a word follow one another.
  private let steps: [Int]
  /// Output channels of a group, and of those groups that are computed together; taps of all their input channels.
  private let (outGroup, outPart, inPart): (Int, Int, Int)

  /// - Parameter algorithm: says how many parts groups are computed in, one after another.
  init(
    weights: [Int8], _ term: ConvolutionTerm, from place: ValuePlace, to out: ValuePlace, _ algorithm: StepAlgorithm
  ) {
    let taps = term.kernelHeight * term.kernelWidth
    (self.weights, rowLength, from) = (weights, term.groupChannels * taps, place)
    var parts = 1
    if case .parts(let count) = algorithm { parts = count }
    outGroup = out.shape.channels / term.groups
    (outPart, inPart) = (out.shape.channels / parts, term.inChannels / parts * taps)
    let used = (place.order.lanesUsed + place.wordChannels - 1) / place.wordChannels * place.wordChannels
    var steps: [Int] = []
    steps.reserveCapacity(place.blocks / parts * taps * used)
    for block in 0..<place.blocks / parts {
      for tap in 0..<taps {
        for lane in 0..<used {
          let channel = lane < place.lanes ? place.order.channels[block * place.lanes + lane] : -1
          steps.append(channel < 0 ? .min / 2 : channel * taps + tap)
        }
      }
    }
    self.steps = steps
  }

  /// Words that a sum meets.
  var words: Int { steps.count / from.wordChannels }

  /// What the offset of the stored numbers adds to an output channel's sum.
  func offsetSum(of channel: Int) -> Int32 {
    guard from.storedOffset != 0 else { return 0 }
    let row = weights[channel * rowLength..<(channel + 1) * rowLength]
    return row.reduce(0) { $0 &+ Int32($1) } &* Int32(from.storedOffset)
  }

  /// Writes the panel of the channels that lie in its lanes.
  func fill(_ panel: UnsafeMutablePointer<Float>, _ channels: ArraySlice<Int>) {
    let size = 4 / from.wordChannels
    let width = channels.count
    let bytes = UnsafeMutableRawPointer(panel)
    weights.withUnsafeBufferPointer { weights in
      for (column, channel) in zip(0..., channels) {
        // To the position in its own weights, which are those of its group's input channels; 0 without groups.
        let shift = channel / outPart * inPart - channel / outGroup * rowLength
        for (number, step) in steps.enumerated() {
          let at = step + shift
          let weight = channel >= 0 && at >= 0 && at < rowLength ? weights[channel * rowLength + at] : 0
          let (word, part) = number.quotientAndRemainder(dividingBy: from.wordChannels)
          let byte = (word * width + column) * 4 + part * size
          if size == 1 {
            bytes.storeBytes(of: weight, toByteOffset: byte, as: Int8.self)
          } else {
            bytes.storeBytes(of: Int16(weight), toByteOffset: byte, as: Int16.self)
          }
        }
      }
    }
  }
}
