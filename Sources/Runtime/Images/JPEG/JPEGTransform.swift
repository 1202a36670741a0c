// SPDX-License-Identifier: Apache-2.0
// The inverse cosine transform of 8 x 8 coefficients: the algorithm of Loeffler, Ligtenberg and Moschytz with 13 bits of
// fraction, two passes of eleven multiplications. Each sum and each rounding is that of libjpeg-turbo's accurate integer
// transform as its vector code has it: 16 bits between the passes, saturated, so that damaged coefficients too come out
// as they do there.

private typealias Row = SIMD8<Int16>
private typealias WideRow = SIMD8<Int32>

enum JPEGTransform {
  /// Writes the 8 x 8 samples of a block, whose coefficients stand in rows and are to be multiplied by `multiplier`.
  ///
  /// Both pointers are aligned to 16 bytes.
  @inline(never) static func apply(
    _ coefficients: UnsafePointer<Int16>, _ multiplier: UnsafePointer<Int16>, into output: UnsafeMutablePointer<UInt8>,
    stride: Int
  ) {
    let source = UnsafeRawPointer(coefficients).assumingMemoryBound(to: Row.self)
    let factor = UnsafeRawPointer(multiplier).assumingMemoryBound(to: Row.self)
    let first = source[0] &* factor[0]
    let others = source[1] | source[2] | source[3] | source[4] | source[5] | source[6] | source[7]
    var rows: Rows
    if unsafeBitCast(others, to: SIMD2<UInt64>.self) == .zero {
      let row = first &<< 2
      rows = Rows(row, row, row, row, row, row, row, row)
    } else {
      rows = Rows(
        first, source[1] &* factor[1], source[2] &* factor[2], source[3] &* factor[3], source[4] &* factor[4],
        source[5] &* factor[5], source[6] &* factor[6], source[7] &* factor[7])
      rows.transform(shift: 11)
      // Nothing, which the compiler cannot know: it would otherwise move the shuffles before the saturation, and find no
      // instruction for that any more.
      rows.combine(Row(repeating: Int16(truncatingIfNeeded: stride >> 48)))
    }
    rows.transpose()
    rows.transform(shift: 18)
    rows.transpose()
    let raw = UnsafeMutableRawPointer(output)
    raw.storeBytes(of: samples(rows.r0), as: SIMD8<UInt8>.self)
    (raw + stride).storeBytes(of: samples(rows.r1), as: SIMD8<UInt8>.self)
    (raw + 2 * stride).storeBytes(of: samples(rows.r2), as: SIMD8<UInt8>.self)
    (raw + 3 * stride).storeBytes(of: samples(rows.r3), as: SIMD8<UInt8>.self)
    (raw + 4 * stride).storeBytes(of: samples(rows.r4), as: SIMD8<UInt8>.self)
    (raw + 5 * stride).storeBytes(of: samples(rows.r5), as: SIMD8<UInt8>.self)
    (raw + 6 * stride).storeBytes(of: samples(rows.r6), as: SIMD8<UInt8>.self)
    (raw + 7 * stride).storeBytes(of: samples(rows.r7), as: SIMD8<UInt8>.self)
  }

  /// The same where only the first coefficient differs from zero.
  @inline(__always)
  static func applyConstant(
    _ coefficient: Int16, _ multiplier: Int16, into output: UnsafeMutablePointer<UInt8>, stride: Int
  ) {
    let value = (coefficient &* multiplier) &<< 2
    let rounded = (Int32(value) + 16) >> 5
    let sample = UInt8(truncatingIfNeeded: min(max(rounded, -128), 127) + 128)
    let row = UInt64(sample) &* 0x0101_0101_0101_0101
    let raw = UnsafeMutableRawPointer(output)
    for y in 0..<8 { (raw + y &* stride).storeBytes(of: row, as: UInt64.self) }
  }

  @inline(__always)
  private static func samples(_ row: Row) -> SIMD8<UInt8> {
    let clamped = row.clamped(lowerBound: Row(repeating: -128), upperBound: Row(repeating: 127))
    return SIMD8<UInt8>(truncatingIfNeeded: clamped &+ 128)
  }
}

