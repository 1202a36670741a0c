// SPDX-License-Identifier: Apache-2.0
// The two checksums of a PNG file: CRC-32 over each chunk, Adler-32 over the data before compression.

/// CRC-32 (ISO 3309, reflected polynomial EDB88320) of bytes, a byte a step.
package func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  let table = crcTable
  var crc: UInt32 = ~0
  for byte in bytes { crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
  return ~crc
}

private let crcTable: [UInt32] = (0..<256).map { (index: UInt32) in
  (0..<8).reduce(index) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
}

/// Adler-32 (RFC 1950) of bytes.
package func adler32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var (a, b): (UInt32, UInt32) = (1, 0)
  var start = 0
  while start < bytes.count {
    // 5,552 bytes of 255 are the most that 32 bits hold between two reductions.
    let end = min(start + 5_552, bytes.count)
    for i in start..<end {
      a &+= UInt32(bytes[i])
      b &+= a
    }
    a %= 65_521
    b %= 65_521
    start = end
  }
  return b << 16 | a
}
