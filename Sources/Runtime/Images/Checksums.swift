// SPDX-License-Identifier: Apache-2.0
// The two checksums of a PNG file: CRC-32 over each chunk, Adler-32 over the data before compression.

/// CRC-32 (ISO 3309, reflected polynomial EDB88320) of bytes, eight a step: archives of weights have hundreds of megabytes.
package func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var crc: UInt32 = ~0
  crcTables.withUnsafeBufferPointer { tables in
    var place = 0
    while place <= bytes.count - 8 {
      let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) ^ UInt64(crc)
      crc = 0
      // The first byte is the one that seven more bytes follow.
      for byte in 0..<8 { crc ^= tables[(7 - byte) << 8 | Int(word >> UInt64(8 * byte) & 0xFF)] }
      place += 8
    }
    while place < bytes.count {
      crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[place])) & 0xFF)]
      place += 1
    }
  }
  return ~crc
}

/// Eight tables: what becomes of a byte that no, one, ... seven bytes follow.
private let crcTables: [UInt32] = {
  var tables = (0..<256).map { (index: UInt32) in
    (0..<8).reduce(index) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }
  for index in 256..<2048 {
    let crc = tables[index - 256]
    tables.append(crc >> 8 ^ tables[Int(crc & 0xFF)])
  }
  return tables
}()

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
