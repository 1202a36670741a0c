// BMP files that are wrong; what is right in them stands in ImageTests.swift.

import ResNetRuntime
import TestTiers
import Testing

@Suite struct BMPTests {
  @Test func refusesWrongBMP() throws {
    let sound = try fixtureBytes("images/bmp_8.bmp")
    func refusalWith(_ place: Int, _ bytes: [UInt8]) -> String? {
      var changed = sound
      changed.replaceSubrange(place..<place + bytes.count, with: bytes)
      return refusal(changed)
    }
    #expect(refusal(sound) == nil)
    #expect(
      refusal(Array(sound.dropLast()))
        == "it is cut short: 13 x 7 pixels need 112 bytes from byte 1078 on, of 1189 in all")
    #expect(refusal(Array(sound.prefix(900))) == "it is cut short in its palette")
    #expect(refusalWith(14, [41, 42]) == "its header of 10793 bytes is cut short")
    #expect(refusalWith(14, [13]) == "a header of 13 bytes does not exist")
    #expect(refusalWith(18, [0]) == "\(Self.outOfRange(0, 7))")
    #expect(refusalWith(21, [0x80]) == "\(Self.outOfRange(-2_147_483_635, 7))")
    #expect(refusalWith(20, [1])?.contains("65549 x 7 pixels is out of range") == true)
    #expect(refusalWith(28, [3]) == "3 bits a pixel do not exist")
    #expect(
      refusalWith(30, [1]) == "BMP with run-length compression is not read here; convert it with 'magick in out.png'")
    #expect(refusalWith(30, [4]) == "its compression 4 is not read here; convert it with 'magick in out.png'")
    #expect(refusalWith(30, [3]) == "its compression 3 is not read here; convert it with 'magick in out.png'")
    #expect(refusalWith(46, [2])?.contains("beyond its palette") == true)
    let rounds = mutations(300, slow: 20_000, files: 1)
    var generator = SplitMix(seed: 8 + rounds.lowerBound)
    for _ in rounds {
      var changed = sound
      for _ in 0..<2 {
        changed[Int.random(in: 2..<60, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      _ = refusal(changed)
    }
  }

  private static func outOfRange(_ width: Int, _ height: Int) -> String {
    "its size of \(width) x \(height) pixels is out of range: each side may have 1 to 65536 pixels, the whole at most "
      + "134217728; make it smaller"
  }
}
