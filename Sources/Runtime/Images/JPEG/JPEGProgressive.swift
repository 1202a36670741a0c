// SPDX-License-Identifier: Apache-2.0
// The blocks of progressive scans (T.81, G.2): the DC coefficients or a band of the others, their upper bits first and
// then bit by bit.

extension JPEGBlocks {
  @inline(never)
  func decodeFirstDC(_ block: UnsafeMutablePointer<Int16>, _ bits: inout JPEGBits, _ prediction: inout Int) {
    bits.fill()
    let entry = dc.entry(bits)
    if entry >> 16 != 0 {
      bits.skip(entry & 0xFF)
      prediction &+= entry >> 16
    } else {
      let size = dc.symbol(entry, &bits)
      if size != 0 { prediction &+= bits.receiveExtended(size) }
    }
    block[0] = Int16(truncatingIfNeeded: prediction &<< bit)
  }

  @inline(__always)
  func decodeRefinedDC(_ block: UnsafeMutablePointer<Int16>, _ bits: inout JPEGBits) {
    bits.fill()
    if bits.receive(1) != 0 { block[0] |= 1 &<< Int16(truncatingIfNeeded: bit) }
  }

  @inline(__always)
  func decodeFirstAC(_ block: UnsafeMutablePointer<Int16>, _ bits: inout JPEGBits, _ run: inout Int) {
    if run > 0 {
      run &-= 1
    } else {
      decodeFirstBand(block, &bits, &run)
    }
  }

  @inline(never)
  private func decodeFirstBand(_ block: UnsafeMutablePointer<Int16>, _ stored: inout JPEGBits, _ run: inout Int) {
    var bits = stored
    var index = first
    repeat {
      bits.fill()
      let entry = ac.entry(bits)
      if entry >> 16 != 0 {
        bits.skip(entry & 0xFF)
        index &+= entry >> 12 & 15
        block[Int(zigzag[index])] = Int16(truncatingIfNeeded: (entry >> 16) &<< bit)
        index &+= 1
        continue
      }
      let symbol = ac.symbol(entry, &bits)
      let (zeros, size) = (symbol >> 4, symbol & 15)
      if size != 0 {
        index &+= zeros
        block[Int(zigzag[index])] = Int16(truncatingIfNeeded: bits.receiveExtended(size) &<< bit)
        index &+= 1
      } else if zeros == 15 {
        index &+= 16
      } else {
        run = endOfBandRun(zeros, &bits) &- 1
        break
      }
    } while index <= last
    stored = bits
  }

  /// How many blocks have nothing more in this band, this one among them.
  @inline(__always)
  private func endOfBandRun(_ size: Int, _ bits: inout JPEGBits) -> Int {
    size == 0 ? 1 : 1 &<< size &+ bits.receive(size)
  }

  /// One bit more of all coefficients that are not zero, and the first of those that become so.
  @inline(never)
  func decodeRefinedAC(_ block: UnsafeMutablePointer<Int16>, _ stored: inout JPEGBits, _ run: inout Int) {
    var bits = stored
    let one = Int16(truncatingIfNeeded: 1 &<< bit)
    var index = first
    if run == 0 {
      while index <= last {
        bits.fill()
        // A new coefficient has one bit, its sign, whatever a damaged symbol says.
        let entry = ac.entry(bits)
        let symbol: Int
        var value: Int16 = 0
        if entry >> 16 != 0 {
          symbol = entry >> 8 & 0xFF
          bits.skip(entry & 0xFF &- symbol & 15)
        } else {
          symbol = ac.symbol(entry, &bits)
        }
        var zeros = symbol >> 4
        if symbol & 15 != 0 {
          if symbol & 15 != 1 { bits.badCodes &+= 1 }
          value = bits.receive(1) != 0 ? one : 0 &- one
        } else if zeros != 15 {
          run = endOfBandRun(zeros, &bits)
          break
        }
        // Over coefficients that have a value, and as many zeros as the run says.
        repeat {
          let place = Int(zigzag[index])
          if block[place] != 0 {
            correct(block + place, one, &bits)
          } else {
            zeros &-= 1
            if zeros < 0 { break }
          }
          index &+= 1
        } while index <= last
        if value != 0 { block[Int(zigzag[index])] = value }
        index &+= 1
      }
    }
    if run > 0 {
      while index <= last {
        let place = Int(zigzag[index])
        if block[place] != 0 { correct(block + place, one, &bits) }
        index &+= 1
      }
      run &-= 1
    }
    stored = bits
  }

  @inline(__always)
  private func correct(_ coefficient: UnsafeMutablePointer<Int16>, _ one: Int16, _ bits: inout JPEGBits) {
    bits.fill()
    guard bits.receive(1) != 0, coefficient.pointee & one == 0 else { return }
    coefficient.pointee &+= coefficient.pointee >= 0 ? one : 0 &- one
  }
}
