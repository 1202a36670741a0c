// PNG, with its checksums made right again, BMP, PPM, and what else is called an image.
import ResNetRuntime

@testable import ResNetCheckpoints

/// A PNG file in chunks that can be exchanged.
private struct Chunks {
  var chunks: [(name: String, data: [UInt8])] = []

  init(_ name: String) throws {
    let file = try runtimeFixture("images/\(name)")
    var position = 8
    while position + 12 <= file.count {
      let length = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let data = Array(file[position + 8..<position + 8 + length])
      chunks.append((String(decoding: file[position + 4..<position + 8], as: UTF8.self), data))
      position += 12 + length
    }
  }

  /// A grey picture of 2 x 1 pixels.
  init(tiny data: [UInt8]) {
    chunks = [("IHDR", [0, 0, 0, 2, 0, 0, 0, 1, 8, 0, 0, 0, 0]), ("IDAT", data), ("IEND", [])]
  }

  var file: [UInt8] {
    func bigEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
    return chunks.reduce([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { file, chunk in
      let body = Array(chunk.name.utf8) + chunk.data
      return file + bigEndian(UInt32(chunk.data.count)) + body + bigEndian(body.withUnsafeBytes { crc32($0) })
    }
  }

  func index(_ name: String) -> Int { chunks.firstIndex { $0.name == name } ?? 0 }

  func after(_ change: (inout Chunks) -> Void) -> [UInt8] {
    var copy = self
    change(&copy)
    return copy.file
  }
}

extension MalformedFile {
  static func png() throws -> [MalformedFile] {
    func file(_ name: String, _ bytes: [UInt8], _ says: String) -> MalformedFile { .init(.png, name, bytes, says) }
    let rgb = try Chunks("pillow_rgb.png")
    let colours = try Chunks("colour3_depth4.png")
    let split = try Chunks("split.png")
    func header(_ name: String, _ place: Int, _ bytes: [UInt8], _ says: String) -> MalformedFile {
      file(name, rgb.after { $0.chunks[0].data.replaceSubrange(place..<place + bytes.count, with: bytes) }, says)
    }
    func order(_ name: String, _ says: String, _ change: (inout Chunks) -> Void) -> MalformedFile {
      file(name, colours.after(change), says)
    }
    let whole = rgb.file
    let headers: [MalformedFile] = [
      file("a signature alone", Array(whole.prefix(8)), "it is cut short at byte 8"),
      file("a cut chunk", Array(whole.prefix(60)), "it is cut short: the chunk at byte 33"),
      file("a flipped bit", changed(whole, 20, [whole[20] ^ 1]), "checksum of the chunk at byte 8"),
      file("a short header", rgb.after { $0.chunks[0].data.removeLast() }, "has 12 bytes, which should be 13"),
      header("3 bits", 8, [3], "its colour type 2 with 3 bits"),
      header("colour 5", 9, [5], "colour type 5 with 8 bits"),
      header("16 bits of a palette", 8, [16, 3], "colour type 3 with 16 bits"),
      header("another compression", 10, [2], "its compression method 2"),
      header("another filter", 11, [1], "filter method 1"),
      header("another interlace", 12, [2], "its interlace method 2"),
      header("no width", 3, [0], "its size of 0 x 17 pixels"), header("too wide", 0, [0x80], "pixels is out of range"),
      header("more pixels than data", 0, [0, 1, 0, 0, 0, 0, 8, 0], "too few for 65536 x 2048 pixels"),
      order("no header", "its first chunk is no header") { $0.chunks.removeFirst() },
      order("two headers", "it has a second header") { $0.chunks.insert($0.chunks[0], at: 1) },
      order("no palette", "it has no palette") { $0.chunks.remove(at: $0.index("PLTE")) },
      order("two palettes", "it has a second palette") { $0.chunks.insert($0.chunks[$0.index("PLTE")], at: 1) },
      order("47 bytes of a palette", "its palette (PLTE) has 47 bytes") {
        $0.chunks[$0.index("PLTE")].data.removeLast()
      },
      order("a late palette", "comes behind its data") { chunks in
        chunks.chunks.insert(chunks.chunks.remove(at: chunks.index("PLTE")), at: chunks.chunks.count - 1)
      },
      order("Apple's variant", "Apple's variant of PNG") { $0.chunks.insert(("CgBI", []), at: 0) },
      order("a critical chunk", "unknown critical chunk at byte 33") { $0.chunks.insert(("ABCD", []), at: 1) },
      file("data in two places", split.after { $0.chunks.insert(("teXt", []), at: 3) }, "are not consecutive"),
    ]
    // Of its compressed data; each of the ways stands beside its bytes in ImageTests.swift.
    let streams: [(String, [UInt8], String)] = [
      ("no zlib", [0x78, 0x02], "does not begin as zlib"), ("cut", [0x78, 0x01], "data is cut short"),
      ("a block of no kind", [0x78, 0x01, 0x07], "a block of an unknown kind"),
      ("an unclear length", [0x78, 0x01, 0x01, 3, 0, 0xFF, 0xFF], "a block of unclear length"),
      ("before the beginning", [0x78, 0x01, 0x03, 0x02, 0, 0, 0], "refers to bytes before its beginning"),
      ("length 286", [0x78, 0x01, 0x1B, 0x03, 0, 0], "an unknown length"),
      ("distance 30", [0x78, 0x01, 0x03, 0x3E, 0, 0], "an unknown distance"),
      ("287 codes", [0x78, 0x01, 0xF5, 0x00, 0, 0, 0], "too many codes"),
      ("codes too many", [0x78, 0x01, 0x05, 0x00, 0x92, 0x04, 0, 0], "codes that contradict each other"),
      ("codes too few", [0x78, 0x01, 0x05, 0x00, 0x0E, 0, 0, 0], "an incomplete set of codes"),
      ("filter 5", stored([5, 7, 9]), "row 0 has the unknown filter 5"),
      ("a byte too few", stored([0, 7]), "holds 2 bytes where its size needs 3"),
      ("a wrong sum", changed(stored([0, 7, 9]), 13, [0xFF]), "the checksum of its pixels"),
    ]
    return headers + streams.map { file($0.0, Chunks(tiny: $0.1).file, $0.2) }
  }

  /// A zlib stream of these bytes in one stored block.
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    let sum = bytes.withUnsafeBytes { adler32($0) }
    let (low, high) = (UInt8(bytes.count & 255), UInt8(bytes.count >> 8))
    return [0x78, 0x01, 1, low, high, ~low, ~high] + bytes
      + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }
  }

