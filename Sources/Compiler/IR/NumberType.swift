// What numbers a value is made of. A pass decides it (`Passes/Quantize.swift`), a layout says how many of them a word of
// memory holds, and kernels read and write them so.

/// The numbers of a value.
package enum NumberType: String, Hashable, Sendable {
  case float32
  /// Half precision, two numbers to a word.
  case float16
  /// 0 to 255 times a scale: of values that are never negative, as after ReLU.
  case uint8
  /// -128 to 127 times a scale.
  case int8

  /// Whether its numbers are whole, times a scale that weights bring.
  package var isQuantized: Bool { self == .uint8 || self == .int8 }
}

/// What a plan multiplies.
package enum Precision: String, CaseIterable, Hashable, Sendable {
  case float32
  /// Half precision: weights that take half the memory.
  case float16
  /// 8-bit integers, with exact sums.
  case int8
}
