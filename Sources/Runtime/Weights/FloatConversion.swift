// SPDX-License-Identifier: Apache-2.0
// The float types of weight files as Float. F16 and BF16 widen exactly; F64 rounds once, to nearest. By hand, since
// Swift's Float16 does not exist on every platform that runs these packages.

/// Reads `output.count` elements of `dtype` from bytes at any address; false if `dtype` is not a float of 16 to 64 bits.
package func convert(
  _ bytes: UnsafeRawBufferPointer, _ dtype: DType, into output: UnsafeMutableBufferPointer<Float>
) -> Bool {
  precondition(bytes.count == output.count * dtype.bits / 8)
  switch dtype {
  case .f32:
    UnsafeMutableRawBufferPointer(output).copyMemory(from: bytes)
    #if _endian(big)
      for i in output.indices { output[i] = Float(bitPattern: output[i].bitPattern.byteSwapped) }
    #endif
  case .f64:
    for i in output.indices {
      let bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
      output[i] = Float(Double(bitPattern: bits))
    }
  case .f16:
    for i in output.indices {
      output[i] = floatFromHalf(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
    }
  case .bf16:
    for i in output.indices {
      let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
      output[i] = Float(bitPattern: UInt32(bits) << 16)
    }
  default:
    return false
  }
  return true
}

/// IEEE binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction.
package func floatFromHalf(_ half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10 & 0x1F)
  let fraction = UInt32(half & 0x3FF)
  switch exponent {
  case 0:  // Zero, or a multiple of 2^-24.
    return Float(bitPattern: sign | (Float(fraction) * 0x1p-24).bitPattern)
  case 31:  // Infinity, or NaN with its payload.
    return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default:
    return Float(bitPattern: sign | (exponent + 127 - 15) << 23 | fraction << 13)
  }
}