  static func bitmaps() throws -> [MalformedFile] {
    func bmp(_ name: String, _ bytes: [UInt8], _ says: String) -> MalformedFile { .init(.bmp, name, bytes, says) }
    func ppm(_ name: String, _ text: String, _ says: String) -> MalformedFile { .init(.ppm, name, op(text), says) }
    let sound = try runtimeFixture("images/bmp_8.bmp")
    func edit(_ name: String, _ place: Int, _ bytes: [UInt8], _ says: String) -> MalformedFile {
      bmp(name, changed(sound, place, bytes), says)
    }
    return [
      bmp("two letters", op("BM00"), "it is cut short at byte 4"),
      bmp("a pixel too few", Array(sound.dropLast()), "need 112 bytes from byte 1078 on, of 1189"),
      bmp("a palette that is cut", Array(sound.prefix(900)), "it is cut short in its palette"),
      edit("pixels behind the file", 10, [0xFF, 0xFF, 0xFF, 0x7F], "from byte 2147483647 on"),
      edit("a long header", 14, [41, 42], "its header of 10793 bytes is cut short"),
      edit("a header of 13", 14, [13], "a header of 13 bytes does not exist"),
      edit("no width", 18, [0], "its size of 0 x 7 pixels"), edit("no height", 22, [0], "its size of 13 x 0 pixels"),
      edit("a width below zero", 21, [0x80], "its size of -2147483635 x 7"),
      edit("too wide", 20, [1], "65549 x 7 pixels"),
      edit("3 bits", 28, [3], "3 bits a pixel do not exist"), edit("no bits", 28, [0], "0 bits a pixel do not exist"),
      edit("run lengths", 30, [1], "run-length compression"), edit("a JPEG inside", 30, [4], "its compression 4"),
      edit("masks of 8 bits", 30, [3], "its compression 3"), edit("two colours", 46, [2], "beyond its palette"),
      ppm("P4", "P4 8 8 ", "are read, not P4"), ppm("P7", "P7\nWIDTH 8", "are read, not P7"),
      ppm("no width", "P6", "the width as a whole number at byte 2"),
      ppm("no height", "P6 2 # two", "the height as a whole number at byte 10"),
      ppm("no largest value", "P6 2 2 x", "the largest sample value as a whole number"),
      ppm("a height below zero", "P6 2 -2 255 ", "the height as a whole number at byte 5"),
      ppm("70,000", "P6 2 2 70000 ", "is 70000, which should be"), ppm("0", "P6 2 2 0 ", "is 0, which should be"),
      ppm("no space", "P6 2 2 255", "a white-space character after its header"),
      ppm("four bytes of twelve", "P6 2 2 255 0123", "need 12 more bytes, 4 are left"),
      ppm("no pixels", "P5 60000 2000 255 ", "need 120000000 more bytes, 0 are left"),
      ppm("too large", "P5 60000 60000 255 ", "its size of 60000 x 60000"), ppm("no pixel", "P5 0 1 255 ", "of 0 x 1"),
      ppm("a letter", "P2 2 1 255 1 x", "a sample as a whole number at byte 13"),
      ppm("a sample beyond integers", "P3 1 1 255 1 1 22222222222", "a sample as a whole number at byte 15"),
      ppm("text that is cut", "P3 9 9 255 1 2 3", "9 x 9 pixels need"),
    ]
  }

  static func otherImages() -> [MalformedFile] {
    func file(_ name: String, _ bytes: [UInt8]) -> MalformedFile {
      .init(.otherImage, name, bytes, "\(name) is not read here; convert it with 'magick in out.png'")
    }
    return [
      .init(.otherImage, "nothing", [], "it is empty; pass a JPEG"),
      .init(.otherImage, "a word", op("hello"), "it is neither JPEG nor PNG"),
      file("GIF", op("GIF89a")), file("WebP", op("RIFF0000WEBP")), file("AVIF", [0, 0, 0, 28] + op("ftypavif")),
      file("HEIC", [0, 0, 0, 24] + op("ftypheic")), file("JPEG XL", [0xFF, 0x0A, 0, 0]),
      file("JPEG 2000", [0xFF, 0x4F, 0xFF, 0x51]), file("TIFF", [0x49, 0x49, 0x2A, 0, 8]),
    ]
  }
}
