// Images: files of every kind against Pillow, resizing and preprocessing bit for bit, damaged files refused with a
// reason, and seeded mutations.

import Foundation
import ResNetRuntime
import TestTiers
import Testing

/// What scripts/image_fixtures.py stored.
private struct Expected: Decodable {
  struct File: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let width, height: Int
    let crc: UInt32
    var testDescription: String { name }
  }
  struct Resize: Decodable, Sendable, CustomTestStringConvertible {
    let width, height, channels, seed, newWidth, newHeight: Int
    let filter: String
    let crc: UInt32
    var testDescription: String { "\(width)x\(height)x\(channels) to \(newWidth)x\(newHeight) \(filter)" }
  }
  struct Preprocess: Decodable, Sendable, CustomTestStringConvertible {
    let width, height, seed, resize, cropHeight, cropWidth: Int
    let filter: String
    let mean, std: [Float]
    let crc: UInt32
    var testDescription: String {
      "\(width)x\(height) to \(resize), crop \(cropHeight)x\(cropWidth), \(mean.count) channels, \(filter)"
    }
  }
  let files: [File]
  let resize: [Resize]
  let preprocess: [Preprocess]

  static let all = Result {
    try JSONDecoder().decode(Expected.self, from: Data(contentsOf: URL(filePath: fixture("images.json"))))
  }
}

private func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { crc32($0) } }

private func decode(_ bytes: [UInt8]) throws -> Image { try bytes.withUnsafeBytes { try Image(decoding: $0) } }

/// Why these bytes are refused as an image.
func refusal(_ bytes: [UInt8]) -> String? {
  do {
    _ = try decode(bytes)
    return nil
  } catch {
    return (error as? ImageFault)?.reason
  }
}

@Suite struct ImageFileTests {
  @Test func decodesWhatPillowDecodes() throws {
    let files = try Expected.all.get().files
    #expect(files.count > 50)
    for file in files {
      let image = try Image(contentsOf: fixture("images/\(file.name)"))
      #expect(image.width == file.width && image.height == file.height, "\(file.name)")
      #expect(checksum(image.rgb) == file.crc, "\(file.name)")
    }
  }

  @Test func checksumsAreTheStandards() {
    #expect(checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(checksum([]) == 0)
    #expect(Array("Wikipedia".utf8).withUnsafeBytes { adler32($0) } == 0x11E6_0398)
    #expect([UInt8](repeating: 255, count: 20_000).withUnsafeBytes { adler32($0) } == 0x9F51_D664)
  }

  @Test(
    arguments: [
      ([], "it is empty; pass a JPEG, PNG, BMP or PPM file"),
      (Array("GIF89a".utf8), "GIF is not read here; convert it with 'magick in out.png'"),
      (Array("RIFF0000WEBP".utf8), "WebP is not read here; convert it with 'magick in out.png'"),
      ([0, 0, 0, 28] + Array("ftypavif".utf8), "AVIF is not read here; convert it with 'magick in out.png'"),
      ([0, 0, 0, 24] + Array("ftypheic".utf8), "HEIC is not read here; convert it with 'magick in out.png'"),
      ([0xFF, 0x0A, 0, 0], "JPEG XL is not read here; convert it with 'magick in out.png'"),
      ([0xFF, 0x4F, 0xFF, 0x51], "JPEG 2000 is not read here; convert it with 'magick in out.png'"),
      (Array("BM00".utf8), "it is cut short at byte 4"),
      ([0x49, 0x49, 0x2A, 0, 8], "TIFF is not read here; convert it with 'magick in out.png'"),
      (Array("hello".utf8), "it is neither JPEG nor PNG, BMP or PPM; convert it with 'magick in out.png'"),
      (
        Array("P4 8 8 ".utf8),
        "of the Netpbm formats P2, P3, P5 and P6 are read, not P4; convert it with 'magick in out.png'"
      ),
      (Array("P6".utf8), "it should have the width as a whole number at byte 2"),
      (Array("P62 2 255 ".utf8), "it should have the width as a whole number at byte 2"),
      (Array("P6 2 # two".utf8), "it should have the height as a whole number at byte 10"),
      (Array("P6 2 -2 255 ".utf8), "it should have the height as a whole number at byte 5"),
      (Array("P6 2 99999999999999999999 255 ".utf8), "it should have the height as a whole number at byte 5"),
      (Array("P6 2 2 70000 ".utf8), "its largest sample value is 70000, which should be from 1 to 65535"),
      (Array("P6 2 2 0 ".utf8), "its largest sample value is 0, which should be from 1 to 65535"),
      (Array("P6 2 2 255".utf8), "it should have a white-space character after its header, at byte 10"),
      (Array("P6 2 2 255 0123".utf8), "it is cut short: 2 x 2 pixels need 12 more bytes, 4 are left"),
      (Array("P5 60000 2000 255 ".utf8), "it is cut short: 60000 x 2000 pixels need 120000000 more bytes, 0 are left"),
      (
        Array("P5 60000 60000 255 ".utf8),
        "its size of 60000 x 60000 pixels is out of range: each side may have 1 to 65536 pixels, the whole at most "
          + "134217728; make it smaller"
      ),
      (
        Array("P5 0 1 255 ".utf8),
        "its size of 0 x 1 pixels is out of range: each side may have 1 to 65536 pixels, the whole at most 134217728"
          + "; make it smaller"
      ),
      (Array("P2 2 1 255 1 x".utf8), "it should have a sample as a whole number at byte 13"),
      (Array("P2 2 1 255 1 22222222222".utf8), "it should have a sample as a whole number at byte 13"),
    ] as [([UInt8], String)])
  func refuses(bytes: [UInt8], reason: String) throws {
    #expect(refusal(bytes) == reason)
    try withFile(bytes) { path in
      #expect(thrown { _ = try Image(contentsOf: path) } == .badImage(path: path, reason: reason))
    }
  }

