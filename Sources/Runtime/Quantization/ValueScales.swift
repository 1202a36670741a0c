// SPDX-License-Identifier: Apache-2.0
// The scale of each value of an int8 plan: what its integers are multiplied with to be the network's numbers again. It
// follows from the ranges of a calibration. What only moves values (max pools, concatenations, gathers, zero pads,
// upsampling to the nearest) copies integers, so all that it reads and writes has one scale.

/// Types and scales of all layers' values.
package struct ValueScales: Sendable {
  package let numbers: [NumberType]
  /// Of each layer; 1 of what is `float32`, so that one formula serves both.
  package let scales: [Float]
  /// By layer, as `Ranges` has them; mostly empty.
  let shifts: [Int: [Float]]
  let factors: [Int: [Float]]
  /// By tensor of weights, as `Ranges` has them.
  let steps: [String: [Float]]
  private let caps: [Int: Float]
  private let rectified: Set<Int>

  /// Below this a scale is taken for it: its integers are zeros, and what divides by it stays finite.
  static let smallest: Float = 0x1p-64

  /// Throws where a range is missing that is needed, or none.
  init(_ layers: [LayerRecord], _ numbers: [NumberType], _ ranges: Ranges) throws(ModelError) {
    guard numbers.count == layers.count else {
      throw .invalidPlan(reason: "\(numbers.count) number types for \(layers.count) layers")
    }
    let groups = try Self.groups(layers, numbers)
    let unknown = layers.indices.filter { index in
      numbers[index].isQuantized && ranges[layers.rangeName(of: index)] == nil && !layers[index].movesValues
    }
    guard unknown.isEmpty else { throw .rangesMissing(layers: unknown.map { layers.rangeName(of: $0) }) }
    var united: [Int: Ranges.Range] = [:]
    var (caps, rectified) = ([Int: Float](), Set<Int>())
    for (index, layer) in layers.enumerated() where numbers[index].isQuantized {
      let activation = layer.sumActivation
      if activation == .relu || activation == .relu6 { rectified.insert(index) }
      let name = layers.rangeName(of: index)
      guard var range = ranges[name] else { continue }
      guard range.low.isFinite, range.high.isFinite, range.low <= range.high else {
        throw .rangeNotFinite(layer: name)
      }
      // So that saturation is the activation.
      if activation == .relu6 { range = Ranges.Range(low: min(range.low, 6), high: min(range.high, 6)) }
      united[groups[index]] = united[groups[index]].map { $0.union(range) } ?? range
    }
    var scales = [Float](repeating: 1, count: layers.count)
    for index in layers.indices where numbers[index].isQuantized {
      guard let range = united[groups[index]] else { throw .rangesMissing(layers: [layers[index].name]) }
      scales[index] = Self.scale(of: range, numbers[index])
      // A group may hold larger values than those after ReLU6.
      if layers[index].sumActivation == .relu6 { caps[index] = (6 / scales[index]).rounded(.toNearestOrEven) }
    }
    self.numbers = numbers
    self.scales = scales
    (self.caps, self.rectified) = (caps, rectified)
    var (shifts, factors) = ([Int: [Float]](), [Int: [Float]]())
    for (index, layer) in layers.enumerated() where numbers[index].isQuantized || layer.isSum {
      shifts[index] = ranges.shifts[layer.name]
      factors[index] = ranges.factors[layer.name]
      for list in [shifts[index], factors[index]].compactMap({ $0 }) where list.count != layer.shape.channels {
        throw .rangesChannels(layer: layer.name, expected: layer.shape.channels, found: list.count)
      }
    }
    (self.shifts, self.factors) = (shifts, factors)
    steps = try Self.steps(layers, ranges)
    for index in layers.indices where factors[index] != nil && !layers.canScaleChannels(of: index, numbers) {
      throw .rangesFactors(layer: layers[index].name)
    }
  }

  /// What makes a range's ends 0 to 255, or the larger of them 127.
  static func scale(of range: Ranges.Range, _ number: NumberType) -> Float {
    switch number {
    case .float32, .float16: 1
    case .uint8: max(range.high / 255, smallest)
    case .int8: max(max(range.low.magnitude, range.high.magnitude) / 127, smallest)
    }
  }

  /// The smallest and the largest integer of a layer's value, its ReLU or ReLU6 included.
  package func limits(of layer: Int) -> ClosedRange<Float> {
    let limits = numbers[layer].limits
    let low = rectified.contains(layer) ? 0 : limits.lowerBound
    return low...max(low, min(limits.upperBound, caps[layer] ?? .infinity))
  }

  /// Of tensors that there are, for all their output channels.
  private static func steps(_ layers: [LayerRecord], _ ranges: Ranges) throws(ModelError) -> [String: [Float]] {
    guard !ranges.steps.isEmpty else { return [:] }
    var channels: [String: Int] = [:]
    for layer in layers where layer.isSum {
      for term in try layer.convolutionTerms(layers).terms { channels[term.weight] = layer.shape.channels }
    }
    for (tensor, list) in ranges.steps.sorted(by: { precedes($0.key, $1.key) }) {
      guard let count = channels[tensor] else { throw .rangesSteps(tensor: tensor) }
      guard list.count == count else { throw .rangesChannels(layer: tensor, expected: count, found: list.count) }
    }
    return ranges.steps
  }

  // MARK: Multipliers

  /// What an input's numbers are multiplied with, where they are added to a layer's or are the mean that it is: of
  /// residuals, of sums that no convolution took in, of averages.
  package func multiplier(from input: Int, to layer: Int) -> Float {
    normal(Double(scales[input]) / Double(scales[layer]))
  }

  // MARK: Groups

  /// Of each layer the first of those that share its scale.
  private static func groups(_ layers: [LayerRecord], _ numbers: [NumberType]) throws(ModelError) -> [Int] {
    var parents = Array(layers.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parents[index] != index {
        parents[index] = parents[parents[index]]
        index = parents[index]
      }
      return index
    }
    for (index, layer) in layers.enumerated() where layer.movesValues && numbers[index].isQuantized {
      for input in layer.inputs where numbers[input].isQuantized {
        guard numbers[input] == numbers[index] else {
          throw .invalidPlan(
            reason: "'\(layer.name)' is \(numbers[index].rawValue) and moves '\(layers[input].name)', which is "
              + numbers[input].rawValue)
        }
        let (a, b) = (root(input), root(index))
        parents[max(a, b)] = min(a, b)
      }
    }
    return layers.indices.map { root($0) }
  }
}

