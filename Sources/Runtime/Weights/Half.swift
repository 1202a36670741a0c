// SPDX-License-Identifier: Apache-2.0
// Numbers as weights are stored: in single precision, or in half. By hand, since Swift's Float16 does not exist on every
// platform that runs these packages, and because a double that is rounded to a float first may be rounded twice.

/// A number in half precision, IEEE binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction.
package struct Half: Sendable, Equatable {
  package let bits: UInt16

  package init(bits: UInt16) { self.bits = bits }

  /// The largest: what is beyond 65,519.99 becomes infinite.
  package static let largest: Double = 65504

  /// The nearest, of two the even one; what is below 2^-14 has fewer bits, and below 2^-25 is zero.
  @inline(__always)
  package init(rounding value: Double) {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 48) & 0x8000
    let magnitude = value.magnitude
    if magnitude < 0x1p-14 {
      // Multiples of 2^-24: added to 2^52 a number is rounded to a whole one.
      let whole = (magnitude * 0x1p24 + 0x1p52).bitPattern
      bits = sign | UInt16(truncatingIfNeeded: whole)
    } else if magnitude < 65520 {
      let fields = magnitude.bitPattern
      let rounded = (fields + (0x1FF_FFFF_FFFF + (fields >> 42 & 1))) >> 42
      bits = sign | UInt16(truncatingIfNeeded: rounded - (1023 - 15) << 10)
    } else {
      bits = sign | (magnitude.isNaN ? 0x7E00 : 0x7C00)
    }
  }

  /// Neither infinite nor NaN.
  @inline(__always)
  package var isFinite: Bool { bits & 0x7C00 != 0x7C00 }

  package var float: Float { floatFromHalf(bits) }
}

/// What a weight may be stored as.
protocol WeightNumber {
  init(rounding value: Double)
  var isFinite: Bool { get }
}

extension Half: WeightNumber {}

extension Float: WeightNumber {
  /// Zero where the float would be denormal.
  @inline(__always)
  init(rounding value: Double) { self = normal(value) }
}
