// SPDX-License-Identifier: Apache-2.0
// Pixels on their way from an image to a network's input.

/// Pixels of one or more 8-bit channels, interleaved.
package struct Raster: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package let channels: Int
  package let bytes: [UInt8]

  /// `bytes` holds `width` x `height` x `channels` samples.
  package init(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
    precondition(bytes.count == width * height * channels)
    self.width = width
    self.height = height
    self.channels = channels
    self.bytes = bytes
  }

  func cropped(columns: Range<Int>, rows: Range<Int>) -> Raster {
    if columns.count == width && rows.count == height { return self }
    var output: [UInt8] = []
    output.reserveCapacity(columns.count * rows.count * channels)
    for row in rows {
      let start = row * width
      output.append(
        contentsOf: bytes[(start + columns.lowerBound) * channels..<(start + columns.upperBound) * channels])
    }
    return Raster(width: columns.count, height: rows.count, channels: channels, bytes: output)
  }

  /// Padded to a square with a colour, the smaller half of what is missing before the pixels.
  ///
  /// A sliver of 1 x 65,536 pixels would become 2^32; like that, it stays as it is where the square has more than 2^27.
  func squared(fill: [UInt8]) -> Raster {
    let side = max(width, height)
    guard width != height, side <= Image.maximumPixels / side else { return self }
    let (left, top) = ((side - width) / 2, (side - height) / 2)
    var output: [UInt8] = []
    output.reserveCapacity(side * side * channels)
    func pad(_ pixels: Int) { for _ in 0..<pixels { output.append(contentsOf: fill) } }
    pad(top * side)
    for row in 0..<height {
      pad(left)
      output.append(contentsOf: bytes[row * width * channels..<(row + 1) * width * channels])
      pad(side - width - left)
    }
    pad((side - height - top) * side)
    return Raster(width: side, height: side, channels: channels, bytes: output)
  }
}