extension [LayerRecord] {
  /// The layer as files of ranges know it: a value that was converted or copied has the name of the value that it is.
  func rangeName(of index: Int) -> String {
    let isCopy = (self[index].kind as? ActivationLayer)?.activation == .linear || self[index].kind is ConversionLayer
    return isCopy ? self[self[index].inputs[0]].name : self[index].name
  }

  /// Whether a layer is a sum of products whose factors are all integers.
  func isIntegerSum(_ index: Int, _ numbers: [NumberType]) -> Bool {
    self[index].isSum && self[index].inputs.prefix(self[index].kind.sources).allSatisfy { numbers[$0].isQuantized }
  }

  /// Whether a layer's channels may have factors of their own: it is a sum of integers itself, whose activation lets
  /// factors through, and so is whatever reads it, with weights to divide by them.
  func canScaleChannels(of index: Int, _ numbers: [NumberType]) -> Bool {
    let readers = indices.filter { self[$0].inputs.contains(index) }
    return numbers[index].isQuantized && isIntegerSum(index, numbers)
      && self[index].inputs.count == self[index].kind.sources
      && (self[index].sumActivation == .linear || self[index].sumActivation == .relu) && !readers.isEmpty
      && readers.allSatisfy { reader in
        isIntegerSum(reader, numbers)
          && !self[reader].inputs.dropFirst(self[reader].kind.sources).contains(index)
      }
  }
}

extension LayerRecord {
  /// Whether its value consists of its inputs' numbers, and perhaps zeros.
  var movesValues: Bool {
    switch kind {
    case is MaxPoolLayer, is ConcatenationLayer, is GatherLayer, is ZeroPadLayer: true
    case let pool as AdaptivePoolLayer: pool.isMaximum
    case let upsample as UpsampleLayer: !upsample.isBilinear
    default: false
    }
  }

  /// Whether it is a sum of products with weights.
  var isSum: Bool { kind is ConvolutionLayer || kind is FullyConnectedLayer }

  /// What a sum, a product or a batch norm ends in; `nil` of other layers.
  var sumActivation: LayerActivation? {
    switch kind {
    case let layer as ConvolutionLayer: layer.activation
    case let layer as FullyConnectedLayer: layer.activation
    case let layer as SumLayer: layer.activation
    case let layer as ProductLayer: layer.activation
    case let layer as NormLayer: layer.activation
    default: nil
    }
  }
}
