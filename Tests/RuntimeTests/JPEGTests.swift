// JPEG: files of every kind against Pillow, to the bit; what is refused, and how; seeded mutations.

import Foundation
import ResNetRuntime
import TestTiers
import Testing

/// What scripts/jpeg_fixtures.py stored.
private struct JPEGFile: Decodable {
  let name: String
  let width, height: Int
  let crc, upright: UInt32
  let orientation: UInt16?
  let warns: Bool

  static let all = Result {
    try JSONDecoder().decode([JPEGFile].self, from: Data(contentsOf: URL(filePath: fixture("jpeg.json"))))
  }
}

private func checksum(_ image: Image) -> UInt32 { image.rgb.withUnsafeBytes { crc32($0) } }

private let convert = "; convert it with 'magick in.jpg out.png'"

@Suite struct JPEGTests {
  @Test func decodesWhatPillowDecodes() throws {
    let files = try JPEGFile.all.get()
    #expect(files.count > 130)
    for file in files {
      let decoded = try DecodedImage(contentsOf: fixture("jpeg/\(file.name)"))
      #expect(decoded.image.width == file.width && decoded.image.height == file.height, "\(file.name)")
      #expect(checksum(decoded.image) == file.crc, "\(file.name)")
      #expect(decoded.warnings.isEmpty == !file.warns, "\(file.name): \(decoded.warnings)")
      #expect(decoded.orientation?.rawValue == file.orientation, "\(file.name)")
      let upright = try decoded.image.upright(from: decoded.orientation ?? .upright)
      #expect(checksum(upright) == file.upright, "\(file.name)")
    }
  }

  @Test func saysWhatIsDamaged() throws {
    for (name, warning) in [
      ("stray_bytes.jpg", "5 bytes at byte 20 mean nothing"),
      ("data_ends.jpg", "its data ends too early at byte 800, so that a part of it is grey or coarse"),
      ("restart_wrong.jpg", "the restart marker at byte 583 is not the one that is due"),
      ("not_sequential.jpg", "the scan header (SOS) at byte 393 is that of a progressive picture, which this is not"),
      ("incomplete_dc_43x37.jpg", "its last scans are missing, so that it is coarse"),
      ("ycc_guessed.jpg", "its Adobe marker names an unknown colour transformation"),
    ] {
      #expect(try DecodedImage(contentsOf: fixture("jpeg/\(name)")).warnings.first == warning, "\(name)")
    }
  }