/// Eight rows, or after a transposition columns.
private struct Rows {
  var r0, r1, r2, r3, r4, r5, r6, r7: Row

  @inline(__always)
  init(_ r0: Row, _ r1: Row, _ r2: Row, _ r3: Row, _ r4: Row, _ r5: Row, _ r6: Row, _ r7: Row) {
    (self.r0, self.r1, self.r2, self.r3) = (r0, r1, r2, r3)
    (self.r4, self.r5, self.r6, self.r7) = (r4, r5, r6, r7)
  }

  /// One pass: transforms along what the rows are numbered by, and drops `shift` bits.
  @inline(__always)
  mutating func transform(shift: Int32) {
    // Even part. The constants are cosines times 8192; sums of two are taken together, which changes no result.
    let even2 = wide(r2, 4433) &+ wide(r6, 4433 - 15_137)
    let even3 = wide(r2, 4433 + 6270) &+ wide(r6, 4433)
    let even0 = WideRow(truncatingIfNeeded: r0 &+ r4) &<< 13
    let even1 = WideRow(truncatingIfNeeded: r0 &- r4) &<< 13
    let (a0, a3) = (even0 &+ even3, even0 &- even3)
    let (a1, a2) = (even1 &+ even2, even1 &- even2)
    // Odd part.
    let (s3, s4) = (r7 &+ r3, r5 &+ r1)
    let z3 = wide(s3, 9633 - 16_069) &+ wide(s4, 9633)
    let z4 = wide(s3, 9633) &+ wide(s4, 9633 - 3196)
    let b0 = wide(r7, 2446 - 7373) &+ wide(r1, -7373) &+ z3
    let b1 = wide(r5, 16_819 - 20_995) &+ wide(r3, -20_995) &+ z4
    let b2 = wide(r5, -20_995) &+ wide(r3, 25_172 - 20_995) &+ z3
    let b3 = wide(r7, -7373) &+ wide(r1, 12_299 - 7373) &+ z4
    r0 = narrow(a0 &+ b3, shift)
    r7 = narrow(a0 &- b3, shift)
    r1 = narrow(a1 &+ b2, shift)
    r6 = narrow(a1 &- b2, shift)
    r2 = narrow(a2 &+ b1, shift)
    r5 = narrow(a2 &- b1, shift)
    r3 = narrow(a3 &+ b0, shift)
    r4 = narrow(a3 &- b0, shift)
  }

  @inline(__always)
  mutating func combine(_ bits: Row) {
    self = Rows(r0 | bits, r1 | bits, r2 | bits, r3 | bits, r4 | bits, r5 | bits, r6 | bits, r7 | bits)
  }

  /// Three perfect shuffles of the rows.
  @inline(__always)
  mutating func transpose() {
    for _ in 0..<3 {
      let (a, b, c, d) = (zip(r0, r4), zip(r1, r5), zip(r2, r6), zip(r3, r7))
      self = Rows(a.lowHalf, a.highHalf, b.lowHalf, b.highHalf, c.lowHalf, c.highHalf, d.lowHalf, d.highHalf)
    }
  }

  @inline(__always)
  private func zip(_ a: Row, _ b: Row) -> SIMD16<Int16> { SIMD16(interleaving: a, b) }

  /// A product of 32 bits. That the constant fits 16 is what lets it become two multiplications of 16 bits.
  @inline(__always)
  private func wide(_ row: Row, _ constant: Int32) -> WideRow { WideRow(truncatingIfNeeded: row) &* constant }

  /// Rounds, and saturates to 16 bits.
  @inline(__always)
  private func narrow(_ row: WideRow, _ shift: Int32) -> Row {
    let rounded = (row &+ (1 &<< (shift &- 1))) &>> shift
    return Row(
      truncatingIfNeeded: rounded.clamped(
        lowerBound: WideRow(repeating: -32_768), upperBound: WideRow(repeating: 32_767)))
  }
}

extension SIMD16 {
  /// The elements of two vectors in turns.
  @inline(__always)
  init(interleaving even: SIMD8<Scalar>, _ odd: SIMD8<Scalar>) {
    self.init()
    evenHalf = even
    oddHalf = odd
  }
}
