// SPDX-License-Identifier: Apache-2.0
// A sum of convolutions as integers: what packers lay out in panels and the integer interpreter reads as it is, so that
// all kernels multiply the same numbers. docs/quantization.md says what is computed with them.

/// The numbers of a convolution or a fully connected layer whose inputs are integers.
struct QuantizedSum: Sendable, Equatable {
  /// Of each term `[output channel][input channel of its group][row][column]`.
  var terms: [[Int8]]
  /// Of each output channel, what its sum begins with.
  var bias: [Int32]
  /// What the sum over the first term is multiplied with before the second is added; empty for one term.
  var ratio: [Float]
  /// Of each output channel, from its sum to the value's own numbers.
  var multiplier: [Float]
  /// From the residual's numbers to the value's own; 0 without a residual.
  var residual: Float
}

extension QuantizedSum {
  /// No sum is larger, and none that is rounded to a float on its way, with room for that rounding.
  static let largestSum = Double(Int32.max) * (1 - 0x1p-20)
  /// Of biases, which leaves as much to the products.
  static let largestBias = 0x1p30
  /// The first term's steps are at most so many times the second's.
  static let largestRatio = 8.0
}

extension WeightPacker {
  /// For tensors alone, without a plan.
  init(_ source: WeightSource, _ layers: [LayerRecord]) {
    self.init(source: source, layers: layers, places: [], steps: [], lanes: 1)
  }

  /// The integers of a sum whose inputs are all integers.
  func quantizedSum(layer index: Int, scales: ValueScales) throws(ModelError) -> QuantizedSum {
    let sum = try FoldedSum(self, layer: index, scales: scales)
    let layer = layers[index]
    let inputs = layer.inputs.map { Double(scales.scales[$0]) }
    let magnitudes = layer.inputs.map { Double(scales.numbers[$0].magnitude) }
    let output = Double(scales.scales[index])
    guard (1...2).contains(sum.terms.count), sum.terms.count <= inputs.count else {
      throw .invalidPlan(reason: "'\(layer.name)' sums \(sum.terms.count) terms of integers")
    }
    let channels = layer.shape.channels
    var terms = sum.terms.map { [Int8](repeating: 0, count: channels * $0.rowLength) }
    var bias = [Int32](repeating: 0, count: channels)
    var ratio: [Float] = []
    var multiplier = [Float](repeating: 0, count: channels)
    var rows = sum.terms.map { [Double](repeating: 0, count: $0.rowLength) }
    for channel in 0..<channels {
      for (term, folded) in sum.terms.enumerated() { try folded.row(channel, into: &rows[term]) }
      let given = sum.terms.map { $0.steps.isEmpty ? nil : Double($0.steps[channel]) }
      let steps = QuantizedChannel(
        rows, steps: given, bias: sum.biases[channel], scales: inputs, magnitudes: magnitudes)
      for term in rows.indices {
        let first = channel * rows[term].count
        for (at, value) in rows[term].enumerated() {
          terms[term][first + at] = Int8(steps.rounded(value, term))
        }
      }
      bias[channel] = steps.bias
      if let own = steps.ratio { ratio.append(own) }
      let last = inputs[rows.count - 1] * steps.weights[rows.count - 1]
      multiplier[channel] = normal(last / output)
      guard multiplier[channel].isFinite else {
        throw .weightValue(tensor: sum.terms[0].term.weight, channel: channel, .overflow)
      }
    }
    let hasResidual = layer.inputs.count > terms.count
    return QuantizedSum(
      terms: terms, bias: bias, ratio: ratio, multiplier: multiplier,
      residual: hasResidual ? scales.multiplier(from: layer.inputs[terms.count], to: index) : 0)
  }
}

/// The steps of one output channel's weights, so that no sum can leave 32 bits.
private struct QuantizedChannel {
  /// Of each term.
  private(set) var weights: [Double]
  private(set) var bias: Int32 = 0
  /// With a second term.
  private(set) var ratio: Float?
  /// Of each term the smallest integer.
  private let lowest: [Double]

  /// - Parameters:
  ///   - rows: Of each term the channel's weights.
  ///   - steps: Of each term that of a checkpoint in integers, which may be -128, too.
  ///   - scales: Of each term's input.
  ///   - magnitudes: The largest magnitude of its integers.
  init(_ rows: [[Double]], steps: [Double?], bias: Double, scales: [Double], magnitudes: [Double]) {
    weights = zip(rows, steps).map { row, step in step ?? row.reduce(0) { max($0, $1.magnitude) } / 127 }
    lowest = steps.map { $0 == nil ? -127 : -128 }
    // A term of zeros may have any step: what leaves the other exact, or else the bias.
    if weights[0] == 0, rows.count > 1, weights[1] > 0 { weights[0] = scales[1] * weights[1] / scales[0] }
    if weights[0] == 0 { weights[0] = bias == 0 ? 1 : bias.magnitude / (scales[0] * 0x1p24) }
    weights[0] = max(weights[0], bias.magnitude / (scales[0] * QuantizedSum.largestBias))
    let limit = QuantizedSum.largestSum
    // Steps grow by what is too much, and a little more for what rounding adds.
    var first = 0.0
    while true {
      self.bias = Self.bias(bias / (scales[0] * weights[0]))
      first = magnitudes[0] * magnitude(rows[0], 0) + Double(self.bias.magnitude)
      if first <= limit { break }
      weights[0] *= first / limit * (1 + 0x1p-7)
    }
    guard rows.count > 1 else { return }
    if weights[1] == 0 { weights[1] = scales[0] * weights[0] / scales[1] }
    weights[1] = max(weights[1], scales[0] * weights[0] / (QuantizedSum.largestRatio * scales[1]))
    while true {
      let ratio = normal(scales[0] * weights[0] / (scales[1] * weights[1]))
      self.ratio = ratio
      let sum = first * Double(ratio) + magnitudes[1] * magnitude(rows[1], 1)
      if sum <= limit { break }
      weights[1] *= sum / limit * (1 + 0x1p-7)
    }
  }

