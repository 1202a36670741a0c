// SPDX-License-Identifier: Apache-2.0
// The network of an int8 plan in plain loops, with exactly the arithmetic of docs/quantization.md: whole sums in 32 bits,
// float32 between them and the next integers, every product and every sum rounded by itself. Kernels on every instruction
// set are held against it, bit for bit. What stays `float32` is computed as `verify` computes it, in double precision,
// and rounded once: there kernels are held to a tolerance.

/// A network with its weights and scales as integers.
package struct IntegerInterpreter: Sendable {
  let layers: [LayerRecord]
  package private(set) var scales: ValueScales
  private let source: WeightSource
  /// Of the layers that are sums of integers.
  private var sums: [Int: PreparedSum]
  /// Of those that are computed so.
  private let winograd: [Int: IntegerWinograd]

  private struct PreparedSum: Sendable {
    let numbers: QuantizedSum
    let terms: [IntegerConvolution]
  }

  /// Prepares all weights.
  ///
  /// - Parameter algorithms: Of each layer, as a plan has them; all direct if empty.
  init(
    _ layers: [LayerRecord], _ numbers: [NumberType], _ ranges: Ranges, _ source: WeightSource,
    algorithms: [StepAlgorithm] = []
  ) throws(ModelError) {
    self.layers = layers
    self.source = source
    scales = try ValueScales(layers, numbers, ranges)
    let packer = WeightPacker(source, layers)
    var sums: [Int: PreparedSum] = [:]
    var winograd: [Int: IntegerWinograd] = [:]
    for index in layers.indices where layers.isIntegerSum(index, numbers) {
      if algorithms.indices ~= index, algorithms[index] == .integerWinograd {
        winograd[index] = IntegerWinograd(
          numbers: try packer.quantizedWinograd(layer: index, scales: scales),
          term: try layers[index].convolutionTerms(layers).terms[0])
      } else {
        sums[index] = try Self.prepare(packer, index, scales)
      }
    }
    (self.sums, self.winograd) = (sums, winograd)
  }

  /// The integers of a layer that is a sum of them.
  func numbers(of layer: Int) -> QuantizedSum? { sums[layer]?.numbers }

  /// Takes another calibration, of which this layer alone differs in its shifts.
  mutating func update(_ layer: Int, _ ranges: Ranges) throws(ModelError) {
    scales = try ValueScales(layers, scales.numbers, ranges)
    sums[layer] = try Self.prepare(WeightPacker(source, layers), layer, scales)
  }

  private static func prepare(
    _ packer: WeightPacker, _ index: Int, _ scales: ValueScales
  ) throws(ModelError) -> PreparedSum {
    let layer = packer.layers[index]
    let numbers = try packer.quantizedSum(layer: index, scales: scales)
    let terms = zip(try layer.convolutionTerms(packer.layers).terms, numbers.terms).map {
      IntegerConvolution($0, $1, outChannels: layer.shape.channels)
    }
    return PreparedSum(numbers: numbers, terms: terms)
  }

  /// The value of every layer in turn, for one image; values that nobody reads any more are let go.
  ///
  /// - Parameters:
  ///   - pixels: The image as a float32 network takes it, NCHW.
  ///   - kept: Layers whose values are returned.
  ///   - look: Called with each.
  package func run(
    _ pixels: [Float], keeping kept: [Int], look: (Int, QuantizedValue) throws(ModelError) -> Void = { _, _ in }
  ) throws(ModelError) -> [QuantizedValue] {
    let lastUse = layers.lastUse
    var values = [QuantizedValue](repeating: .floats([]), count: layers.count)
    for (index, layer) in layers.enumerated() {
      values[index] = try value(
        of: index, layer.inputs.isEmpty ? [.floats(pixels)] : layer.inputs.map { values[$0] })
      try look(index, values[index])
      for input in layer.inputs where lastUse[input] == index && !kept.contains(input) { values[input] = .floats([]) }
    }
    return kept.map { values[$0] }
  }

  /// One layer's value, from those of its inputs; of the image from its floats.
  package func value(of index: Int, _ inputs: [QuantizedValue]) throws(ModelError) -> QuantizedValue {
    let layer = layers[index]
    // Denormal numbers are zeros, as they are to kernels.
    let control = FloatControl.forKernels()
    defer { control.restore() }
    if let sum = sums[index] { return try finish(index, accumulate(sum, layer, inputs), sum, inputs) }
    if let convolution = winograd[index], case .integers(let pixels) = inputs[0] {
      let values = convolution.values(pixels, layers[layer.inputs[0]].shape, layer.shape)
      return try finish(index, values, convolution.numbers.residual, inputs.dropFirst())
    }
    let isInteger = inputs.allSatisfy(\.isIntegers)
    let isInAny = scales.numbers[index].isQuantized || inputs.contains(where: \.isIntegers)
    switch layer.kind {
    case _ where isInteger && layer.movesValues && scales.numbers[index].isQuantized:
      // Exact: no number is changed.
      let moved = try layer.kind.value(
        inputs.map { $0.numbers.map { Double($0) } }, layers.shapes(around: index), PlainTensors(source: source))
      return .integers(moved.map { Int16($0) })
    case let pool as AveragePoolLayer where isInteger: return mean(index, pool, inputs[0])
    case is GlobalAveragePoolLayer where isInteger:
      let area = layers[layer.inputs[0]].shape.height * layers[layer.inputs[0]].shape.width
      return mean(index, inputs[0], bins: (0..<layer.shape.channels).map { Array($0 * area..<($0 + 1) * area) })
    case let pool as AdaptivePoolLayer where isInteger && !pool.isMaximum:
      return mean(index, inputs[0], bins: pool.bins(layers[layer.inputs[0]].shape))
    case is SumLayer where isInAny, is ConversionLayer: return try add(index, inputs)
    case let norm as NormLayer where scales.numbers[index].isQuantized: return try normalize(index, norm, inputs[0])
    case let product as ProductLayer where isInAny: return try multiply(index, product, inputs)
    case let copy as ActivationLayer where isInAny && copy.activation == .linear: return try add(index, inputs)
    default:
      let values = zip(inputs, layer.inputs.isEmpty ? [0] : layer.inputs).map { value, input in
        value.values(scales.scales[input]).map { Double($0) }
      }
      let result = try layer.kind.value(values, layers.shapes(around: index), PlainTensors(source: source))
      return scales.quantize(result.map { normal($0) }, as: index)
    }
  }

  // MARK: Sums

  /// Whole sums of all terms, in steps of the last.
  private func accumulate(_ sum: PreparedSum, _ layer: LayerRecord, _ inputs: [QuantizedValue]) -> [Int32] {
    let pixels = layer.shape.height * layer.shape.width
    var sums = [Int32](repeating: 0, count: layer.shape.count)
    for channel in 0..<layer.shape.channels {
      for pixel in channel * pixels..<(channel + 1) * pixels { sums[pixel] = sum.numbers.bias[channel] }
    }
    for (term, input) in sum.terms.indices.map({ (sum.terms[$0], $0) }) {
      if input > 0 {
        for channel in 0..<layer.shape.channels {
          let ratio = sum.numbers.ratio[channel]
          for pixel in channel * pixels..<(channel + 1) * pixels {
            sums[pixel] = Int32((Float(sums[pixel]) * ratio).rounded(.toNearestOrEven))
          }
        }
      }
      guard case .integers(let values) = inputs[input] else { continue }
      term.add(values, layers[layer.inputs[input]].shape, into: &sums, layer.shape)
    }
    return sums
  }

  /// From whole sums to the value: factor, residual, activation, the next integers.
  private func finish(
    _ index: Int, _ sums: [Int32], _ sum: PreparedSum, _ inputs: [QuantizedValue]
  ) throws(ModelError) -> QuantizedValue {
    let layer = layers[index]
    let pixels = layer.shape.height * layer.shape.width
    var values = [Float](repeating: 0, count: sums.count)
    for channel in 0..<layer.shape.channels {
      let multiplier = sum.numbers.multiplier[channel]
      for at in channel * pixels..<(channel + 1) * pixels { values[at] = Float(sums[at]) * multiplier }
    }
    return try finish(index, values, sum.numbers.residual, inputs.dropFirst(sum.terms.count))
  }

  /// The same from what sums come to in the value's own numbers.
  private func finish(
    _ index: Int, _ sums: [Float], _ factor: Float, _ rest: ArraySlice<QuantizedValue>
  ) throws(ModelError) -> QuantizedValue {
    guard let first = rest.first else { return try activated(sums, index) }
    var values = sums
    let added = try residual(index, first, of: layers[index].inputs[rest.startIndex])
    for at in values.indices { values[at] += added[at] * factor }
    return try activated(values, index)
  }

  /// The numbers that are added to a layer's, in the layer's shape.
  private func residual(_ index: Int, _ value: QuantizedValue, of input: Int) throws(ModelError) -> [Float] {
    guard let convolution = layers[index].kind as? ConvolutionLayer, case .zeroPadded(let pad) = convolution.residual
    else { return value.numbers }
    var placed = [Double](repeating: 0, count: layers[index].shape.count)
    pad.add(value.numbers.map { Double($0) }, layers[input].shape, into: &placed, layers[index].shape)
    return placed.map { Float($0) }
  }

  /// The activation and, if the value is one of integers, the clamp and the rounding, in which ReLU and ReLU6 are.
  private func activated(_ numbers: [Float], _ index: Int) throws(ModelError) -> QuantizedValue {
    let activation = layers[index].sumActivation ?? .linear
    if scales.numbers[index].isQuantized {
      guard [.linear, .relu, .relu6].contains(activation) else {
        throw .invalidPlan(reason: "'\(layers[index].name)' makes integers of an activation that is no clamp")
      }
      return scales.rounded(numbers, scales.limits(of: index))
    }
    if activation == .linear { return .floats(numbers) }
    let values = try activation.value(
      numbers.map { Double($0) }, layers[index].shape, PlainTensors(source: source))
    return .floats(values.map { normal($0) })
  }

  /// A sum that no convolution took in, or a value in another type, which is a sum of one.
  private func add(_ index: Int, _ inputs: [QuantizedValue]) throws(ModelError) -> QuantizedValue {
    var sum = [Float](repeating: 0, count: layers[index].shape.count)
    for (input, value) in zip(layers[index].inputs, inputs) {
      let factor = scales.multiplier(from: input, to: index)
      for (at, number) in value.numbers.enumerated() { sum[at] += number * factor }
    }
    return try activated(sum, index)
  }

  /// A value in its own or another type, by floats.
  private func multiply(
    _ index: Int, _ layer: ProductLayer, _ inputs: [QuantizedValue]
  ) throws(ModelError) -> QuantizedValue {
    let (numbers, factors) = (inputs[0].numbers, inputs[1].numbers)
    let multiplier = scales.multiplier(from: layers[index].inputs[0], to: index)
    let shapes = layers.shapes(around: index)
    return try activated(
      numbers.indices.map { numbers[$0] * multiplier * factors[layer.factor(of: $0, shapes)] }, index)
  }

  /// Floats by a factor for each channel, and an addend.
  private func normalize(
    _ index: Int, _ norm: NormLayer, _ input: QuantizedValue
  ) throws(ModelError) -> QuantizedValue {
    let shape = layers[index].shape
    let (factors, addends) = try norm.folded(WeightPacker(source, layers), shape.channels, scales.scales[index])
    let area = shape.height * shape.width
    return try activated(
      input.numbers.enumerated().map { $1 * factors[$0 / area] + addends[$0 / area] }, index)
  }

  // MARK: Means

  private func mean(_ index: Int, _ pool: AveragePoolLayer, _ input: QuantizedValue) -> QuantizedValue {
    let from = layers[index].inputs[0]
    let values = pool.window.value(
      input.numbers.map { Double($0) }, layers[from].shape, to: layers[index].shape
    ) { values, places in
      let count = pool.countsPadding ? places : values.count
      return Double(Float(values.reduce(0, +)) / Float(count) * scales.multiplier(from: from, to: index))
    }
    return mean(index, values.map { Float($0) })
  }

  /// - Parameter bins: Of each output the values that it is the mean of.
  private func mean(_ index: Int, _ input: QuantizedValue, bins: [[Int]]) -> QuantizedValue {
    let from = layers[index].inputs[0]
    let numbers = input.numbers
    return mean(
      index,
      bins.map { bin in
        let sum = bin.reduce(Int32(0)) { $0 + Int32(numbers[$1]) }
        return Float(sum) / Float(bin.count) * scales.multiplier(from: from, to: index)
      })
  }

  private func mean(_ index: Int, _ numbers: [Float]) -> QuantizedValue {
    scales.numbers[index].isQuantized ? scales.rounded(numbers, scales.numbers[index].limits) : .floats(numbers)
  }
}

extension [LayerRecord] {
  /// Of each layer the last that reads it; beyond all where none does.
  var lastUse: [Int] {
    var lastUse = [Int](repeating: count, count: count)
    for (index, layer) in enumerated() {
      for input in layer.inputs { lastUse[input] = index }
    }
    return lastUse
  }
}
