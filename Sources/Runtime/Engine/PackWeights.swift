// SPDX-License-Identifier: Apache-2.0
// From tensors as trained to weights as kernels read them: batch norm folded into weight and bias in double precision,
// rounded once, then laid out panel by panel in the order of the reduction. It happens once, when a model is loaded.
// Values that no network can run on are refused here, where each is touched anyway, and no denormal number is written.
//
// For one layer: biases of all output channels (padded to whole vectors), slopes if it has them, then for each group of
// output channels, for each term, for each step of the reduction, one weight for every channel of the group. Channels in
// the order in which they lie; a lane without one keeps the zeros that it begins with.

/// Reads tensors and writes the packed weights of one plan.
struct WeightPacker {
  let source: WeightSource
  let layers: [LayerRecord]
  let places: [ValuePlace]
  let steps: [StepRecord]
  let lanes: Int
  /// Of an int8 plan.
  var scales: ValueScales?
  /// Whether weights of convolutions are stored in half precision.
  var hasHalves = false
  /// Floats that a vector of them fills.
  var weightLanes: Int { hasHalves ? lanes / 2 : lanes }

  func pack(into packed: AlignedBuffer) throws(ModelError) {
    for index in layers.indices {
      try layers[index].kind.pack(self, layer: index, into: packed.base + steps[index].ownWeights)
    }
  }

  func packSum(
    _ terms: [ConvolutionTerm], _ activation: LayerActivation, layer: Int, into out: UnsafeMutablePointer<Float>,
    weightRank: Int = 4
  ) throws(ModelError) {
    if let scales, layers.isIntegerSum(layer, scales.numbers) {
      return try packIntegerSum(layer: layer, scales, into: out)
    }
    let place = places[layer]
    let channels = place.shape.channels
    let blocks = place.blocks
    let vectors = steps[layer].vectors
    var biases = [Double](repeating: 0, count: channels)
    var reductions: [Reduction] = []
    var panels = out + blocks * lanes
    if case .prelu(let name) = activation {
      try readVector(name, place, to: panels)
      panels += blocks * lanes
    }
    for (term, input) in zip(terms, layers[layer].inputs) {
      reductions.append(Reduction(term, from: places[input], to: place, steps[layer].algorithm))
    }
    let panelStep = reductions.reduce(0) { $0 + $1.steps.count } * lanes
    var done = 0
    for (term, reduction) in zip(terms, reductions) {
      var scale = try foldNorm(term, channels: channels, biases: &biases)
      let shape =
        weightRank == 4
        ? [channels, term.inChannels / term.groups, term.kernelHeight, term.kernelWidth]
        : [channels, term.inChannels * term.kernelHeight * term.kernelWidth]
      let weight = try AlignedBuffer(count: shape.reduce(1, *))
      try read(term.weight, shape, to: weight.base)
      term.put(weight.floats, from: channels)
      let means = try standardize(term, weight, &scale)
      var group = 0
      while group * vectors < blocks {
        let width = min(vectors, blocks - group * vectors) * lanes
        let first = group * vectors * lanes
        let panel = UnsafeMutableRawPointer(panels + (first * panelStep / lanes + done * width) * weightLanes / lanes)
        // Groups read floats, and single channels a vector of them at a time.
        let isPaired = term.groups == 1 && places[layers[layer].inputs[0]].number == .float16
        let channels = place.order.channels[first..<first + width]
        let overflow =
          hasHalves
          ? fill(panel, of: Half.self, channels, isPaired, weight.base, means, scale, reduction)
          : fill(panel, of: Float.self, channels, false, weight.base, means, scale, reduction)
        if let overflow { throw .weightValue(tensor: term.weight, channel: overflow, overflowFault) }
        group += 1
      }
      done += reduction.steps.count
    }
    try write(biases, of: terms, place, to: out)
  }

  /// One panel of one term, of the channels that lie in its lanes. The first channel of which a folded weight is too large
  /// for its type, if there is one.
  private func fill<Number: WeightNumber>(
    _ memory: UnsafeMutableRawPointer, of type: Number.Type, _ channels: ArraySlice<Int>, _ isPaired: Bool,
    _ weight: UnsafePointer<Float>, _ means: [Double], _ scale: [Double], _ reduction: Reduction
  ) -> Int? {
    let panel = memory.assumingMemoryBound(to: type)
    let rowLength = reduction.rowLength
    return reduction.steps.withUnsafeBufferPointer { steps in
      for (column, channel) in zip(0..., channels) where channel >= 0 {
        let row = weight + channel * rowLength
        let (mean, factor) = (means.isEmpty ? 0 : means[channel], scale[channel])
        let shift = reduction.shift(of: channel)
        var out = panel + (isPaired ? 2 * column : column)
        // A word holds a channel's weights of two steps.
        var isSecond = false
        var isFinite = true
        for step in steps {
          let element = step &+ shift
          let isHeld = element >= 0 && element < rowLength
          let value = Number(rounding: isHeld ? (Double(row[element]) - mean) * factor : 0)
          isFinite = isFinite && value.isFinite
          out.pointee = value
          out += isPaired ? (isSecond ? 2 * channels.count - 1 : 1) : channels.count
          isSecond.toggle()
        }
        guard isFinite else { return channel }
      }
      return nil
    }
  }

  /// What is wrong with a weight that its type cannot hold.
  var overflowFault: WeightFault { hasHalves ? .halfOverflow : .overflow }

