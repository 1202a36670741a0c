// SPDX-License-Identifier: Apache-2.0
// The inverse cosine transform of 8 x 8 coefficients: the algorithm of Loeffler, Ligtenberg and Moschytz with 13 bits of
// fraction, two passes of eleven multiplications. Each sum and each rounding is that of libjpeg-turbo's accurate integer
// transform as its vector code has it: 16 bits between the passes, saturated, so that damaged coefficients too come out
// as they do there.

import ResNetCPU

private typealias Row = SIMD8<Int16>

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
    }
    rows.transpose()
    rows.transform(shift: 18)
    rows.transpose()
    write(rows.r0, rows.r1, output, stride)
    write(rows.r2, rows.r3, output + 2 &* stride, stride)
    write(rows.r4, rows.r5, output + 4 &* stride, stride)
    write(rows.r6, rows.r7, output + 6 &* stride, stride)
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

  /// Two rows of samples.
  @inline(__always)
  private static func write(_ first: Row, _ second: Row, _ output: UnsafeMutablePointer<UInt8>, _ stride: Int) {
    let samples = resnet_saturate_centred(first, second)
    resnet_store_low_bytes(samples, output)
    resnet_store_high_bytes(samples, output + stride)
  }
}

/// Eight numbers of 32 bits.
private struct WideRow {
  var low, high: SIMD4<Int32>

  @inline(__always)
  init(_ low: SIMD4<Int32>, _ high: SIMD4<Int32>) { (self.low, self.high) = (low, high) }

  @inline(__always)
  static func &+ (a: WideRow, b: WideRow) -> WideRow { WideRow(a.low &+ b.low, a.high &+ b.high) }

  @inline(__always)
  static func &- (a: WideRow, b: WideRow) -> WideRow { WideRow(a.low &- b.low, a.high &- b.high) }
}

/// Two rows, an element of each in turns, for sums of their multiples.
private struct RowPair {
  let low, high: Row

  @inline(__always)
  init(_ a: Row, _ b: Row) { (low, high) = (resnet_zip_low(a, b), resnet_zip_high(a, b)) }

  @inline(__always)
  func sum(_ a: Int16, _ b: Int16) -> WideRow {
    let factors = Row(a, b, a, b, a, b, a, b)
    return WideRow(resnet_multiply_pairs(low, factors), resnet_multiply_pairs(high, factors))
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
    // Even part. The constants are cosines times 8192; sums of two are taken together, which changes no result. What
    // rounds is added once, before sums are taken apart.
    let half = SIMD4<Int32>(repeating: 1 &<< (shift &- 1))
    let even = RowPair(r2, r6)
    let even2 = even.sum(4433, 4433 - 15_137)
    let even3 = even.sum(4433 + 6270, 4433)
    let even0 = scaled(r0 &+ r4) &+ WideRow(half, half)
    let even1 = scaled(r0 &- r4) &+ WideRow(half, half)
    let (a0, a3) = (even0 &+ even3, even0 &- even3)
    let (a1, a2) = (even1 &+ even2, even1 &- even2)
    // Odd part.
    let sums = RowPair(r7 &+ r3, r5 &+ r1)
    let z3 = sums.sum(9633 - 16_069, 9633)
    let z4 = sums.sum(9633, 9633 - 3196)
    let (outer, inner) = (RowPair(r7, r1), RowPair(r5, r3))
    let b0 = outer.sum(2446 - 7373, -7373) &+ z3
    let b1 = inner.sum(16_819 - 20_995, -20_995) &+ z4
    let b2 = inner.sum(-20_995, 25_172 - 20_995) &+ z3
    let b3 = outer.sum(-7373, 12_299 - 7373) &+ z4
    r0 = narrow(a0 &+ b3, shift)
    r7 = narrow(a0 &- b3, shift)
    r1 = narrow(a1 &+ b2, shift)
    r6 = narrow(a1 &- b2, shift)
    r2 = narrow(a2 &+ b1, shift)
    r5 = narrow(a2 &- b1, shift)
    r3 = narrow(a3 &+ b0, shift)
    r4 = narrow(a3 &- b0, shift)
  }

  /// Three perfect shuffles of the rows.
  @inline(__always)
  mutating func transpose() {
    for _ in 0..<3 {
      self = Rows(
        resnet_zip_low(r0, r4), resnet_zip_high(r0, r4), resnet_zip_low(r1, r5), resnet_zip_high(r1, r5),
        resnet_zip_low(r2, r6), resnet_zip_high(r2, r6), resnet_zip_low(r3, r7), resnet_zip_high(r3, r7))
    }
  }

  /// Times 8192.
  @inline(__always)
  private func scaled(_ row: Row) -> WideRow { WideRow(resnet_upper_low(row) &>> 3, resnet_upper_high(row) &>> 3) }

  /// Without the lowest bits, and saturated to 16.
  @inline(__always)
  private func narrow(_ row: WideRow, _ shift: Int32) -> Row { resnet_saturate(row.low &>> shift, row.high &>> shift) }
}
