// SPDX-License-Identifier: Apache-2.0
// From a PNG's decompressed bytes to RGB: undo each row's filter in place, then spread its samples.

struct PNGPixels {
  let header: PNGHeader
  let palette: [UInt8]

  /// Unpacks all passes of `filtered`, which is changed on the way, into rows of RGB.
  func unpack(
    _ filtered: UnsafeMutableRawBufferPointer, into rgb: UnsafeMutableBufferPointer<UInt8>
  ) throws(ImageFault) {
    let bytesPerPixel = max(header.bitsPerPixel / 8, 1)
    var start = 0
    for pass in header.passes {
      let count = header.rowBytes(pass.width)
      var previous: UnsafeMutableRawBufferPointer?
      for row in 0..<pass.height {
        let filter = filtered[start]
        let bytes = UnsafeMutableRawBufferPointer(rebasing: filtered[start + 1..<start + 1 + count])
        guard undo(filter, bytes, previous, bytesPerPixel) else {
          throw ImageFault("row \(row) has the unknown filter \(filter)")
        }
        let first = (pass.y + row * pass.dy) * header.width + pass.x
        for column in 0..<pass.width {
          unpackPixel(bytes, column, into: rgb, at: 3 * (first + column * pass.dx))
        }
        previous = bytes
        start += 1 + count
      }
    }
  }

  /// Undoes a row's filter, given the row above it; false if there is no such filter.
  private func undo(
    _ filter: UInt8, _ row: UnsafeMutableRawBufferPointer, _ above: UnsafeMutableRawBufferPointer?, _ distance: Int
  ) -> Bool {
    switch filter {
    case 0:
      break
    case 1:
      for i in row.indices.dropFirst(distance) { row[i] &+= row[i - distance] }
    case 2:
      if let above { for i in row.indices { row[i] &+= above[i] } }
    case 3:
      for i in row.indices {
        let left = i < distance ? 0 : Int(row[i - distance])
        let up = above.map { Int($0[i]) } ?? 0
        row[i] &+= UInt8((left + up) / 2)
      }
    case 4:
      for i in row.indices {
        let left = i < distance ? 0 : Int(row[i - distance])
        let up = above.map { Int($0[i]) } ?? 0
        let corner = i < distance ? 0 : above.map { Int($0[i - distance]) } ?? 0
        row[i] &+= UInt8(paeth(left, up, corner))
      }
    default:
      return false
    }
    return true
  }

  /// Whichever of the three neighbours is nearest to left + up - corner.
  private func paeth(_ left: Int, _ up: Int, _ corner: Int) -> Int {
    let (a, b, c) = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
    if a <= b && a <= c { return left }
    return b <= c ? up : corner
  }

  @inline(__always)
  private func unpackPixel(
    _ row: UnsafeMutableRawBufferPointer, _ column: Int, into rgb: UnsafeMutableBufferPointer<UInt8>, at offset: Int
  ) {
    switch header.colour {
    case .rgb, .rgba:
      let size = header.depth / 8
      let first = column * header.colour.channels * size
      for channel in 0..<3 { rgb[offset + channel] = row[first + channel * size] }
    case .greyAlpha:
      let grey = row[column * 2 * (header.depth / 8)]
      for channel in 0..<3 { rgb[offset + channel] = grey }
    case .grey:
      // Of 16 bits the upper 8; fewer than 8 are stretched to 0...255, for which 1, 3 and 15 divide 255.
      let grey =
        header.depth == 16 ? row[2 * column] : sample(row, column) * UInt8(255 / ((1 << header.depth) - 1))
      for channel in 0..<3 { rgb[offset + channel] = grey }
    case .palette:
      let index = 3 * Int(sample(row, column))
      for channel in 0..<3 { rgb[offset + channel] = index < palette.count ? palette[index + channel] : 0 }
    }
  }

  /// A sample of 1, 2, 4 or 8 bits, the leftmost in the highest bits of a byte.
  @inline(__always)
  private func sample(_ row: UnsafeMutableRawBufferPointer, _ column: Int) -> UInt8 {
    let bit = column * header.depth
    let shift = 8 - header.depth - bit % 8
    return row[bit / 8] >> UInt8(shift) & UInt8((1 << header.depth) - 1)
  }
}
