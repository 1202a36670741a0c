// JPEG files: sound ones whose segments were changed, exchanged or left out.
import TestTiers

@testable import ResNetCheckpoints

extension MalformedFile {
  static func jpeg() throws -> [MalformedFile] {
    func file(_ name: String, _ bytes: [UInt8], _ says: String) -> MalformedFile { .init(.jpeg, name, bytes, says) }
    let sound = JPEGSegments(try runtimeFixture("jpeg/pillow_baseline_420.jpg"))
    return kinds(sound, file) + frames(sound, file) + scans(sound, file) + (try progressive(file)) + [
      file("nothing but its ends", [0xFF, 0xD8, 0xFF, 0xD9], "it ends at byte 4 without a picture"),
      file("nothing", [0xFF, 0xD8, 0xFF], "it is cut short at byte 3"),
      file("a segment without a length", [0xFF, 0xD8, 0xFF, 0xE0, 0], "it is cut short at byte 5"),
      file("a segment of length 1", [0xFF, 0xD8, 0xFF, 0xE0, 0, 1], "has the length 1"),
      file("a segment that is cut", [0xFF, 0xD8, 0xFF, 0xE0, 0, 9], "the segment at byte 2 has 9 bytes"),
      file("a marker behind the beginning", [0xFF, 0xD8, 0xFF, 0xF7, 0, 2], "byte 3 is no marker that JPEG has (247)"),
      file("half of its data", Array(sound.file.dropLast(700)), "it is cut short at byte"),
    ]
  }

  private typealias Make = (String, [UInt8], String) -> MalformedFile

  /// Other kinds of JPEG by their frame header.
  private static func kinds(_ sound: JPEGSegments, _ file: Make) -> [MalformedFile] {
    let names: [(UInt8, String)] = [
      (0xC3, "lossless JPEG"), (0xC5, "hierarchical JPEG"), (0xC9, "arithmetic-coded JPEG"),
      (0xCB, "arithmetic-coded lossless JPEG"), (0xCD, "arithmetic-coded hierarchical JPEG"),
      (0xF0, "no marker that JPEG has (240)"), (0xF8, "no marker that JPEG has (248)"),
      (0xD8, "a second picture (SOI) begins"),
    ]
    return names.map { marker, says in
      file("a frame of marker \(marker)", sound.after { $0.parts[$0.index(0xC0)].marker = marker }, says)
    }
  }

  private static func frames(_ sound: JPEGSegments, _ file: Make) -> [MalformedFile] {
    func frame(_ name: String, _ says: String, _ change: (inout [UInt8]) -> Void) -> MalformedFile {
      file(name, sound.with(0xC0, change), says)
    }
    return [
      frame("12 bits", "it has 12 bits a sample") { $0[2] = 12 },
      frame("16 bits", "it has 16 bits a sample") { $0[2] = 16 },
      frame("a height to come", "leaves the height to a later marker") { ($0[3], $0[4]) = (0, 0) },
      frame("no width", "its size of 0 x 47 pixels") { ($0[5], $0[6]) = (0, 0) },
      frame("too many pixels", "65341 x 65327 pixels is out of range") { ($0[3], $0[5]) = (255, 255) },
      frame("more pixels than data", "bytes of data are too few for") { ($0[3], $0[5]) = (16, 16) },
      frame("a header of another length", "(SOF) at byte") { $0[7] = 2 },
      frame("two components", "it has 2 colour components") { data in
        data[7] = 2
        data[1] -= 3
        data.removeLast(3)
      },
      frame("five times as wide", "sampling factors 5x2 and quantisation table 0") { $0[9] = 0x52 },
      frame("not at all high", "sampling factors 2x0") { $0[9] = 0x20 },
      frame("table 7", "and quantisation table 7") { $0[10] = 7 },
      frame("three to two", "sampled 2x1 and 3x1, and no whole number") { ($0[9], $0[12]) = (0x31, 0x21) },
      frame("two to three down", "sampled 1x2 and 1x3") { ($0[9], $0[12]) = (0x13, 0x12) },
      frame("too many blocks", "more than 10 blocks in a unit") { ($0[9], $0[12]) = (0x44, 0x11) },
      file("no frame", sound.after { $0.parts.remove(at: $0.index(0xC0)) }, "before the frame header (SOF)"),
      file(
        "two frames", sound.after { $0.parts.insert($0.parts[$0.index(0xC0)], at: $0.index(0xC0)) },
        "a second frame header (SOF)"),
      file("table 4 of quantisation", sound.with(0xDB) { $0[2] = 4 }, "(DQT) at byte 20 is of a kind"),
      file("a table of 16 bits, cut", sound.with(0xDB) { $0[2] = 0x10 }, "shorter than its 128 bytes"),
      file(
        "a table that is cut",
        sound.with(0xDB) { data in
          data.removeLast()
          data[1] -= 1
        }, "shorter than its 64 bytes"),
      file("a table of another number", sound.with(0xDB) { $0[2] = 3 }, "needs quantisation table 0, which is missing"),
      file("codes of class 2", sound.with(0xC4) { $0[2] = 0x20 }, "(DHT) at byte 177 is of a kind"),
      file("more codes than there are", sound.with(0xC4) { $0[3] = 200 }, "codes, more than it holds"),
      file(
        "codes that end early",
        sound.with(0xC4) { data in
          data.removeLast(data.count - 10)
          (data[0], data[1]) = (0, 10)
        }, "ends before its codes"),
      file("codes that cannot be", sound.with(0xC4) { ($0[3], $0[5]) = (3, $0[5] - 3) }, "DC table 0, whose codes"),
    ]
  }

