// SPDX-License-Identifier: Apache-2.0
// What numbers a plan computes with: a precision is the user's choice of a plan, a number type is that of one value in
// it. docs/quantization.md defines what arithmetic they stand for.

/// The precision of a plan: what its kernels multiply.
public enum Precision: String, CaseIterable, Sendable {
  /// Single precision throughout.
  case float32
  /// Half precision, with sums in single precision.
  case float16
  /// Products of 8-bit integers with exact sums. Values that lose too much by it stay `float32`.
  case int8
}

extension Precision {
  /// What a layer may be off, as a part of its largest value. Rounding weights to 11 bits costs a layer 2e-4, of those that
  /// are transformed for F(4x4) 1.4e-3, and what the layers before it have lost adds up as sums of random signs do.
  var tolerance: Double {
    switch self {
    case .float32, .int8: 1e-4
    case .float16: 5e-3
    }
  }
}

/// The type of one value of a network.
package enum NumberType: String, Sendable, CaseIterable {
  case float32
  /// Half precision.
  case float16
  /// 0 to 255: of values that are never negative, as after ReLU.
  case uint8
  /// -128 to 127.
  case int8

  /// The smallest and the largest number; none is beyond those of `float32`.
  package var limits: ClosedRange<Float> {
    switch self {
    case .float32: -.infinity ... .infinity
    case .float16: -65504...65504
    case .uint8: 0...255
    case .int8: -128...127
    }
  }

  /// The largest magnitude of an integer, by which sums are bounded; 0 of `float32`, which has no such bound.
  package var magnitude: Int {
    switch self {
    case .float32, .float16: 0
    case .uint8: 255
    case .int8: 128
    }
  }

  /// Whether its values are integers with a scale.
  package var isQuantized: Bool { self == .uint8 || self == .int8 }
}
