// SPDX-License-Identifier: Apache-2.0
// What a scan holds (T.81, B.2.3), and its decoding from MCU to MCU with restarts between them. Blocks go at once
// through the transform where the frame has one scan, and else to memory until the last scan was read.

/// The parameters of a scan.
struct JPEGScan {
  struct Member {
    /// The place of the component in the frame.
    var component: Int
    /// Blocks of it in a unit of this scan.
    var wide: Int
    var high: Int
    var dc = JPEGHuffmanCode.empty
    var ac = JPEGHuffmanCode.empty
  }
  var members: [Member]
  /// The band of coefficients in zigzag order, and the successive approximation: the lowest bit that came before, and
  /// that comes now.
  var first: Int
  var last: Int
  var previousBit: Int
  var bit: Int
  var unitsWide: Int
  var unitsHigh: Int
  var restartInterval: Int
}

extension JPEGDecoder {
  /// Decodes the entropy-coded data of a scan.
  ///
  /// - Parameter pixels: What makes pixels of each row of units, where its samples are whole then.
  mutating func decode(
    _ scan: JPEGScan, of frame: JPEGFrame, into store: JPEGStore, _ pixels: JPEGUpsampling?
  ) throws(ImageFault) {
    var bits = JPEGBits(file, at: position)
    var restarts = JPEGRestarts(interval: scan.restartInterval)
    var state = JPEGScanState()
    let members = scan.members.map { JPEGBlocks($0, of: frame, in: scan, store) }
    // Whether the data of this restart interval ended too early: what is left of it stays as it is.
    var isExhausted = false
    let rowsInUnit = scan.members.count == 1 ? frame.components[scan.members[0].component].vertical : 1
    units: for row in 0..<scan.unitsHigh {
      for column in 0..<scan.unitsWide {
        if restarts.isDue {
          if try passRestart(&bits, &restarts) { isExhausted = false }
          state = JPEGScanState()
        }
        if !isExhausted { lastWholeRow = row / rowsInUnit }
        for index in members.indices {
          members[index].decode(row: row, column: column, &bits, &state, index, isExhausted: isExhausted)
        }
        restarts.left -= 1
        if bits.isOverdrawn, !isExhausted {
          guard !bits.isAtEndOfFile else { throw Self.cutShort(file.count) }
          isExhausted = true
          warn("its data ends too early at byte \(bits.position), so that a part of it is grey or coarse")
          // Coefficients stay as they are; samples must still be written.
          if scan.restartInterval == 0, !store.coefficients.isEmpty { break units }
        }
      }
      pixels?.write(unitRows: row + 1)
    }
    if bits.badCodes > 0 { warn("codes before byte \(bits.position) do not exist: the file is damaged") }
    position = bits.position
    withExtendedLifetime((scan, store)) {}
  }

  /// Passes the restart marker that is due. False if another marker stands there, which ends the data.
  private mutating func passRestart(_ bits: inout JPEGBits, _ restarts: inout JPEGRestarts) throws(ImageFault) -> Bool {
    let expected = restarts.number
    restarts.number = (expected + 1) & 7
    restarts.left = restarts.interval
    position = bits.position
    if bits.unusedBytes > 0 { warn("bytes that mean nothing stand before byte \(position)") }
    var marker = try nextMarker()
    if marker != 0xD0 + expected {
      warn("the restart marker at byte \(position - 2) is not the one that is due")
      // As libjpeg does: one of the next two means that data is missing, one of the last two that it came twice.
      while true {
        let isRestart = 0xD0...0xD7 ~= marker
        let distance = (marker &- expected) & 7
        if marker < 0xC0 || isRestart && distance >= 6 {
          marker = try nextMarker()
        } else if !isRestart || 1...2 ~= distance {
          bits.restart(at: position - 2)
          return false
        } else {
          break
        }
      }
    }
    bits.restart(at: position)
    return true
  }
}

/// The markers that divide a scan.
struct JPEGRestarts {
  let interval: Int
  var left: Int
  var number: UInt8 = 0

  init(interval: Int) {
    self.interval = interval
    left = interval
  }

  var isDue: Bool { interval > 0 && left == 0 }
}

/// What one block leaves to the next.
struct JPEGScanState {
  /// The last DC coefficient of each member.
  var predictions = SIMD4<Int>.zero
  /// The blocks to come that have nothing more in this band (EOBRUN).
  var endOfBandRun = 0
}
