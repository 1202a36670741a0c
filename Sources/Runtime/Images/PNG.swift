// SPDX-License-Identifier: Apache-2.0
// PNG files (W3C recommendation, third edition): every colour type, bit depth and the Adam7 interlace, with all
// checksums verified. As with Pillow's convert("RGB"), alpha and transparency are dropped, colour profiles and gamma
// are ignored, and of 16 bits the upper 8 are kept; a colour beyond the palette is black. A file without its end (IEND), or
// with more data than its pixels need, is taken with a warning where Pillow takes it without one.

enum PNG {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  static func decode(_ file: UnsafeRawBufferPointer) throws(ImageFault) -> DecodedImage {
    let chunks = try chunks(of: file)
    let (header, palette, compressed) = (chunks.header, chunks.palette, chunks.compressed)
    var warnings = chunks.end.map { ["its end (IEND) is missing: it stops at byte \($0)"] } ?? []
    let size = header.filteredSize
    // Deflate writes at most 258 bytes for 2 bits. Checked first, so that a header alone cannot make us allocate.
    guard size / 1_032 <= compressed.count else {
      throw ImageFault(
        "its \(compressed.count) bytes of data are too few for \(header.width) x \(header.height) pixels")
    }
    var filtered = [UInt8](repeating: 0, count: size)
    var rgb = [UInt8](repeating: 0, count: header.width * header.height * 3)
    // Typed throws do not pass through the closures of the standard library in every version: carry the fault out.
    var fault: ImageFault?
    filtered.withUnsafeMutableBytes { filtered in
      rgb.withUnsafeMutableBufferPointer { rgb in
        compressed.withUnsafeBytes { compressed in
          do throws(ImageFault) {
            // What no checksum vouches for must at least have the one of its pixels.
            if try inflate(compressed, into: filtered, allowsMore: chunks.end == nil) {
              warnings.append("it holds more data than its pixels need")
            }
            try PNGPixels(header: header, palette: palette).unpack(filtered, into: rgb)
          } catch { fault = error }
        }
      }
    }
    if let fault { throw fault }
    return DecodedImage(
      image: try Image(decodedWidth: header.width, height: header.height, rgb: rgb), warnings: warnings)
  }

  private struct Chunks {
    let header: PNGHeader
    let palette: [UInt8]
    let compressed: [UInt8]
    /// Where the file stops, if that is before its end.
    let end: Int?

    init(_ header: PNGHeader?, _ palette: [UInt8], _ compressed: [UInt8], end: Int? = nil) throws(ImageFault) {
      guard let header else { throw ImageFault("it has no header (IHDR)") }
      guard header.colour != .palette || !palette.isEmpty else { throw ImageFault("it has no palette (PLTE)") }
      (self.header, self.palette, self.compressed, self.end) = (header, palette, compressed, end)
    }
  }

