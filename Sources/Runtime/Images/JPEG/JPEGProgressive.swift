// SPDX-License-Identifier: Apache-2.0
// The blocks of progressive scans (T.81, G.2): the DC coefficients or a band of the others, their upper bits first and
// then bit by bit.

extension JPEGBlocks {
  @inline(never)
  func decodeFirstDC(_ block: UnsafeMutablePointer<Int16>, _ bits: inout JPEGBits, _ prediction: inout Int) {
    bits.fill()
    prediction &+= dcDifference(&bits)
    block[0] = Int16(truncatingIfNeeded: prediction &<< bit)
  }

  @inline(__always)
  func decodeRefinedDC(_ block: UnsafeMutablePointer<Int16>, _ bits: inout JPEGBits) {
    bits.fill()
    if bits.receive(1) != 0 { block[0] |= 1 &<< Int16(truncatingIfNeeded: bit) }
  }

  /// Whether and where the coefficients of a block differ from zero stands beside them, a bit each in zigzag order: most
  /// blocks of most scans are passed over by a look at it.
  @inline(__always)
  func decodeFirstAC(_ place: Int, _ bits: inout JPEGBits, _ run: inout Int) {
    if run > 0 {
      run &-= 1
    } else {
      decodeFirstBand(place, &bits, &run)
    }
  }

  @inline(never)
  private func decodeFirstBand(_ place: Int, _ stored: inout JPEGBits, _ run: inout Int) {
    let block = coefficients + place &* 64
    var present = presence[place]
    var bits = stored
    var index = first
    repeat {
      bits.fill()
      let entry = ac.entry(bits)
      if entry >> 16 != 0 {
        bits.skip(entry & 0xFF)
        index &+= entry >> 12 & 15
        put((entry >> 16) &<< bit, index, block, &present)
        index &+= 1
        continue
      }
      let symbol = ac.symbol(entry, &bits)
      let (zeros, size) = (symbol >> 4, symbol & 15)
      if size != 0 {
        index &+= zeros
        put(bits.receiveExtended(size) &<< bit, index, block, &present)
        index &+= 1
      } else if zeros == 15 {
        index &+= 16
      } else {
        run = endOfBandRun(zeros, &bits) &- 1
        break
      }
    } while index <= last
    presence[place] = present
    stored = bits
  }

  /// Sets a coefficient. Of a damaged file it may be beyond the last, or of more bits than there are.
  @inline(__always)
  private func put(_ value: Int, _ index: Int, _ block: UnsafeMutablePointer<Int16>, _ present: inout UInt64) {
    let value = Int16(truncatingIfNeeded: value)
    block[Int(zigzag[index])] = value
    let mark = UInt64(1) &<< UInt64(truncatingIfNeeded: min(index, 63))
    present = value != 0 ? present | mark : present & ~mark
  }

  /// How many blocks have nothing more in this band, this one among them.
  @inline(__always)
  private func endOfBandRun(_ size: Int, _ bits: inout JPEGBits) -> Int {
    size == 0 ? 1 : 1 &<< size &+ bits.receive(size)
  }

  /// One bit more of all coefficients that are not zero, and the first of those that become so.
  @inline(__always)
  func decodeRefinedAC(_ place: Int, _ bits: inout JPEGBits, _ run: inout Int) {
    if run > 0, presence[place] & band(from: first) == 0 {
      run &-= 1
    } else {
      refineBand(place, &bits, &run)
    }
  }

  @inline(never)
  private func refineBand(_ place: Int, _ stored: inout JPEGBits, _ run: inout Int) {
    let block = coefficients + place &* 64
    var present = presence[place]
    var bits = stored
    let one = 1 &<< bit
    var index = first
    if run == 0 {
      while index <= last {
        bits.fill()
        // A new coefficient has one bit, its sign, whatever a damaged symbol says.
        let entry = ac.entry(bits)
        let symbol: Int
        if entry >> 16 != 0 {
          symbol = entry >> 8 & 0xFF
          bits.skip(entry & 0xFF &- symbol & 15)
        } else {
          symbol = ac.symbol(entry, &bits)
        }
        let zeros = symbol >> 4
        var value = 0
        if symbol & 15 != 0 {
          if symbol & 15 != 1 { bits.badCodes &+= 1 }
          value = bits.receive(1) != 0 ? one : 0 &- one
        } else if zeros != 15 {
          run = endOfBandRun(zeros, &bits)
          break
        }
        // Over coefficients that have a value, and as many zeros as the run says, to the next zero.
        var absent = ~present & band(from: index)
        for _ in 0..<zeros { absent &= absent &- 1 }
        let next = absent == 0 ? last &+ 1 : absent.trailingZeroBitCount
        let before = next > 63 ? UInt64.max : 1 &<< UInt64(truncatingIfNeeded: next) &- 1
        correct(present & band(from: index) & before, block, &bits)
        index = next
        if value != 0 { put(value, index, block, &present) }
        index &+= 1
      }
    }
    if run > 0 {
      if index <= last { correct(present & band(from: index), block, &bits) }
      run &-= 1
    }
    presence[place] = present
    stored = bits
  }

  /// The bits of this band's coefficients from `index` on, which lies in it.
  @inline(__always)
  private func band(from index: Int) -> UInt64 {
    ~0 &<< UInt64(truncatingIfNeeded: index) & ~0 &>> UInt64(truncatingIfNeeded: 63 &- last)
  }

  /// Reads a bit for each of these coefficients, which have higher ones.
  @inline(__always)
  private func correct(_ present: UInt64, _ block: UnsafeMutablePointer<Int16>, _ bits: inout JPEGBits) {
    let one = Int16(truncatingIfNeeded: 1 &<< bit)
    var left = present
    while left != 0 {
      let place = Int(zigzag[left.trailingZeroBitCount])
      left &= left &- 1
      bits.fill()
      if bits.receive(1) != 0, block[place] & one == 0 { block[place] &+= block[place] >= 0 ? one : 0 &- one }
    }
  }
}
