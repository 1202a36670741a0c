// SPDX-License-Identifier: Apache-2.0
// A 3x3 convolution of integers by Winograd's F(4x4, 3x3): transformed filters of 16 bits, and the factors by which sums
// become the value's own numbers. docs/quantization.md says what is computed with them.
//
// Tiles of bytes are transformed exactly. A filter is transformed in double precision and then rounded, at each position of
// a tile and for each output channel in steps of its own: as small ones as keep every sum within 32 bits.

/// The numbers of such a convolution.
struct QuantizedWinograd: Sendable, Equatable {
  static let tile = 4
  static let size = 6
  static let positions = 36
  /// All but infinity, in the order of positions.
  static let points: [Double] = [0, 1, -1, 2, -2]

  /// `[output channel][position][input channel]`
  var filters: [Int16]
  /// `[output channel][position]`: from a sum to the value's own numbers.
  var factors: [Float]
  /// Of each output channel, what is added, in the value's own numbers.
  var bias: [Float]
  /// From the residual's numbers to the value's own; 0 without a residual.
  var residual: Float
}

extension QuantizedWinograd {
  /// B transposed: what becomes of six numbers in a row.
  static let input: [[Int32]] = [
    [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ]
  /// 24 G: what becomes of three weights in a row.
  static let filter: [[Double]] = [
    [6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24],
  ]
  /// What 24 G makes of filters twice.
  static let filterScale = 576.0

  /// Of each position the smallest and the largest number that a tile of such numbers has there.
  static func limits(_ number: NumberType) -> [ClosedRange<Double>] {
    let (low, high) = (Double(number.limits.lowerBound), Double(number.limits.upperBound))
    return (0..<positions).map { position in
      let (rows, columns) = (input[position / size], input[position % size])
      var (positive, negative) = (0.0, 0.0)
      for a in rows {
        for b in columns {
          positive += Double(max(a * b, 0))
          negative += Double(max(-a * b, 0))
        }
      }
      return positive * low - negative * high...positive * high - negative * low
    }
  }

  /// 24 G g (24 G) transposed of the 3x3 filter that begins at `first`: rows of G meet columns, then rows, each sum from left
  /// to right.
  static func transform(_ weights: [Double], at first: Int, into out: inout [Double]) {
    for (i, a) in filter.enumerated() {
      let x = a[0] * weights[first] + a[1] * weights[first + 3] + a[2] * weights[first + 6]
      let y = a[0] * weights[first + 1] + a[1] * weights[first + 4] + a[2] * weights[first + 7]
      let z = a[0] * weights[first + 2] + a[1] * weights[first + 5] + a[2] * weights[first + 8]
      for (j, b) in filter.enumerated() { out[i * size + j] = b[0] * x + b[1] * y + b[2] * z }
    }
  }

  /// The step of transformed weights: none is rounded to more than 16 bits, and no sum of their products with numbers within
  /// `limits` leaves 32 bits. Each weight is rounded by half a step at most, which is what the sums have less room for.
  static func step(_ weights: [Double], _ limits: ClosedRange<Double>) -> Double {
    var (positive, negative, largest) = (0.0, 0.0, 0.0)
    for weight in weights {
      if weight > 0 { positive += weight } else { negative -= weight }
      largest = max(largest, weight.magnitude)
    }
    let (low, high) = (-limits.lowerBound, limits.upperBound)
    let sum = max(positive * high + negative * low, positive * low + negative * high)
    let room = largestSum - Double(weights.count) * max(low, high) / 2
    return largest == 0 ? 1 : max(largest / 32_767, sum / room)
  }

  /// With room for what double precision rounds on the way.
  private static let largestSum = Double(Int32.max) * (1 - 0x1p-30)
  /// Of input channels, so that there is room.
  static let mostChannels = 1 << 16
}

extension WeightPacker {
  /// The integers of a Winograd convolution that reads integers.
  func quantizedWinograd(layer index: Int, scales: ValueScales) throws(ModelError) -> QuantizedWinograd {
    let sum = try FoldedSum(self, layer: index, scales: scales)
    let layer = layers[index]
    guard let folded = sum.terms.first, sum.terms.count == 1, folded.term.isWinograd,
      folded.term.inChannels <= QuantizedWinograd.mostChannels
    else { throw .invalidPlan(reason: "'\(layer.name)' is no Winograd convolution of integers") }
    let (from, channels) = (folded.term.inChannels, layer.shape.channels)
    let (input, output) = (Double(scales.scales[layer.inputs[0]]), Double(scales.scales[index]))
    let limits = QuantizedWinograd.limits(scales.numbers[layer.inputs[0]])
    let positions = QuantizedWinograd.positions
    var numbers = QuantizedWinograd(
      filters: [Int16](repeating: 0, count: channels * positions * from),
      factors: [Float](repeating: 0, count: channels * positions),
      bias: sum.biases.map { normal($0 / output) },
      residual: layer.inputs.count > 1 ? scales.multiplier(from: layer.inputs[1], to: index) : 0)
    var row = [Double](repeating: 0, count: folded.rowLength)
    var transformed = [Double](repeating: 0, count: positions)
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: from), count: positions)
    for channel in 0..<channels {
      try folded.row(channel, into: &row)
      for source in 0..<from {
        QuantizedWinograd.transform(row, at: source * 9, into: &transformed)
        for position in 0..<positions { matrix[position][source] = transformed[position] }
      }
      for position in 0..<positions {
        let step = QuantizedWinograd.step(matrix[position], limits[position])
        let place = channel * positions + position
        for (source, weight) in matrix[position].enumerated() {
          numbers.filters[place * from + source] = Int16((weight / step).rounded(.toNearestOrEven))
        }
        numbers.factors[place] = normal(step * input / (QuantizedWinograd.filterScale * output))
      }
      let factors = numbers.factors[channel * positions..<(channel + 1) * positions]
      guard factors.allSatisfy(\.isFinite), numbers.bias[channel].isFinite else {
        throw .weightValue(tensor: folded.term.weight, channel: channel, .overflow)
      }
    }
    return numbers
  }
}

extension ConvolutionTerm {
  /// Whether F(4x4, 3x3) computes it.
  fileprivate var isWinograd: Bool {
    kernelHeight == 3 && kernelWidth == 3 && stride.rows == 1 && stride.columns == 1 && dilation == 1 && groups == 1
  }
}