  @Test func imagesHaveTheirSize() throws {
    #expect(try Image(width: 2, height: 1, rgb: [1, 2, 3, 4, 5, 6]).rgb.count == 6)
    for (width, height, count) in [(2, 1, 5), (0, 1, 0), (-1, -1, 3), (65_537, 1, 65_537 * 3), (.max, .max, 3)] {
      #expect(throws: ModelError.imageSize(width: width, height: height, bytes: count)) {
        _ = try Image(width: width, height: height, rgb: [UInt8](repeating: 0, count: count))
      }
    }
  }
}

@Suite struct PNGTests {
  /// A PNG file in pieces that can be exchanged.
  private struct Pieces {
    var chunks: [(name: String, data: [UInt8])] = []

    init(_ file: [UInt8]) {
      var position = 8
      while position + 12 <= file.count {
        let length = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
        let name = String(decoding: file[position + 4..<position + 8], as: UTF8.self)
        chunks.append((name, Array(file[position + 8..<position + 8 + length])))
        position += 12 + length
      }
    }

    var file: [UInt8] {
      func bigEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
      return chunks.reduce([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { file, chunk in
        let body = Array(chunk.name.utf8) + chunk.data
        return file + bigEndian(UInt32(chunk.data.count)) + body + bigEndian(checksum(body))
      }
    }

    mutating func edit(_ name: String, _ change: (inout [UInt8]) -> Void) {
      for index in chunks.indices where chunks[index].name == name { change(&chunks[index].data) }
    }
  }

  private func pieces(_ name: String = "pillow_rgb.png") throws -> Pieces {
    Pieces(try fixtureBytes("images/\(name)"))
  }

  /// A zlib stream of these bytes in one stored block.
  private func stored(_ bytes: [UInt8]) -> [UInt8] {
    let sum = bytes.withUnsafeBytes { adler32($0) }
    let (low, high) = (UInt8(bytes.count & 255), UInt8(bytes.count >> 8))
    return [0x78, 0x01, 1, low, high, ~low, ~high] + bytes
      + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }
  }

  /// A grey image of 2 x 1 pixels with this compressed data.
  private func tiny(_ data: [UInt8]) -> [UInt8] {
    var pieces = Pieces([])
    pieces.chunks = [("IHDR", [0, 0, 0, 2, 0, 0, 0, 1, 8, 0, 0, 0, 0]), ("IDAT", data), ("IEND", [])]
    return pieces.file
  }

  @Test func takesATinyImage() throws {
    #expect(try decode(tiny(stored([0, 7, 9]))).rgb == [7, 7, 7, 9, 9, 9])
  }

