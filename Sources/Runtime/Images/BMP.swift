// SPDX-License-Identifier: Apache-2.0
// BMP files: uncompressed pixels of 1, 4, 8, 16, 24 and 32 bits, from the bottom up or the top down. As with Pillow's
// convert("RGB"), a fourth channel is dropped.

enum BMP {
  static func decode(_ file: UnsafeRawBufferPointer) throws(ImageFault) -> Image {
    let header = try BMPHeader(file)
    let (width, height, stride) = (header.width, header.height, header.stride)
    guard header.offset <= file.count, file.count - header.offset >= stride * height else {
      throw ImageFault(
        "it is cut short: \(width) x \(height) pixels need \(stride * height) bytes from byte \(header.offset) on, of "
          + "\(file.count) in all")
    }
    var rgb: [UInt8] = []
    rgb.reserveCapacity(3 * width * height)
    for y in 0..<height {
      let row = header.offset + stride * (header.isTopDown ? y : height - 1 - y)
      for x in 0..<width {
        switch header.bits {
        case 16:
          let pixel = UInt32(file[row + 2 * x]) | UInt32(file[row + 2 * x + 1]) << 8
          for mask in header.masks { rgb.append(stretched(pixel, mask)) }
        case 24, 32:
          let pixel = row + x * header.bits / 8
          for mask in header.masks { rgb.append(file[pixel + mask.trailingZeroBitCount / 8]) }
        default:
          let bit = x * header.bits
          let shift = UInt8(8 - header.bits - bit % 8)
          let index = file[row + bit / 8] >> shift & UInt8((1 << header.bits) - 1)
          let place = 3 * Int(index)
          guard place < header.palette.count else {
            throw ImageFault("a pixel refers to colour \(index), beyond its palette")
          }
          rgb.append(contentsOf: header.palette[place..<place + 3])
        }
      }
    }
    return try Image(decodedWidth: width, height: height, rgb: rgb)
  }

  /// The bits under a mask, stretched to 0 to 255.
  private static func stretched(_ pixel: UInt32, _ mask: UInt32) -> UInt8 {
    let most = mask >> UInt32(mask.trailingZeroBitCount)
    return UInt8((pixel & mask) >> UInt32(mask.trailingZeroBitCount) * 255 / most)
  }
}

/// The headers of a BMP file: what the pixels look like, and where they stand.
private struct BMPHeader {
  let width, height: Int
  let isTopDown: Bool
  let bits: Int
  let offset: Int
  /// Where red, green and blue stand in a pixel of 16 bits or more.
  let masks: [UInt32]
  /// Red, green and blue of each colour, where pixels are numbers of them.
  let palette: [UInt8]

  /// The bytes of a row, which fill up four.
  var stride: Int { (width * bits + 31) / 32 * 4 }

  init(_ file: UnsafeRawBufferPointer) throws(ImageFault) {
    guard file.count >= 26 else { throw ImageFault("it is cut short at byte \(file.count)") }
    func number(_ place: Int) -> UInt32 {
      UInt32(littleEndian: file.loadUnaligned(fromByteOffset: place, as: UInt32.self))
    }
    func short(_ place: Int) -> Int {
      Int(UInt16(littleEndian: file.loadUnaligned(fromByteOffset: place, as: UInt16.self)))
    }
    offset = Int(number(10))
    let size = Int(number(14))
    guard size == 12 || size >= 40 else { throw ImageFault("a header of \(size) bytes does not exist") }
    guard size <= file.count - 14 else { throw ImageFault("its header of \(size) bytes is cut short") }
    let isOld = size == 12
    let signedHeight = isOld ? short(20) : Int(Int32(bitPattern: number(22)))
    width = isOld ? short(18) : Int(Int32(bitPattern: number(18)))
    height = abs(signedHeight)
    isTopDown = signedHeight < 0
    try Image.check(width: width, height: height)
    bits = isOld ? short(24) : short(28)
    let compression = isOld ? 0 : number(30)
    switch compression {
    case 0: break
    case 3 where bits == 16 || bits == 32: break
    case 1, 2: throw ImageFault("BMP with run-length compression is not read here; convert it with 'magick in out.png'")
    default: throw ImageFault("its compression \(compression) is not read here; convert it with 'magick in out.png'")
    }
    guard [1, 4, 8, 16, 24, 32].contains(bits) else { throw ImageFault("\(bits) bits a pixel do not exist") }
    let end = 14 + size
    let usual: [UInt32] = bits == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF]
    if compression == 3 {
      // Behind the shortest header, or in longer ones, at the same place.
      guard file.count >= 66 else { throw ImageFault("it is cut short at byte \(file.count)") }
      masks = [number(54), number(58), number(62)]
      let allowed =
        bits == 16
        ? [usual, [0xF800, 0x7E0, 0x1F]]
        : [usual, [0xFF, 0xFF00, 0xFF0000], [0xFF00_0000, 0xFF_0000, 0xFF00], [0xFF00, 0xFF_0000, 0xFF00_0000]]
      guard allowed.contains(masks) else {
        throw ImageFault(
          "the bits of its colours lie unusually, which is not read here; convert it with 'magick in out.png'")
      }
    } else {
      masks = usual
    }
    var palette: [UInt8] = []
    if bits <= 8 {
      let named = isOld ? 0 : Int(number(46))
      let count = named == 0 ? 1 << bits : min(named, 1 << bits)
      let step = isOld ? 3 : 4
      guard file.count - end >= step * count else { throw ImageFault("it is cut short in its palette") }
      for index in 0..<count {
        let colour = end + step * index
        palette += [file[colour + 2], file[colour + 1], file[colour]]
      }
    }
    self.palette = palette
  }
}