  /// Per output channel, what batch norm multiplies the weights with; adds what it leaves to the bias.
  func foldNorm(
    _ term: ConvolutionTerm, channels: Int, biases: inout [Double]
  ) throws(ModelError) -> [Double] {
    var scale = [Double](repeating: 1, count: channels)
    var own = [Double](repeating: 0, count: channels)
    if let bias = term.bias { own = try doubles(bias, channels) }
    if let norm = term.norm {
      let gamma = try doubles(norm.path + ".weight", channels)
      let beta = try doubles(norm.path + ".bias", channels)
      let mean = try doubles(norm.path + ".running_mean", channels)
      let variance = try doubles(norm.path + ".running_var", channels)
      for channel in 0..<channels {
        let name = norm.path + ".running_var"
        guard variance[channel] >= 0 else {
          throw .weightValue(tensor: name, channel: channel, .negativeVariance(Float(variance[channel])))
        }
        guard variance[channel] + norm.epsilon > 0 else {
          throw .weightValue(tensor: name, channel: channel, .zeroVariance)
        }
        scale[channel] = gamma[channel] / (variance[channel] + norm.epsilon).squareRoot()
        own[channel] = beta[channel] + (own[channel] - mean[channel]) * scale[channel]
      }
    }
    if let name = term.scale {
      for (channel, factor) in try doubles(name, channels).enumerated() {
        scale[channel] *= factor
        own[channel] *= factor
      }
    }
    for channel in 0..<channels { biases[channel] += own[channel] }
    return scale
  }

  /// Of weights that are standardised the mean of each output channel's, and in `scale` what their variance divides them
  /// by; nothing of others.
  func standardize(
    _ term: ConvolutionTerm, _ weight: AlignedBuffer, _ scale: inout [Double]
  ) throws(ModelError) -> [Double] {
    guard let epsilon = term.standardization else { return [] }
    let length = weight.floats.count / scale.count
    return scale.indices.map { channel in
      let row = weight.floats[channel * length..<(channel + 1) * length]
      let mean = row.reduce(0) { $0 + Double($1) } / Double(length)
      let variance = row.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(length)
      scale[channel] /= (variance + epsilon).squareRoot()
      return mean
    }
  }

  /// What is added to each channel of a sum of convolutions.
  func write(
    _ biases: [Double], of terms: [ConvolutionTerm], _ place: ValuePlace, to out: UnsafeMutablePointer<Float>
  ) throws(ModelError) {
    for (channel, slot) in place.order.slots.enumerated() {
      out[slot] = normal(biases[channel])
      guard out[slot].isFinite else {
        // Folding made it, or there is no bias but the last term's.
        let term = terms.first { $0.norm != nil } ?? terms[0]
        let name = term.norm.map { $0.path + ".bias" } ?? term.bias ?? term.weight
        throw .weightValue(tensor: name, channel: channel, .overflow)
      }
    }
  }

  private func doubles(_ name: String, _ count: Int) throws(ModelError) -> [Double] {
    let buffer = try AlignedBuffer(count: count)
    try read(name, [count], to: buffer.base)
    return buffer.floats.map { Double($0) }
  }

  /// One number for each channel, packed as it is.
  func readVector(_ name: String, _ place: ValuePlace, to out: UnsafeMutablePointer<Float>) throws(ModelError) {
    let values = try doubles(name, place.shape.channels)
    for (channel, slot) in place.order.slots.enumerated() { out[slot] = normal(values[channel]) }
  }

  /// A tensor, all of whose values are numbers.
  func read(_ name: String, _ shape: [Int], to out: UnsafeMutablePointer<Float>) throws(ModelError) {
    let values = UnsafeMutableBufferPointer(start: out, count: shape.reduce(1, *))
    try source.read(name, shape: shape, into: values)
    guard let index = indexOfNonNumber(UnsafeBufferPointer(values)) else { return }
    throw .weightValue(
      tensor: name, channel: index / (values.count / shape[0]), values[index].isNaN ? .notANumber : .infinite)
  }
}

/// The order in which a kernel meets the elements of one output channel's weights.
private struct Reduction {
  /// Of each step the element's position among all input channels that the output channel's part of them begins with; far
  /// below any for a lane without a channel.
  let steps: [Int]
  /// Of an output channel's weights: those of its own group's input channels.
  let rowLength: Int
  private let term: ConvolutionTerm
  private let outGroup: Int
  /// Output channels in each part; `nil` where groups lie in lanes.
  private let outPart: Int?
  private let inPart: Int

  init(
    _ term: ConvolutionTerm, from place: ValuePlace, to out: ValuePlace, _ algorithm: StepAlgorithm
  ) {
    let area = term.kernelHeight * term.kernelWidth
    let groupChannels = term.inChannels / term.groups
    self.term = term
    rowLength = groupChannels * area
    outGroup = out.shape.channels / term.groups
    var steps: [Int] = []
    var parts = 1
    if case .parts(let count) = algorithm { parts = count }
    inPart = term.inChannels / parts
    if algorithm == .lanes {
      outPart = nil
      for tap in 0..<area {
        for channel in 0..<groupChannels { steps.append(channel * area + tap) }
      }
    } else {
      outPart = out.shape.channels / parts
      if place.lanes == 1 {
        steps = Array(0..<term.inChannels * area)
      } else {
        for block in 0..<place.blocks / parts {
          for tap in 0..<area {
            for lane in 0..<(place.order.lanesUsed + place.wordChannels - 1) / place.wordChannels * place.wordChannels {
              let channel = place.order.channels[block * place.lanes + lane]
              steps.append(channel < 0 ? .min / 2 : channel * area + tap)
            }
          }
        }
      }
    }
    self.steps = steps
  }

  /// From a step's position to that in the weights of an output channel; beyond them, where the step is of another group.
  func shift(of channel: Int) -> Int {
    guard let outPart, term.groups > 1 else { return 0 }
    let own = channel / outGroup * (term.inChannels / term.groups)
    return (channel / outPart * inPart - own) * term.kernelHeight * term.kernelWidth
  }
}
