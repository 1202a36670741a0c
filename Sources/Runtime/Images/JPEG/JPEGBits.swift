// SPDX-License-Identifier: Apache-2.0
// The bits of entropy-coded data (T.81, F.2.2.5), most significant first. A zero byte after 0xFF is left out; at a
// marker, or at the end of the file, zeros follow without end, and `isOverdrawn` tells that some were taken.

struct JPEGBits {
  private let bytes: UnsafePointer<UInt8>
  private let end: Int
  /// The next byte to read; never beyond a marker.
  private(set) var position: Int
  /// How many codes were none.
  var badCodes = 0
  /// Left-aligned. Bits beyond `count` are those that follow, or zero.
  private var buffer: UInt64 = 0
  /// How many bits may be taken, and how many of them, counted since the data ended, are made up.
  private var count = 0
  private var padding = 0

  init(_ file: UnsafeRawBufferPointer, at position: Int) {
    // Called with a file of more than two bytes.
    bytes = file.assumingMemoryBound(to: UInt8.self).baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped
    end = file.count
    self.position = position
  }

  /// Whether more bits were taken than there are.
  var isOverdrawn: Bool { padding > count }
  /// Whether the file ends here, and not the data at a marker.
  var isAtEndOfFile: Bool {
    var next = position
    while next < end, bytes[next] == 0xFF { next += 1 }
    return next >= end
  }

  /// Whole bytes that were read and not used: what stands before a marker that comes too late.
  var unusedBytes: Int { max(count - padding, 0) / 8 }

  /// Forgets what was read ahead, and goes on at `position`.
  mutating func restart(at position: Int) {
    self.position = position
    (buffer, count, padding) = (0, 0, 0)
  }

  /// Makes at least 32 bits available: a code (17 with the detection of none) and a number of 15.
  @inline(__always)
  mutating func fill() {
    if count < 32 { refill() }
  }

  @inline(__always)
  private mutating func refill() {
    if end - position >= 8 {
      let word = UInt64(bigEndian: UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt64.self))
      // Is no byte 0xFF, that is, is no byte of the inverse zero?
      let inverse = ~word
      if (inverse &- 0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
        buffer |= word &>> UInt64(truncatingIfNeeded: count)
        position &+= (63 &- count) &>> 3
        count |= 56
        return
      }
    }
    (position, buffer, count, padding) = refilledByByte()
  }

  /// By value, so that the loops can keep the bits in registers.
  @inline(never)
  private func refilledByByte() -> (position: Int, buffer: UInt64, count: Int, padding: Int) {
    var (position, buffer, count) = (self.position, self.buffer, self.count)
    while count <= 56 {
      var next = position
      var isData = next < end
      if isData, bytes[next] == 0xFF {
        // Several 0xFF before a zero count as one, as in libjpeg.
        repeat { next += 1 } while next < end && bytes[next] == 0xFF
        isData = next < end && bytes[next] == 0
      }
      guard isData else { return (position, buffer, 63, padding + 63 - count) }
      buffer |= UInt64(bytes[position]) &<< UInt64(truncatingIfNeeded: 56 &- count)
      count += 8
      position = next + 1
    }
    return (position, buffer, count, padding)
  }

  /// The next bits, of which there are `fill`ed enough; 1 or more.
  @inline(__always)
  func peek(_ bits: Int) -> Int { Int(truncatingIfNeeded: buffer &>> UInt64(truncatingIfNeeded: 64 &- bits)) }

  @inline(__always)
  mutating func skip(_ bits: Int) {
    buffer = buffer &<< UInt64(truncatingIfNeeded: bits)
    count &-= bits
  }

  /// An unsigned number of 1 to 15 bits.
  @inline(__always)
  mutating func receive(_ bits: Int) -> Int {
    let value = peek(bits)
    skip(bits)
    return value
  }

  /// A signed number of 1 to 15 bits, whose first is 0 if it is negative (T.81, figure F.12).
  @inline(__always)
  mutating func receiveExtended(_ bits: Int) -> Int {
    let isNegative = ~Int(truncatingIfNeeded: Int64(bitPattern: buffer) &>> 63)
    return receive(bits) &+ (isNegative & (1 &- (1 &<< bits)))
  }
}