  @Test func ignoresWhatFollowsTheEnd() throws {
    #expect(refusal(try pieces().file + [1, 2, 3]) == nil)
  }

  @Test func refusesDamagedChunks() throws {
    let file = try pieces().file
    #expect(refusal(Array(file.prefix(8))) == "it is cut short at byte 8")
    #expect(refusal(Array(file.prefix(40)))?.contains("it is cut short") == true)
    #expect(refusal(Array(file.dropLast(40)))?.contains("it is cut short") == true)
    var flipped = file
    flipped[20] ^= 1
    #expect(refusal(flipped) == "the checksum of the chunk at byte 8 is wrong: the file is damaged")
  }

  @Test func refusesChunksOutOfOrder() throws {
    let sound = try pieces("colour3_depth4.png")
    func refusalAfter(_ change: (inout Pieces) throws -> Void) rethrows -> String? {
      var pieces = sound
      try change(&pieces)
      return refusal(pieces.file)
    }
    func index(_ name: String) -> Int { sound.chunks.firstIndex { $0.name == name } ?? 0 }
    #expect(refusalAfter { _ in } == nil)
    #expect(refusalAfter { $0.chunks.removeFirst() } == "its first chunk is no header (IHDR)")
    #expect(refusalAfter { $0.chunks.insert($0.chunks[0], at: 1) } == "it has a second header (IHDR)")
    #expect(refusalAfter { $0.chunks.remove(at: index("PLTE")) } == "it has no palette (PLTE)")
    #expect(
      refusalAfter { $0.chunks.insert($0.chunks[index("PLTE")], at: index("PLTE")) }
        == "it has a second palette (PLTE)")
    #expect(
      refusalAfter { $0.edit("PLTE") { $0.removeLast() } }
        == "its palette (PLTE) has 47 bytes, where 3 for each of 1 to 256 colours belong")
    #expect(refusalAfter { $0.chunks.insert(("CgBI", []), at: 0) }?.contains("Apple's variant") == true)
    #expect(
      refusalAfter { $0.chunks.insert(("ABCD", []), at: 1) } == "it has an unknown critical chunk at byte 33")
    #expect(refusalAfter { $0.chunks.insert(("abCD", []), at: 1) } == nil)
    var split = try pieces("split.png")
    split.chunks.insert(("teXt", []), at: 3)
    #expect(refusal(split.file) == "its data chunks (IDAT) are not consecutive")
  }

  @Test func refusesHeadersThatDoNotExist() throws {
    func refusalWith(_ change: (inout [UInt8]) -> Void) throws -> String? {
      var pieces = try pieces()
      pieces.edit("IHDR", change)
      return refusal(pieces.file)
    }
    #expect(try refusalWith { $0.removeLast() } == "its header (IHDR) has 12 bytes, which should be 13")
    #expect(try refusalWith { $0[8] = 3 } == "its colour type 2 with 3 bits a sample does not exist")
    #expect(try refusalWith { $0[9] = 5 } == "its colour type 5 with 8 bits a sample does not exist")
    for (byte, name) in [(10, "compression"), (11, "filter"), (12, "interlace")] {
      #expect(try refusalWith { $0[byte] = 2 } == "its \(name) method 2 does not exist")
    }
    #expect(try refusalWith { $0[3] = 0 }?.contains("its size of 0 x 17 pixels is out of range") == true)
    #expect(try refusalWith { $0[0] = 0x80 }?.contains("pixels is out of range") == true)
    // 65,536 x 2,048 pixels fit the limits, and are not allocated for a kilobyte of data.
    let huge = try refusalWith { $0.replaceSubrange(0..<8, with: [0, 1, 0, 0, 0, 0, 8, 0]) }
    #expect(huge?.contains("bytes of data are too few for 65536 x 2048 pixels") == true)
  }

  @Test func refusesWrongPixels() {
    #expect(refusal(tiny(stored([5, 7, 9]))) == "row 0 has the unknown filter 5")
    #expect(refusal(tiny(stored([0, 7]))) == "its compressed data holds 2 bytes where its size needs 3")
    var sum = stored([0, 7, 9])
    sum[sum.count - 1] ^= 1
    #expect(refusal(tiny(sum)) == "the checksum of its pixels is wrong: the file is damaged")
  }

  /// Compressed data by hand, bit by bit: each of the ways in which it can be wrong.
  @Test(
    arguments: [
      ([], "its compressed data does not begin as zlib data does"),
      ([0x78, 0x02], "its compressed data does not begin as zlib data does"),
      ([0x79, 0x18], "its compressed data does not begin as zlib data does"),
      ([0x78, 0x20 | 0x1B], "its compressed data does not begin as zlib data does"),
      ([0x78, 0x01], "its compressed data is cut short"),
      ([0x78, 0x01, 0x07], "its compressed data has a block of an unknown kind"),
      ([0x78, 0x01, 0x01, 3, 0], "its compressed data is cut short"),
      ([0x78, 0x01, 0x01, 3, 0, 0xFF, 0xFF], "its compressed data has a block of unclear length"),
      ([0x78, 0x01, 0x01, 3, 0, 0xFC, 0xFF, 1], "its compressed data is cut short"),
      // Fixed codes: a literal and an end without the rest; a distance before the beginning; symbols 286 and 30.
      ([0x78, 0x01, 0x63, 0x00], "its compressed data is cut short"),
      ([0x78, 0x01, 0x03, 0x02, 0, 0, 0], "its compressed data refers to bytes before its beginning"),
      ([0x78, 0x01, 0x1B, 0x03, 0, 0], "its compressed data has an unknown length"),
      ([0x78, 0x01, 0x03, 0x3E, 0, 0], "its compressed data has an unknown distance"),
      // Dynamic codes: 287 lengths; 1 to 4 code lengths of 1 bit (over-subscribed), of 7 bits (incomplete).
      ([0x78, 0x01, 0xF5, 0x00, 0, 0, 0], "its compressed data has too many codes"),
      ([0x78, 0x01, 0x05, 0x00, 0x92, 0x04, 0, 0], "its compressed data has codes that contradict each other"),
      ([0x78, 0x01, 0x05, 0x00, 0x0E, 0, 0, 0], "its compressed data has an incomplete set of codes"),
    ] as [([UInt8], String)])
  func refusesWrongCompression(data: [UInt8], reason: String) {
    #expect(refusal(tiny(data)) == reason)
  }

  /// Pillow opens these, too, to the same pixels (scripts/image_fixtures.py, `forgiven_files`).
  @Test func forgivesWhatPillowForgives() throws {
    func decoded(_ bytes: [UInt8]) throws -> DecodedImage {
      try bytes.withUnsafeBytes { try DecodedImage(decoding: $0) }
    }
    let more = try decoded(tiny(stored([0, 7, 9, 9])))
    #expect(more.image.rgb == [7, 7, 7, 9, 9, 9] && more.warnings == ["it holds more data than its pixels need"])
    let files = try Expected.all.get().files.filter { $0.name.hasPrefix("forgiven_") }
    #expect(files.count == 4)
    for file in files {
      let image = try decoded(fixtureBytes("images/\(file.name)"))
      #expect(image.warnings.count == (file.name.contains("palette") ? 0 : 1), "\(file.name)")
    }
  }

  /// Every cut of a file is refused, and no flipped byte gets past the checksums with another picture.
  @Test func mutationsAreCaught() throws {
    for name in ["colour3_depth2_adam7.png", "colour6_depth16.png", "fixed.png", "pillow_rgb.ppm"] {
      let sound = try fixtureBytes("images/\(name)")
      let picture = try decode(sound)
      for count in 0..<min(sound.count - 1, 600) {
        // What a PNG has behind its data may be missing, with a warning.
        guard let cut = try? Array(sound.prefix(count)).withUnsafeBytes({ try DecodedImage(decoding: $0) }) else {
          continue
        }
        #expect(name.hasSuffix("png") && count >= sound.count - 16 && cut.image == picture && cut.warnings.count == 1)
      }
      for position in 0..<min(sound.count, 600) where name.hasSuffix("png") {
        var file = sound
        file[position] ^= UInt8(1 << (position % 8))
        if let other = try? decode(file) { #expect(other == picture, "\(name) \(position)") }
      }
    }
  }

  /// With the checksums of the chunks made right again, the mutations reach the decompressor and the filters.
  @Test func mutationsBehindTheChecksumsDoNotCrash() throws {
    let rounds = mutations(150, slow: 2_000, files: 5)
    var generator = SplitMix(seed: 3 + rounds.lowerBound)
    var refused = 0
    for name in ["dynamic.png", "stored.png", "fixed.png", "colour3_depth4_adam7.png", "runs.png"] {
      let sound = try pieces(name)
      for _ in rounds {
        var pieces = sound
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          let chunk = Int.random(in: 0..<pieces.chunks.count, using: &generator)
          guard !pieces.chunks[chunk].data.isEmpty else { continue }
          let position = Int.random(in: 0..<pieces.chunks[chunk].data.count, using: &generator)
          switch Int.random(in: 0..<3, using: &generator) {
          case 0: pieces.chunks[chunk].data[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
          case 1: pieces.chunks[chunk].data.remove(at: position)
          default: pieces.chunks[chunk].data.insert(UInt8.random(in: 0...255, using: &generator), at: position)
          }
        }
        if refusal(pieces.file) != nil { refused += 1 }
      }
    }
    #expect(refused > 3 * rounds.count)
  }
}

