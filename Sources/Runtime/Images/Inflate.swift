// SPDX-License-Identifier: Apache-2.0
// Decompression of zlib streams (RFC 1950, RFC 1951) into a buffer whose size is known beforehand, as PNG's is, and of the
// bare streams in zip archives. Nothing is allocated in proportion to what the data claims, and every code and distance is
// checked.

/// Decompresses a zlib stream that holds exactly `output.count` bytes or, if so allowed, more, of which only the first are
/// taken; whether there are more. With more nothing says whether the bytes are the right ones, for the stream's checksum is
/// that of all.
@discardableResult
package func inflate(
  _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, allowsMore: Bool = false
) throws(ImageFault) -> Bool {
  guard input.count >= 2, input[0] & 0x0F == 8, input[0] >> 4 <= 7, input[1] & 0x20 == 0,
    (Int(input[0]) << 8 | Int(input[1])) % 31 == 0
  else { throw ImageFault("its compressed data does not begin as zlib data does") }
  var inflater = Inflater(input: input, position: 2, output: output)
  inflater.allowsMore = allowsMore
  try inflater.blocks()
  if inflater.hasMore { return true }
  guard try inflater.checksum() == adler32(UnsafeRawBufferPointer(output)) else {
    throw ImageFault("the checksum of its pixels is wrong: the file is damaged")
  }
  return false
}

/// Decompresses a whole deflate stream, without zlib's head and checksum, that holds exactly `output.count` bytes.
package func inflateBare(
  _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
) throws(ImageFault) {
  var inflater = Inflater(input: input, position: 0, output: output)
  try inflater.blocks()
}

private struct Inflater {
  let input: UnsafeRawBufferPointer
  var position: Int
  let output: UnsafeMutableRawBufferPointer
  var written = 0
  /// What does not fit ends the decompression instead of failing it.
  var allowsMore = false
  var hasMore = false
  /// Bits that were taken from the input and not used yet, the next one lowest.
  var pending: UInt64 = 0
  var pendingCount = 0

  static let cutShort = ImageFault("its compressed data is cut short")
  static let tooMuch = ImageFault("its compressed data holds more bytes than its size needs")

  /// Everything, and nothing is missing.
  mutating func blocks() throws(ImageFault) {
    var isLast = false
    while !isLast, !hasMore {
      isLast = try bits(1) == 1
      switch try bits(2) {
      case 0: try storedBlock()
      case 1: try block(lengths: .fixedLengths, distances: .fixedDistances)
      case 2: try dynamicBlock()
      default: throw ImageFault("its compressed data has a block of an unknown kind")
      }
    }
    guard written == output.count else {
      throw ImageFault("its compressed data holds \(written) bytes where its size needs \(output.count)")
    }
  }

  /// How many of so many bytes fit.
  mutating func room(_ count: Int) throws(ImageFault) -> Int {
    let left = output.count - written
    if count <= left { return count }
    guard allowsMore else { throw Self.tooMuch }
    hasMore = true
    return left
  }

  mutating func refill() {
    while pendingCount <= 56, position < input.count {
      pending |= UInt64(input[position]) << UInt64(pendingCount)
      position += 1
      pendingCount += 8
    }
  }

  mutating func bits(_ count: Int) throws(ImageFault) -> Int {
    if pendingCount < count { refill() }
    guard pendingCount >= count else { throw Self.cutShort }
    let value = Int(pending & (1 << UInt64(count) - 1))
    pending >>= UInt64(count)
    pendingCount -= count
    return value
  }

  mutating func symbol(_ code: HuffmanCode) throws(ImageFault) -> Int {
    if pendingCount < 15 { refill() }
    let entry = code.table[Int(truncatingIfNeeded: pending) & (code.table.count - 1)]
    let length = Int(entry & 15)
    guard length > 0 else { throw ImageFault("its compressed data has a code that stands for nothing") }
    guard length <= pendingCount else { throw Self.cutShort }
    pending >>= UInt64(length)
    pendingCount -= length
    return Int(entry >> 4)
  }

  /// Goes on at the next whole byte.
  mutating func alignToByte() {
    position -= pendingCount / 8
    pending = 0
    pendingCount = 0
  }

  mutating func storedBlock() throws(ImageFault) {
    alignToByte()
    guard input.count - position >= 4 else { throw Self.cutShort }
    let length = Int(input[position]) | Int(input[position + 1]) << 8
    let complement = Int(input[position + 2]) | Int(input[position + 3]) << 8
    guard length ^ complement == 0xFFFF else { throw ImageFault("its compressed data has a block of unclear length") }
    position += 4
    guard input.count - position >= length else { throw Self.cutShort }
    let taken = try room(length)
    for i in 0..<taken { output[written + i] = input[position + i] }
    position += length
    written += taken
  }