  private static func scans(_ sound: JPEGSegments, _ file: Make) -> [MalformedFile] {
    func scan(_ name: String, _ says: String, _ change: (inout [UInt8]) -> Void) -> MalformedFile {
      file(name, sound.with(0xDA, change), says)
    }
    return [
      scan("a header of another length", "(SOS) at byte 609 has a wrong length") { $0[2] = 2 },
      scan("no components", "is not of 1 to 4 components") { $0[2] = 0 },
      scan("a component of no frame", "names component 9, which the frame header does not have") { $0[3] = 9 },
      scan("a component twice", "names component 1 twice") { $0[5] = 1 },
      scan("DC table 5", "asks for DC table 5, of 0 to 3") { $0[4] = 0x50 },
      scan("AC table 9", "asks for AC table 9, of 0 to 3") { $0[4] = 0x09 },
      scan("AC table 2", "needs AC table 2, which is missing") { $0[4] = 0x02 },
      scan("DC table 3", "needs DC table 3, which is missing") { $0[4] = 0x30 },
      file(
        "a second scan", sound.after { $0.parts.insert($0.parts[$0.index(0xDA)], at: $0.index(0xDA)) },
        "though the first was the whole picture"),
    ]
  }

  private static func progressive(_ file: Make) throws -> [MalformedFile] {
    let sound = JPEGSegments(try runtimeFixture("jpeg/incomplete_dc_17x20.jpg"))
    let bands: [([UInt8], String)] = [
      ([0, 5, 0], "coefficients 0 to 5, bits 0 and 0"), ([5, 4, 0], "coefficients 5 to 4, bits 0 and 0"),
      ([1, 64, 0], "coefficients 1 to 64, bits 0 and 0"), ([0, 0, 0x20], "coefficients 0 to 0, bits 2 and 0"),
      ([0, 0, 0x0E], "coefficients 0 to 0, bits 0 and 14"), ([1, 5, 0], "coefficients 1 to 5, bits 0 and 0"),
    ]
    var many = sound
    let empty = (marker: UInt8(0xDA), data: Array(sound.parts[sound.index(0xDA)].data.prefix(12)))
    many.parts.insert(
      contentsOf: [(marker: UInt8, data: [UInt8])](repeating: empty, count: 500), at: sound.index(0xDA))
    var restarts = JPEGSegments(try runtimeFixture("jpeg/restart_1.jpg"))
    restarts.parts[restarts.index(0xDD)].data = [0, 5, 0, 1, 0]
    return bands.map { band, says in
      file(says, sound.with(0xDA) { $0.replaceSubrange(9..<12, with: band) }, says)
    } + [
      file("scans without end", many.file, "more than 500 scans"),
      file("a restart interval of three bytes", restarts.file, "(DRI) at byte"),
    ]
  }
}