@Suite struct ResizeTests {
  @Test func matchesPillow() throws {
    let cases = try Expected.all.get().resize
    #expect(cases.count == 96)
    for c in cases {
      let source = Raster(
        width: c.width, height: c.height, channels: c.channels,
        bytes: noise(seed: c.seed, count: c.width * c.height * c.channels))
      let filter: ResizeFilter = c.filter == "bicubic" ? .bicubic : .bilinear
      let result = source.resized(width: c.newWidth, height: c.newHeight, filter)
      #expect(checksum(result.bytes) == c.crc, "\(c.testDescription)")
    }
  }

  @Test func aWindowIsPartOfTheWhole() {
    let source = Raster(width: 41, height: 23, channels: 3, bytes: noise(seed: 4, count: 41 * 23 * 3))
    for (width, height) in [(20, 31), (41, 11), (60, 23), (41, 23)] {
      let whole = source.resized(width: width, height: height, .bicubic)
      let (columns, rows) = (5..<17, 3..<10)
      let window = source.resized(width: width, height: height, .bicubic, columns: columns, rows: rows)
      let expected = rows.flatMap { row in whole.bytes[(row * width + 5) * 3..<(row * width + 17) * 3] }
      #expect(window.bytes == expected)
      #expect(window.width == 12 && window.height == 7)
    }
  }
}

