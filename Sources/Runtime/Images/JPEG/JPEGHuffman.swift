// SPDX-License-Identifier: Apache-2.0
// Huffman codes of JPEG (T.81, annexes C and F.2.2.3). A lookup with the next ten bits answers most symbols together
// with the number that follows them: in photographs nine of ten. Longer codes are compared length by length.

/// A code, laid out for decoding.
final class JPEGHuffmanCode: @unchecked Sendable {  // Immutable after init.
  /// How many bits a lookup takes.
  static let lookupBits = 10

  /// By the next `lookupBits` bits: in bits 0 to 7 how many to skip, in 8 to 15 the symbol, in 16 to 31 the signed number
  /// that follows it, if both fit; then both are skipped, else the symbol alone. Zero where the code is longer. Behind
  /// them stand, for each length to 17, the largest code and the place of its symbol minus the code, and the symbols.
  let entries: UnsafePointer<Int32>
  private let storage: UnsafeMutablePointer<Int32>

  private static let lookupCount = 1 << lookupBits
  private static let count = lookupCount + 18 + 18 + 256

  /// A code without symbols, for scans that need none.
  static let empty = JPEGHuffmanCode()

  private init() {
    storage = .allocate(capacity: Self.count)
    storage.initialize(repeating: 0, count: Self.count)
    (storage + Self.lookupCount).initialize(repeating: -1, count: 17)
    storage[Self.lookupCount + 17] = .max
    entries = UnsafePointer(storage)
  }

  /// The code with `counts[n - 1]` codes of n bits, for these symbols in their order; nil if there is no such code, or if
  /// a symbol for DC differences is above 15.
  convenience init?(counts: ArraySlice<UInt8>, symbols: ArraySlice<UInt8>, isDC: Bool) {
    guard counts.count == 16, symbols.count <= 256, counts.reduce(0, { $0 + Int($1) }) == symbols.count,
      !isDC || symbols.allSatisfy({ $0 <= 15 })
    else { return nil }
    self.init()
    let largest = storage + Self.lookupCount
    let offset = largest + 18
    let values = offset + 18
    for (index, symbol) in symbols.enumerated() { values[index] = Int32(symbol) }
    var code = 0
    var first = 0
    for length in 1...16 {
      let count = Int(counts[counts.startIndex + length - 1])
      largest[length] = count > 0 ? Int32(code + count - 1) : -1
      offset[length] = Int32(first - code)
      // No code consists of ones alone.
      guard count == 0 || code + count < 1 << length else { return nil }
      for index in first..<(first + count) where length <= Self.lookupBits {
        enter(Int(values[index]), code: code + index - first, length: length)
      }
      first += count
      code = (code + count) << 1
    }
  }

  deinit { storage.deallocate() }

  /// Fills the entries that begin with a code.
  private func enter(_ symbol: Int, code: Int, length: Int) {
    let size = symbol & 15
    let rest = Self.lookupBits - length
    for tail in 0..<(1 << rest) {
      var entry = symbol << 8 | length
      if size > 0, size <= rest {
        let bits = tail >> (rest - size)
        let value = bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits
        entry = value << 16 | symbol << 8 | (length + size)
      }
      storage[(code << rest) | tail] = Int32(truncatingIfNeeded: entry)
    }
  }
}

/// The entries of a code by themselves, for loops that must not count references.
struct JPEGLookup {
  private let entries: UnsafePointer<Int32>

  /// The entries of a code that must outlive this.
  init(_ code: JPEGHuffmanCode) { entries = code.entries }

  @inline(__always)
  func entry(_ bits: JPEGBits) -> Int { Int(entries[bits.peek(JPEGHuffmanCode.lookupBits)]) }

  /// Takes a symbol, whose entry does not answer it, off the bits. Bits that are no code take 17 and count as 0, as in
  /// libjpeg.
  @inline(__always)
  func symbol(_ entry: Int, _ bits: inout JPEGBits) -> Int {
    if entry != 0 {
      bits.skip(entry & 0xFF)
      return entry >> 8 & 0xFF
    }
    let length = longLength(bits)
    let code = bits.receive(length)
    if length <= 16 { return Int(entries[Self.symbols + ((code + Int(entries[Self.offsets + length])) & 0xFF)]) }
    bits.badCodes += 1
    return 0
  }

  private static var offsets: Int { (1 << JPEGHuffmanCode.lookupBits) + 18 }
  private static var symbols: Int { offsets + 18 }

  @inline(never)
  private func longLength(_ bits: JPEGBits) -> Int {
    let largest = entries + (1 << JPEGHuffmanCode.lookupBits)
    var length = JPEGHuffmanCode.lookupBits + 1
    while bits.peek(length) > Int(largest[length]) { length += 1 }
    return length
  }
}

extension JPEGHuffmanCode {
  /// What T.81 suggests in annex K.3, and what the frames of Motion JPEG leave out.
  static func standard(isDC: Bool, isLuminance: Bool) -> JPEGHuffmanCode? {
    let counts: [UInt8]
    let symbols: [UInt8]
    switch (isDC, isLuminance) {
    case (true, true): (counts, symbols) = ([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], Array(0...11))
    case (true, false): (counts, symbols) = ([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], Array(0...11))
    case (false, true):
      counts = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125]
      symbols = ordered([
        [0x01, 0x02], [0x03], [0x00, 0x04, 0x11], [0x05, 0x12, 0x21], [0x31, 0x41], [0x06, 0x13, 0x51, 0x61],
        [0x07, 0x22, 0x71], [0x14, 0x32, 0x81, 0x91, 0xA1], [0x08, 0x23, 0x42, 0xB1, 0xC1], [0x15, 0x52, 0xD1, 0xF0],
        [0x24, 0x33, 0x62, 0x72], [0x82],
      ])
    case (false, false):
      counts = [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119]
      symbols = ordered([
        [0x00, 0x01], [0x02], [0x03, 0x11], [0x04, 0x05, 0x21, 0x31], [0x06, 0x12, 0x41, 0x51], [0x07, 0x61, 0x71],
        [0x13, 0x22, 0x32, 0x81], [0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1], [0x09, 0x23, 0x33, 0x52, 0xF0],
        [0x15, 0x62, 0x72, 0xD1], [0x0A, 0x16, 0x24, 0x34], [0xE1], [0x25, 0xF1],
      ])
    }
    return JPEGHuffmanCode(counts: counts[...], symbols: symbols[...], isDC: isDC)
  }

  /// Symbols with short codes as given, then in rising order all others for up to ten bits.
  private static func ordered(_ short: [[UInt8]]) -> [UInt8] {
    let first = short.flatMap(\.self)
    let all = (0...15).flatMap { run in (1...10).map { UInt8(run << 4 | $0) } }
    return first + all.filter { !first.contains($0) }
  }
}