  /// The chunks that matter, checked: the header, the palette if there is one, and all of the compressed data.
  private static func chunks(
    of file: UnsafeRawBufferPointer
  ) throws(ImageFault) -> Chunks {
    var position = signature.count
    var header: PNGHeader?
    var palette: [UInt8] = []
    var compressed: [UInt8] = []
    var dataEnded = false
    while true {
      guard file.count - position >= 12 else {
        guard compressed.isEmpty else { return try Chunks(header, palette, compressed, end: file.count) }
        throw ImageFault("it is cut short at byte \(position)")
      }
      let length = Int(UInt32(bigEndian: file.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
      guard length <= file.count - position - 12 else {
        // Of data whose checksum alone is cut there may be enough; what comes behind data is not needed.
        if file[position + 4..<position + 8].elementsEqual("IDAT".utf8), length <= file.count - position - 8 {
          compressed.append(contentsOf: file[position + 8..<position + 8 + length])
          return try Chunks(header, palette, compressed, end: file.count)
        } else if !compressed.isEmpty, !file[position + 4..<position + 8].elementsEqual("IDAT".utf8) {
          return try Chunks(header, palette, compressed, end: file.count)
        }
        throw ImageFault("it is cut short: the chunk at byte \(position) has \(length) bytes")
      }
      let end = position + 8 + length
      let name = file[position + 4..<position + 8]
      let data = UnsafeRawBufferPointer(rebasing: file[position + 8..<end])
      let stored = UInt32(bigEndian: file.loadUnaligned(fromByteOffset: end, as: UInt32.self))
      guard crc32(UnsafeRawBufferPointer(rebasing: file[position + 4..<end])) == stored else {
        throw ImageFault("the checksum of the chunk at byte \(position) is wrong: the file is damaged")
      }
      if header == nil, name.elementsEqual("CgBI".utf8) {
        throw ImageFault(
          "it is Apple's variant of PNG (CgBI), as Xcode packs it into apps; take the file from before, or undo it with "
            + "'xcrun pngcrush -revert-iphone-optimizations in.png out.png'")
      }
      let isData = name.elementsEqual("IDAT".utf8)
      guard (header == nil) == name.elementsEqual("IHDR".utf8) else {
        throw ImageFault(header == nil ? "its first chunk is no header (IHDR)" : "it has a second header (IHDR)")
      }
      if header == nil {
        header = try PNGHeader(data)
      } else if name.elementsEqual("PLTE".utf8) {
        guard length % 3 == 0, 3...768 ~= length else {
          throw ImageFault("its palette (PLTE) has \(length) bytes, where 3 for each of 1 to 256 colours belong")
        }
        guard compressed.isEmpty else { throw ImageFault("its palette (PLTE) comes behind its data (IDAT)") }
        guard palette.isEmpty else { throw ImageFault("it has a second palette (PLTE)") }
        palette = Array(data)
      } else if isData {
        guard !dataEnded else { throw ImageFault("its data chunks (IDAT) are not consecutive") }
        compressed.append(contentsOf: data)
      } else if name.elementsEqual("IEND".utf8) {
        return try Chunks(header, palette, compressed)
      } else if file[position + 4] & 0x20 == 0 {
        throw ImageFault("it has an unknown critical chunk at byte \(position)")
      }
      dataEnded = !isData && !compressed.isEmpty
      position = end + 4
    }
  }
}

/// The chunk IHDR: what the pixels look like.
struct PNGHeader {
  enum Colour: UInt8 {
    case grey = 0
    case rgb = 2
    case palette = 3
    case greyAlpha = 4
    case rgba = 6

    var channels: Int {
      switch self {
      case .grey, .palette: return 1
      case .greyAlpha: return 2
      case .rgb: return 3
      case .rgba: return 4
      }
    }

    func allows(depth: Int) -> Bool {
      switch self {
      case .grey: return [1, 2, 4, 8, 16].contains(depth)
      case .palette: return [1, 2, 4, 8].contains(depth)
      case .rgb, .greyAlpha, .rgba: return depth == 8 || depth == 16
      }
    }
  }

  let width: Int
  let height: Int
  let depth: Int
  let colour: Colour
  let isInterlaced: Bool

  init(_ data: UnsafeRawBufferPointer) throws(ImageFault) {
    guard data.count == 13 else { throw ImageFault("its header (IHDR) has \(data.count) bytes, which should be 13") }
    width = Int(UInt32(bigEndian: data.loadUnaligned(as: UInt32.self)))
    height = Int(UInt32(bigEndian: data.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    try Image.check(width: width, height: height)
    depth = Int(data[8])
    guard let colour = Colour(rawValue: data[9]), colour.allows(depth: depth) else {
      throw ImageFault("its colour type \(data[9]) with \(depth) bits a sample does not exist")
    }
    self.colour = colour
    guard data[10] == 0 else { throw ImageFault("its compression method \(data[10]) does not exist") }
    guard data[11] == 0 else { throw ImageFault("its filter method \(data[11]) does not exist") }
    guard data[12] <= 1 else { throw ImageFault("its interlace method \(data[12]) does not exist") }
    isInterlaced = data[12] == 1
  }

  var bitsPerPixel: Int { depth * colour.channels }

  /// A lattice of pixels that is stored as an image of its own.
  struct Pass {
    var (x, y, dx, dy) = (0, 0, 1, 1)
    var (width, height) = (0, 0)
  }

  /// The whole image, or the seven passes of Adam7, without the empty ones.
  var passes: [Pass] {
    let lattices =
      isInterlaced
      ? [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
      : [(0, 0, 1, 1)]
    return lattices.filter { $0.0 < width && $0.1 < height }.map { x, y, dx, dy in
      Pass(x: x, y: y, dx: dx, dy: dy, width: (width - x + dx - 1) / dx, height: (height - y + dy - 1) / dy)
    }
  }

  /// The bytes of a row of `width` pixels, without the byte that names its filter.
  func rowBytes(_ width: Int) -> Int { (width * bitsPerPixel + 7) / 8 }

  /// The size of the data before compression.
  var filteredSize: Int { passes.reduce(0) { $0 + $1.height * (1 + rowBytes($1.width)) } }
}