  /// A weight of a term as an integer.
  func rounded(_ weight: Double, _ term: Int) -> Double {
    min(max((weight / weights[term]).rounded(.toNearestOrEven), lowest[term]), 127)
  }

  /// A float, so that kernels whose sums are floats begin with the same number.
  private static func bias(_ steps: Double) -> Int32 {
    let rounded = Float(steps.rounded(.toNearestOrEven))
    return Int32(min(max(rounded, -Float(QuantizedSum.largestBias)), Float(QuantizedSum.largestBias)))
  }

  private func magnitude(_ row: [Double], _ term: Int) -> Double {
    row.reduce(0) { $0 + rounded($1, term).magnitude }
  }
}

/// A sum of convolutions with all that is folded into it, in double precision.
struct FoldedSum {
  struct Term {
    let term: ConvolutionTerm
    /// As trained, in the order of the value that is read.
    let weight: AlignedBuffer
    let means: [Double]
    /// Of each output channel.
    let scale: [Double]
    /// What the input's channels were multiplied with; empty for nothing.
    let inputFactors: [Float]
    /// Of each output channel, of weights that are integers already; empty for others.
    let steps: [Float]
    let outChannels: Int
    /// Weights of one output channel.
    var rowLength: Int { term.groupChannels * term.kernelHeight * term.kernelWidth }

    /// The weights of one output channel. Throws where one is too large for a float.
    func row(_ channel: Int, into row: inout [Double]) throws(ModelError) {
      let length = rowLength
      let from = weight.base + channel * length
      let (mean, factor) = (means.isEmpty ? 0 : means[channel], scale[channel])
      for at in 0..<length { row[at] = (Double(from[at]) - mean) * factor }
      if !inputFactors.isEmpty {
        let area = term.kernelHeight * term.kernelWidth
        let first = channel / (outChannels / term.groups) * term.groupChannels
        for at in 0..<length { row[at] /= Double(inputFactors[first + at / area]) }
      }
      guard row.allSatisfy({ Float($0).isFinite }) else {
        throw .weightValue(tensor: term.weight, channel: channel, .overflow)
      }
    }
  }

  let terms: [Term]
  let biases: [Double]

  /// - Parameter scales: whose shifts and factors are folded in as well, if there are any.
  init(_ packer: WeightPacker, layer index: Int, scales: ValueScales?) throws(ModelError) {
    let layer = packer.layers[index]
    let channels = layer.shape.channels
    let (sum, rank) = try layer.convolutionTerms(packer.layers)
    var biases = [Double](repeating: 0, count: channels)
    var terms: [Term] = []
    for (term, input) in zip(sum, layer.inputs) {
      var scale = try packer.foldNorm(term, channels: channels, biases: &biases)
      let shape =
        rank == 4
        ? [channels, term.groupChannels, term.kernelHeight, term.kernelWidth]
        : [channels, term.inChannels * term.kernelHeight * term.kernelWidth]
      let weight = try AlignedBuffer(count: shape.reduce(1, *))
      try packer.read(term.weight, shape, to: weight.base)
      term.put(weight.floats, from: channels)
      let means = try packer.standardize(term, weight, &scale)
      if let factors = scales?.factors[index] {
        for channel in 0..<channels { scale[channel] *= Double(factors[channel]) }
      }
      terms.append(
        Term(
          term: term, weight: weight, means: means, scale: scale, inputFactors: scales?.factors[input] ?? [],
          steps: scales?.steps[term.weight] ?? [], outChannels: channels))
    }
    if let factors = scales?.factors[index] {
      for channel in 0..<channels { biases[channel] *= Double(factors[channel]) }
    }
    if let shifts = scales?.shifts[index] {
      for channel in 0..<channels { biases[channel] += Double(shifts[channel]) }
    }
    if let channel = biases.firstIndex(where: { !Float($0).isFinite }) {
      throw .weightValue(tensor: sum[0].norm.map { $0.path + ".bias" } ?? sum[0].weight, channel: channel, .overflow)
    }
    (self.terms, self.biases) = (terms, biases)
  }
}

extension LayerRecord {
  /// The convolutions that it sums, and the rank of their weights.
  func convolutionTerms(_ layers: [LayerRecord]) throws(ModelError) -> (terms: [ConvolutionTerm], weightRank: Int) {
    switch kind {
    case let layer as ConvolutionLayer: return (layer.terms, 4)
    case let layer as FullyConnectedLayer: return ([try layer.term(layers[inputs[0]].shape)], 2)
    default: throw .invalidPlan(reason: "'\(name)' is no sum of convolutions")
    }
  }
}