@Suite struct PreprocessTests {
  @Test func matchesTorchvision() throws {
    let cases = try Expected.all.get().preprocess
    #expect(cases.count == 64)
    for c in cases {
      let image = try Image(
        width: c.width, height: c.height, rgb: noise(seed: c.seed, count: c.width * c.height * 3))
      let preprocess = Preprocess(
        resize: .shortSide(c.resize), filter: c.filter == "bicubic" ? .bicubic : .bilinear, cropHeight: c.cropHeight,
        cropWidth: c.cropWidth,
        mean: c.mean, std: c.std)
      var output = [Float](repeating: .nan, count: preprocess.count)
      try output.withUnsafeMutableBufferPointer { try preprocess.apply(image, into: $0) }
      #expect(checksum(littleEndian(output)) == c.crc, "\(c.testDescription)")
    }
  }

  @Test func aSliverCostsNoMoreThanItsCrop() throws {
    // Resized, this would have 256 x 16,777,216 pixels.
    let image = try Image(width: 1, height: 65_536, rgb: noise(seed: 1, count: 65_536 * 3))
    let preprocess = Preprocess(
      resize: .shortSide(256), filter: .bicubic, cropHeight: 224, cropWidth: 224, mean: [0, 0, 0], std: [1, 1, 1])
    var output = [Float](repeating: .nan, count: preprocess.count)
    try output.withUnsafeMutableBufferPointer { try preprocess.apply(image, into: $0) }
    #expect(output.allSatisfy { 0...1 ~= $0 })
  }

  @Test func refusesAnOutputOfAnotherSize() throws {
    let image = try Image(width: 1, height: 1, rgb: [1, 2, 3])
    let preprocess = Preprocess(
      resize: .shortSide(4), filter: .bilinear, cropHeight: 4, cropWidth: 4, mean: [0], std: [1])
    var output = [Float](repeating: 0, count: 15)
    #expect(
      thrown { try output.withUnsafeMutableBufferPointer { try preprocess.apply(image, into: $0) } }
        == .inputSize(expected: 16, found: 15))
  }
}