  mutating func block(lengths: HuffmanCode, distances: HuffmanCode) throws(ImageFault) {
    while true {
      let symbol = try symbol(lengths)
      if symbol < 256 {
        if try room(1) == 0 { return }
        output[written] = UInt8(symbol)
        written += 1
        continue
      }
      if symbol == 256 { return }
      guard symbol < 286 else { throw ImageFault("its compressed data has an unknown length") }
      let length = try lengthBase[symbol - 257] + bits(lengthExtra[symbol - 257])
      let distanceSymbol = try self.symbol(distances)
      guard distanceSymbol < 30 else { throw ImageFault("its compressed data has an unknown distance") }
      let distance = try distanceBase[distanceSymbol] + bits(distanceExtra[distanceSymbol])
      guard distance <= written else { throw ImageFault("its compressed data refers to bytes before its beginning") }
      // Byte by byte, for a copy may overlap itself: that is how runs are written.
      for _ in 0..<(try room(length)) {
        output[written] = output[written - distance]
        written += 1
      }
      if hasMore { return }
    }
  }

  mutating func dynamicBlock() throws(ImageFault) {
    let lengthCount = try 257 + bits(5)
    let distanceCount = try 1 + bits(5)
    let codeCount = try 4 + bits(4)
    guard lengthCount <= 286, distanceCount <= 30 else { throw ImageFault("its compressed data has too many codes") }
    var codeLengths = [UInt8](repeating: 0, count: 19)
    for i in 0..<codeCount { codeLengths[codeLengthOrder[i]] = UInt8(try bits(3)) }
    let code = try HuffmanCode(lengths: codeLengths[...])
    var lengths: [UInt8] = []
    let total = lengthCount + distanceCount
    while lengths.count < total {
      let symbol = try symbol(code)
      let (value, times): (UInt8, Int)
      switch symbol {
      case 16:
        guard let last = lengths.last else { throw ImageFault("its compressed data repeats a code before the first") }
        (value, times) = (last, try 3 + bits(2))
      case 17: (value, times) = (0, try 3 + bits(3))
      case 18: (value, times) = (0, try 11 + bits(7))
      default: (value, times) = (UInt8(symbol), 1)
      }
      guard times <= total - lengths.count else { throw ImageFault("its compressed data has too many codes") }
      for _ in 0..<times { lengths.append(value) }
    }
    guard lengths[256] > 0 else { throw ImageFault("its compressed data has a block without an end") }
    try block(
      lengths: HuffmanCode(lengths: lengths[..<lengthCount]), distances: HuffmanCode(lengths: lengths[lengthCount...]))
  }

  /// The Adler-32 that follows the last block.
  mutating func checksum() throws(ImageFault) -> UInt32 {
    alignToByte()
    guard input.count - position >= 4 else { throw Self.cutShort }
    return UInt32(bigEndian: input.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }
}

/// A canonical prefix code as one table, indexed by as many bits as its longest code has.
private struct HuffmanCode {
  /// Symbol times 16 plus the code's length; zero where no code begins so.
  let table: [UInt16]

  /// The code in which symbol k has `lengths[k]` bits (0 to 15; 0 for symbols that do not occur). As in zlib, a code may
  /// be incomplete only if it has at most one symbol, of one bit: for a distance that is never or always the same.
  init(lengths: ArraySlice<UInt8>) throws(ImageFault) {
    var counts = [Int](repeating: 0, count: 16)
    for length in lengths where length > 0 { counts[Int(length)] += 1 }
    let longest = counts.lastIndex { $0 > 0 } ?? 0
    // The first code of each length, and what is left of the code space.
    var next = [Int](repeating: 0, count: 16)
    var left = 1
    var code = 0
    for length in 1...15 {
      left = 2 * left - counts[length]
      guard left >= 0 else { throw ImageFault("its compressed data has codes that contradict each other") }
      code = (code + counts[length - 1]) << 1
      next[length] = code
    }
    guard left == 0 || longest <= 1 else { throw ImageFault("its compressed data has an incomplete set of codes") }
    var table = [UInt16](repeating: 0, count: 1 << longest)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let length = Int(length)
      var reversed = 0
      for bit in 0..<length where next[length] >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
      next[length] += 1
      for index in stride(from: reversed, to: table.count, by: 1 << length) {
        table[index] = UInt16(symbol << 4 | length)
      }
    }
    self.table = table
  }

  private init(valid lengths: [UInt8]) {
    // The two codes that the format fixes are complete.
    if let code = try? HuffmanCode(lengths: lengths[...]) { self = code } else { table = [0] }
  }

  static let fixedLengths = HuffmanCode(
    valid: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  static let fixedDistances = HuffmanCode(valid: [UInt8](repeating: 5, count: 32))
}

private let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
private let lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
]
private let lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
private let distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12_289, 16_385, 24_577,
]
private let distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]
