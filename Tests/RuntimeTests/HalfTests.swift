// Numbers in half precision, against Swift's own where the platform has them.
import Foundation
import ResNetRuntime
import Testing

@Suite struct HalfTests {
  @Test func everyHalfIsItself() {
    for bits in UInt16.min...UInt16.max {
      let half = Half(bits: bits)
      #expect(half.isFinite == half.float.isFinite)
      guard !half.float.isNaN else { continue }
      #expect(Half(rounding: Double(half.float)) == half, "\(bits)")
    }
    #expect(!Half(rounding: .nan).isFinite)
  }

  /// Halfway between two neighbours the even one; a hair beside it the nearer, where a float in between would not see it.
  @Test func roundsOnce() {
    for bits in stride(from: UInt16(0), to: 0x7BFF, by: 1) {
      let (low, high) = (Double(Half(bits: bits).float), Double(Half(bits: bits + 1).float))
      let middle = (low + high) / 2
      let even = bits % 2 == 0 ? bits : bits + 1
      let found = [middle.nextDown, middle, middle.nextUp].map { Half(rounding: $0).bits }
      #expect(found == [bits, even, bits + 1])
      #expect(Half(rounding: -middle).bits == even | 0x8000)
    }
    #expect(Half(rounding: 65519.9999).bits == 0x7BFF)
    #expect(Half(rounding: 65520).bits == 0x7C00)
    #expect(Half(rounding: 0x1p-25).bits == 0)
    #expect(Half(rounding: 0x1.0000001p-25).bits == 1)
  }

  #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
    @Test func roundsAsSwiftDoes() {
      var generator = SystemRandomNumberGenerator()
      for _ in 0..<100_000 {
        let value = Double(
          sign: .plus, exponent: .random(in: -28...16), significand: .random(in: -2...2, using: &generator))
        #expect(Half(rounding: value).bits == Float16(value).bitPattern, "\(value)")
      }
    }
  #endif
}
