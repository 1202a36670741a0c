// SPDX-License-Identifier: Apache-2.0
// One image's value of a layer in an int8 plan, as the integer interpreter holds it.

/// Integers with a scale that `ValueScales` knows, or floats; channel, row, column.
package enum QuantizedValue: Sendable, Equatable {
  case floats([Float])
  /// Of either type, uint8 and int8.
  case integers([Int16])

  var isIntegers: Bool { if case .integers = self { true } else { false } }

  /// Its own numbers.
  var numbers: [Float] {
    switch self {
    case .floats(let values): values
    case .integers(let values): values.map { Float($0) }
    }
  }

  /// The network's numbers: each product rounded once.
  func values(_ scale: Float) -> [Float] {
    switch self {
    case .floats(let values): values
    case .integers(let values): values.map { Float($0) * scale }
    }
  }
}

extension ValueScales {
  /// A layer's value from the network's numbers: `clamp(rint(x / s))`.
  func quantize(_ values: [Float], as layer: Int) -> QuantizedValue {
    guard numbers[layer].isQuantized else { return .floats(values) }
    let scale = scales[layer]
    return rounded(values.map { $0 / scale }, numbers[layer].limits)
  }

  /// `rint(clamp(t))`, to nearest, ties to even.
  func rounded(_ numbers: [Float], _ limits: ClosedRange<Float>) -> QuantizedValue {
    .integers(numbers.map { Int16(nearestEven(min(max($0, limits.lowerBound), limits.upperBound))) })
  }
}

/// `x` rounded to the nearest whole number, ties to the even one, for magnitudes below 2^22: the sum has no room for
/// halves. A call of the C library's function otherwise, for each value.
@inline(__always)
func nearestEven(_ x: Float) -> Float { (x + 0x1.8p23) - 0x1.8p23 }
