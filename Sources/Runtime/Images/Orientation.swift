// SPDX-License-Identifier: Apache-2.0
// How a camera was held, as Exif says it: pixels are stored as the sensor has them, and a viewer turns them upright.

/// Where the first row and the first column of the stored pixels belong (Exif 2.3, tag 274).
package enum Orientation: UInt16, Sendable {
  case upright = 1
  case mirrored, upsideDown, flipped, transposed, turnedRight, transversed, turnedLeft

  /// Reads an application segment (APP1) of JPEG; nil if it is not Exif's, or says nothing of the kind.
  init?(exif data: UnsafeRawBufferPointer) {
    guard data.count >= 14, data.starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0]) else { return nil }
    let tiff = UnsafeRawBufferPointer(rebasing: data[6...])
    let isLittleEndian = tiff[0] == 0x49
    func number(_ size: Int, at offset: Int) -> Int? {
      guard offset >= 0, offset <= tiff.count - size else { return nil }
      let bytes = tiff[offset..<offset + size]
      return (isLittleEndian ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard tiff.starts(with: isLittleEndian ? [0x49, 0x49, 0x2A, 0] : [0x4D, 0x4D, 0, 0x2A]),
      let directory = number(4, at: 4), let count = number(2, at: directory)
    else { return nil }
    for index in 0..<count {
      let entry = directory + 2 + 12 * index
      guard let tag = number(2, at: entry) else { return nil }
      guard tag == 0x112 else { continue }
      // One number of 16 bits, which stands where longer values have their place.
      guard number(2, at: entry + 2) == 3, number(4, at: entry + 4) == 1, let value = number(2, at: entry + 8) else {
        return nil
      }
      self.init(rawValue: UInt16(value))
      return
    }
    return nil
  }

  /// How the stored picture lies.
  var words: String {
    switch self {
    case .upright: "upright"
    case .mirrored: "mirrored"
    case .upsideDown: "upside down"
    case .flipped: "upside down and mirrored"
    case .transposed: "turned left and mirrored"
    case .turnedRight: "turned left"
    case .transversed: "turned right and mirrored"
    case .turnedLeft: "turned right"
    }
  }

  /// Whether width and height change places.
  var swapsSides: Bool { rawValue >= 5 }
}

extension Image {
  /// The picture upright, which was stored in this orientation.
  package func upright(from orientation: Orientation) throws(ModelError) -> Image {
    guard orientation != .upright else { return self }
    let (newWidth, newHeight) = orientation.swapsSides ? (height, width) : (width, height)
    // The stored pixel that comes first, and the steps to the one beside it and the one below.
    let (right, bottom) = (width - 1, (height - 1) * width)
    let (first, across, down): (Int, Int, Int)
    switch orientation {
    case .upright: (first, across, down) = (0, 1, width)
    case .mirrored: (first, across, down) = (right, -1, width)
    case .upsideDown: (first, across, down) = (bottom + right, -1, -width)
    case .flipped: (first, across, down) = (bottom, 1, -width)
    case .transposed: (first, across, down) = (0, width, 1)
    case .turnedRight: (first, across, down) = (bottom, -width, 1)
    case .transversed: (first, across, down) = (bottom + right, -width, -1)
    case .turnedLeft: (first, across, down) = (right, width, -1)
    }
    var turned: [UInt8] = []
    turned.reserveCapacity(rgb.count)
    for y in 0..<newHeight {
      var pixel = first + y * down
      for _ in 0..<newWidth {
        turned.append(contentsOf: rgb[3 * pixel..<3 * pixel + 3])
        pixel += across
      }
    }
    return try Image(width: newWidth, height: newHeight, rgb: turned)
  }
}
