// SPDX-License-Identifier: Apache-2.0
// Values that make a tensor useless, and what is done with values that are all but zero. One NaN among 25 million weights
// makes every answer of a network NaN, and a class of that is named all the same: better to say where it stands.

/// What is wrong with a value of a tensor.
public enum WeightFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// It is NaN.
  case notANumber
  /// It is infinite, or was too large for a float of 32 bits.
  case infinite
  /// A variance is below zero.
  case negativeVariance(Float)
  /// A variance is zero and nothing is added to it, so that the batch norm divides by zero.
  case zeroVariance
  /// With the batch norm folded in, it is too large for a float of 32 bits.
  case overflow
  /// With the batch norm folded in, it is beyond 65,504, the largest number in half precision.
  case halfOverflow

  /// What follows the name of the value, and the way out.
  public var description: String {
    switch self {
    case .notANumber:
      return "holds NaN, which is not a number: training diverged or the file is damaged, use a sound checkpoint"
    case .infinite:
      return "holds an infinity, or a number that float32 cannot hold: training diverged or the file is damaged, use a "
        + "sound checkpoint"
    case .negativeVariance(let value):
      let text = value == value.rounded() && value > -1e6 ? "\(Int(value))" : "\(value)"
      return "= \(text), and no variance is negative: the file is damaged or was changed by hand, use a sound "
        + "checkpoint"
    case .zeroVariance:
      return "= 0, and the batch norm's eps is 0 too, so it divides by zero: set an eps in the source, or use a sound "
        + "checkpoint"
    case .overflow:
      return "is too large for float32 once its batch norm is folded in: its scale is huge or its variance tiny, use a "
        + "sound checkpoint"
    case .halfOverflow:
      return "is beyond 65504, the largest number in half precision, once its batch norm is folded in: use "
        + "'--precision float32' with these weights"
    }
  }
}

/// The first value of a tensor that makes every answer useless, and what is wrong with it.
///
/// - Parameter isVariance: Whether the values are variances, none of which is negative.
package func uselessValue(
  of values: UnsafeBufferPointer<Float>, isVariance: Bool
) -> (index: Int, fault: WeightFault)? {
  if let index = indexOfNonNumber(values) { return (index, values[index].isNaN ? .notANumber : .infinite) }
  guard isVariance, let index = values.firstIndex(where: { $0 < 0 }) else { return nil }
  return (index, .negativeVariance(values[index]))
}

/// The first value that is NaN or infinite.
func indexOfNonNumber(_ values: UnsafeBufferPointer<Float>) -> Int? {
  // The largest magnitude, as an integer: a reduction that the compiler makes vectors of, in one pass over memory.
  var largest: Int32 = 0
  for value in values { largest = max(largest, Int32(bitPattern: value.bitPattern & 0x7FFF_FFFF)) }
  guard largest >= Int32(bitPattern: Float.infinity.bitPattern) else { return nil }
  return values.firstIndex { !$0.isFinite }
}

/// `value` as a float; zero where that would be denormal, since kernels read it as zero, and slow at that where their
/// control is not set.
@inline(__always)
func normal(_ value: Double) -> Float {
  let float = Float(value)
  return float.magnitude < .leastNormalMagnitude ? 0 : float
}