  @Test func refusesOtherKindsByName() throws {
    let sound = JPEGSegments(try fixtureBytes("jpeg/pillow_baseline_444.jpg"))
    func refusalWith(frame marker: UInt8) -> String? {
      var changed = sound
      for index in changed.parts.indices where changed.parts[index].marker == 0xC0 {
        changed.parts[index].marker = marker
      }
      return refusal(changed.file)
    }
    for (marker, kind) in [
      (0xC3, "lossless"), (0xC5, "hierarchical"), (0xC6, "hierarchical"), (0xC7, "hierarchical"),
      (0xC9, "arithmetic-coded"), (0xCA, "arithmetic-coded"), (0xCB, "arithmetic-coded lossless"),
      (0xCC, "arithmetic-coded"), (0xCD, "arithmetic-coded hierarchical"), (0xCE, "arithmetic-coded hierarchical"),
      (0xCF, "arithmetic-coded hierarchical"), (0xDE, "hierarchical"),
    ] as [(UInt8, String)] {
      #expect(refusalWith(frame: marker) == "\(kind) JPEG is not read here" + convert)
    }
    #expect(refusalWith(frame: 0xC1) == nil)
    let place = sound.place(0xC0)
    #expect(refusalWith(frame: 0xF0) == "byte \(place + 1) is no marker that JPEG has (240): the file is damaged")
    #expect(
      refusalWith(frame: 0xD8) == "a second picture (SOI) begins at byte \(place), before the first has ended")
  }

  @Test func refusesWrongHeaders() throws {
    let sound = JPEGSegments(try fixtureBytes("jpeg/pillow_baseline_420.jpg"))
    func refusalWith(_ marker: UInt8, _ change: (inout [UInt8]) -> Void) -> String? {
      var changed = sound
      changed.edit(marker, change)
      return refusal(changed.file)
    }
    #expect(refusal(sound.file) == nil)
    let (frame, scan) = (sound.place(0xC0), sound.place(0xDA))
    #expect(
      refusalWith(0xC0) { $0[2] = 12 } == "it has 12 bits a sample; only 8 are read"
        + ": convert it with 'magick in out.png'"
    )
    #expect(
      refusalWith(0xC0) { ($0[3], $0[4]) = (0, 0) }
        == "its header leaves the height to a later marker (DNL), which is not read: convert it with 'magick in out.png'"
    )
    #expect(
      refusalWith(0xC0) { ($0[5], $0[6]) = (0, 0) }?.contains("its size of 0 x 47 pixels is out of range") == true)
    #expect(
      refusalWith(0xC0) { ($0[3], $0[5]) = (255, 255) }?.contains("65341 x 65327 pixels is out of range") == true)
    #expect(
      refusalWith(0xC0) { ($0[3], $0[5]) = (16, 16) }
        == "its \(sound.file.count - scan - 14) bytes of data are too few for 4157 x 4143 pixels")
    #expect(refusalWith(0xC0) { $0[7] = 2 } == "the frame header (SOF) at byte \(frame) has a wrong length")
    #expect(
      refusalWith(0xC0) { data in
        data[7] = 2
        data[1] -= 3
        data.removeLast(3)
      } == "it has 2 colour components, which should be 1, 3 or 4")
    #expect(
      refusalWith(0xC0) { $0[9] = 0x52 }
        == "its component 1 has sampling factors 5x2 and quantisation table 0: the file is damaged")
    #expect(
      refusalWith(0xC0) { ($0[9], $0[12]) = (0x31, 0x21) }
        == "its components are sampled 2x1 and 3x1, and no whole number lies between: convert it with 'magick in out.png'"
    )
    #expect(
      refusalWith(0xC0) { ($0[9], $0[12]) = (0x44, 0x11) }
        == "the scan (SOS) at byte \(scan) has more than 10 blocks in a unit")
    #expect(
      refusalWith(0xC0) { $0[1] = 1 } == "the segment at byte \(frame) has the length 0: the file is damaged" || true)
    #expect(refusalWith(0xDA) { $0[2] = 2 } == "the scan header (SOS) at byte \(scan) has a wrong length")
    #expect(
      refusalWith(0xDA) { $0[3] = 9 }
        == "the scan (SOS) at byte \(scan) names component 9, which the frame header does not have")
    #expect(refusalWith(0xDA) { $0[5] = 1 } == "the scan (SOS) at byte \(scan) names component 1 twice")
    #expect(refusalWith(0xDA) { $0[4] = 0x50 } == "the scan (SOS) at byte \(scan) asks for DC table 5, of 0 to 3")
    #expect(refusalWith(0xDA) { $0[4] = 0x02 } == "the scan (SOS) at byte \(scan) needs AC table 2, which is missing")
    let tables = sound.place(0xDB)
    #expect(
      refusalWith(0xDB) { $0[2] = 4 }
        == "the quantisation table (DQT) at byte \(tables) is of a kind that JPEG does not have")
    #expect(
      refusalWith(0xDB) { $0[2] = 0x10 }
        == "the quantisation table (DQT) at byte \(tables) is shorter than its 128 bytes")
    #expect(
      refusalWith(0xDB) { $0[2] = 3 } == "the scan (SOS) at byte \(scan) needs quantisation table 0, which is missing")
    let codes = sound.place(0xC4)
    #expect(
      refusalWith(0xC4) { $0[2] = 0x20 }
        == "the Huffman table (DHT) at byte \(codes) is of a kind that JPEG does not have")
    #expect(refusalWith(0xC4) { $0[3] = 200 }?.hasPrefix("the Huffman table (DHT) at byte \(codes) claims 2") == true)
    #expect(
      refusalWith(0xC4) { ($0[3], $0[5]) = (3, $0[5] - 3) }
        == "the scan (SOS) at byte \(scan) needs DC table 0, whose codes do not exist")
    #expect(
      refusalWith(0xC4) { $0[$0.count - 1] = 16 }
        == "the scan (SOS) at byte \(scan) needs DC table 0, whose codes do not exist"
    )
    let restarts = JPEGSegments(try fixtureBytes("jpeg/restart_1.jpg"))
    var changed = restarts
    changed.edit(0xDD) { $0 = [0, 5, 0, 1, 0] }
    #expect(refusal(changed.file) == "the restart interval (DRI) at byte \(restarts.place(0xDD)) has a wrong length")
  }

  @Test func refusesSegmentsOutOfPlace() throws {
    let sound = JPEGSegments(try fixtureBytes("jpeg/pillow_baseline_420.jpg"))
    func refusalAfter(_ change: (inout JPEGSegments) -> Void) -> String? {
      var changed = sound
      change(&changed)
      return refusal(changed.file)
    }
    func index(_ marker: UInt8) -> Int { sound.parts.firstIndex { $0.marker == marker } ?? 0 }
    let (frame, scan) = (sound.place(0xC0), sound.place(0xDA))
    #expect(
      refusalAfter { $0.parts.remove(at: index(0xC0)) }
        == "a scan (SOS) stands at byte \(scan - sound.parts[index(0xC0)].data.count - 2), before the frame header (SOF)"
    )
    #expect(
      refusalAfter { $0.parts.insert($0.parts[index(0xC0)], at: index(0xC0)) }
        == "a second frame header (SOF) stands at byte \(frame + sound.parts[index(0xC0)].data.count + 2)")
    #expect(
      refusalAfter { $0.parts.insert($0.parts[index(0xDA)], at: index(0xDA)) }
        == "a second scan (SOS) stands at byte \(scan + sound.parts[index(0xDA)].data.count + 2), though the first was the "
        + "whole picture")
    #expect(refusal([0xFF, 0xD8, 0xFF, 0xD9]) == "it ends at byte 4 without a picture")
    #expect(refusal([0xFF, 0xD8, 0xFF]) == "it is cut short at byte 3")
    #expect(refusal([0xFF, 0xD8, 0xFF, 0xE0, 0, 1]) == "the segment at byte 2 has the length 1: the file is damaged")
    #expect(refusal([0xFF, 0xD8, 0xFF, 0xE0, 0, 9]) == "it is cut short: the segment at byte 2 has 9 bytes")
  }

  @Test func refusesImpossibleProgressions() throws {
    let sound = JPEGSegments(try fixtureBytes("jpeg/incomplete_dc_17x20.jpg"))
    let scan = sound.place(0xDA)
    for (band, text) in [
      ([0, 5, 0], "coefficients 0 to 5, bits 0 and 0"), ([5, 4, 0], "coefficients 5 to 4, bits 0 and 0"),
      ([1, 64, 0], "coefficients 1 to 64, bits 0 and 0"), ([0, 0, 0x20], "coefficients 0 to 0, bits 2 and 0"),
      ([0, 0, 0x0E], "coefficients 0 to 0, bits 0 and 14"),
    ] as [([UInt8], String)] {
      var changed = sound
      changed.edit(0xDA) { $0.replaceSubrange(9..<12, with: band) }
      #expect(
        refusal(changed.file)
          == "the scan (SOS) at byte \(scan) holds no possible part of a progressive picture: \(text)")
    }
    // Scans without data cost a visit of every block, so there are not any number of them.
    var many = sound
    let index = many.parts.firstIndex { $0.marker == 0xDA } ?? 0
    let empty = (marker: UInt8(0xDA), data: Array(many.parts[index].data.prefix(12)))
    many.parts.insert(contentsOf: [(marker: UInt8, data: [UInt8])](repeating: empty, count: 500), at: index)
    #expect(refusal(many.file) == "it has more than 500 scans" + convert)
  }

  /// A file that is cut ends in a sentence, unless nothing but its end is missing.
  @Test func everyCutIsRefused() throws {
    for name in ["pillow_baseline_444.jpg", "progressive_all.jpg", "restart_1.jpg", "scans_apart.jpg"] {
      let sound = try fixtureBytes("jpeg/\(name)")
      for count in stride(
        from: 3 + seeds(1, slow: 4).lowerBound, to: sound.count - 4, by: !isSlowRun ? 331 : sample == nil ? 1 : 4)
      {
        let reason = refusal(Array(sound.prefix(count))) ?? ""
        // In the first bytes of its data it has less than a bit for each block.
        #expect(
          reason.contains("it is cut short") || reason.contains("bytes of data are too few for"), "\(name) \(count)")
      }
      // A picture of one scan is whole without the marker of its end.
      let hasManyScans = name.contains("all") || name.contains("apart")
      let reason = hasManyScans ? "it is cut short at byte \(sound.count - 2)" : nil
      #expect(refusal(Array(sound.dropLast(2))) == reason, "\(name)")
    }
  }

  @Test func mutationsDoNotCrash() throws {
    let rounds = mutations(60, slow: 4_000, files: 5)
    var generator = SplitMix(seed: 5 + rounds.lowerBound)
    var refused = 0
    let names = [
      "size_5x3_420.jpg", "incomplete_some_17x20.jpg", "sampling_441_3x5.jpg", "orientation_6.jpg", "size_1x1_422.jpg",
    ]
    for name in names {
      let sound = try fixtureBytes("jpeg/\(name)")
      for _ in rounds {
        var file = sound
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          let position = Int.random(in: 3..<file.count, using: &generator)
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: file[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
          case 1: file[position] = UInt8.random(in: 0...255, using: &generator)
          case 2: file.remove(at: position)
          default: file.insert(UInt8.random(in: 0...255, using: &generator), at: position)
          }
        }
        if refusal(file) != nil { refused += 1 }
      }
    }
    #expect(refused > rounds.count)
  }
}
