// SPDX-License-Identifier: Apache-2.0
// The blocks of one component in a scan, decoded as sequential frames have them (T.81, F.2.2); how progressive frames
// do stands in JPEGProgressive.swift.

/// The coefficients' places in rows, by their order in the data (T.81, figure A.6). A damaged run leads up to 15 places
/// beyond the last, which stand for the last, as in libjpeg.
let jpegZigzag: [UInt8] = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55,
  62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
]

/// One member of a scan, without anything whose references would be counted: `scan` and `store` must outlive it.
struct JPEGBlocks {
  enum Pass { case direct, sequential, firstDC, refineDC, firstAC, refineAC }

  let pass: Pass
  let dc: JPEGLookup
  let ac: JPEGLookup
  let zigzag: UnsafePointer<UInt8>
  let wide, high: Int
  let storedWide: Int
  let samples: UnsafeMutablePointer<UInt8>
  let coefficients: UnsafeMutablePointer<Int16>
  let multiplier: UnsafePointer<Int16>
  /// Of each block which coefficients differ from zero; for scans of progressive frames alone.
  let presence: UnsafeMutablePointer<UInt64>
  /// The band of a progressive scan, and the bit it brings.
  let first, last, bit: Int

  init(_ member: JPEGScan.Member, of frame: JPEGFrame, in scan: JPEGScan, _ store: JPEGStore) {
    let isDirect = store.coefficients.isEmpty
    let (dcPass, acPass): (Pass, Pass) = scan.previousBit == 0 ? (.firstDC, .firstAC) : (.refineDC, .refineAC)
    pass = frame.isProgressive ? (scan.first == 0 ? dcPass : acPass) : isDirect ? .direct : .sequential
    dc = JPEGLookup(member.dc)
    ac = JPEGLookup(member.ac)
    zigzag = UnsafePointer(store.zigzag)
    (wide, high) = (member.wide, member.high)
    storedWide = frame.components[member.component].storedWide
    samples = store.samples[member.component]
    coefficients = isDirect ? store.scratch : store.coefficients[member.component]
    multiplier = UnsafePointer(store.multipliers + 64 * member.component)
    presence = store.presence[frame.isProgressive ? member.component : 0]
    (first, last, bit) = (scan.first, scan.last, scan.bit)
  }

  /// Decodes this component's blocks of a unit.
  @inline(__always)
  func decode(
    row: Int, column: Int, _ bits: inout JPEGBits, _ state: inout JPEGScanState, _ index: Int, isExhausted: Bool
  ) {
    for y in 0..<high {
      let place = (row &* high &+ y) &* storedWide &+ column &* wide
      for x in 0..<wide {
        if pass == .direct {
          // Every other row of units takes the place of the one before the last.
          decodeDirectly((row & 1) &* high &+ y, column &* wide &+ x, &bits, &state.predictions[index], isExhausted)
        } else if !isExhausted {
          let block = coefficients + (place &+ x) &* 64
          switch pass {
          case .direct, .sequential: _ = decodeSequential(block, &bits, &state.predictions[index])
          case .firstDC: decodeFirstDC(block, &bits, &state.predictions[index])
          case .refineDC: decodeRefinedDC(block, &bits)
          case .firstAC: decodeFirstAC(place &+ x, &bits, &state.endOfBandRun)
          case .refineAC: decodeRefinedAC(place &+ x, &bits, &state.endOfBandRun)
          }
        }
      }
    }
  }

  /// Decodes a block, and transforms it.
  @inline(__always)
  private func decodeDirectly(
    _ row: Int, _ column: Int, _ bits: inout JPEGBits, _ prediction: inout Int, _ isExhausted: Bool
  ) {
    let stride = 8 &* storedWide
    let output = samples + (row &* 8 &* stride &+ 8 &* column)
    let last = isExhausted ? 0 : decodeSequential(coefficients, &bits, &prediction)
    if last == 0 {
      JPEGTransform.applyConstant(coefficients[0], multiplier[0], into: output, stride: stride)
      coefficients[0] = 0
    } else {
      JPEGTransform.apply(coefficients, multiplier, into: output, stride: stride)
      let rows = UnsafeMutableRawPointer(coefficients).assumingMemoryBound(to: SIMD8<Int16>.self)
      for y in 0..<8 { rows[y] = .zero }
    }
  }

  /// By how much a block's first coefficient differs from that of the block before (T.81, F.2.2.1).
  @inline(__always)
  func dcDifference(_ bits: inout JPEGBits) -> Int {
    let entry = dc.entry(bits)
    if entry >> 16 != 0 {
      bits.skip(entry & 0xFF)
      return entry >> 16
    }
    let size = dc.symbol(entry, &bits)
    return size == 0 ? 0 : bits.receiveExtended(size)
  }

  /// Decodes a block of a sequential frame; says the place in zigzag order of the last coefficient that came.
  @inline(never)
  private func decodeSequential(
    _ block: UnsafeMutablePointer<Int16>, _ stored: inout JPEGBits, _ prediction: inout Int
  ) -> Int {
    var bits = stored
    bits.fill()
    prediction &+= dcDifference(&bits)
    block[0] = Int16(truncatingIfNeeded: prediction)
    var index = 1
    var last = 0
    repeat {
      bits.fill()
      let entry = ac.entry(bits)
      if entry >> 16 != 0 {
        bits.skip(entry & 0xFF)
        index &+= entry >> 12 & 15
        last = index
        block[Int(zigzag[index])] = Int16(truncatingIfNeeded: entry >> 16)
        index &+= 1
        continue
      }
      let symbol = ac.symbol(entry, &bits)
      let size = symbol & 15
      if size != 0 {
        index &+= symbol >> 4
        last = index
        block[Int(zigzag[index])] = Int16(truncatingIfNeeded: bits.receiveExtended(size))
        index &+= 1
      } else if symbol == 0xF0 {
        index &+= 16
      } else {
        break
      }
    } while index < 64
    stored = bits
    return last
  }
}
