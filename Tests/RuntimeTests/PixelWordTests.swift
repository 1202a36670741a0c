// The words of resnet_pixels.h, each against its sentence, lane by lane in whole numbers: values at the ends of their range,
// small ones, and any.
import ResNetCPU
import Testing

@Suite struct PixelWordTests {
  private typealias Row = SIMD8<Int16>
  private typealias Wide = SIMD4<Int32>

  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state ^ state >> 29) &* 0xBF58_476D_1CE4_E5B9
    }

    mutating func row() -> Row {
      var row = Row()
      for lane in 0..<8 {
        switch UInt8.random(in: 0..<6, using: &self) {
        case 0: row[lane] = .min
        case 1: row[lane] = .max
        case 2: row[lane] = .random(in: -256...256, using: &self)
        default: row[lane] = .random(in: .min ... .max, using: &self)
        }
      }
      return row
    }

    mutating func bytes() -> SIMD16<UInt8> { .random(in: 0...255, using: &self) }
  }

  private static func each(_ body: (inout Random) -> Void) {
    var random = Random(state: 7)
    for _ in 0..<2_000 { body(&random) }
  }

  @Test func productsAreThoseOfWholeNumbers() {
    Self.each { random in
      var (a, b) = (random.row(), random.row())
      // The only sum that 32 bits do not hold is of four such; factors are constants here, and none of them is.
      b.replace(with: -32_767, where: b .== .min)
      let (pairs, high) = (resnet_multiply_pairs(a, b), resnet_multiply_high(a, b))
      for lane in 0..<4 {
        let sum = Int(a[2 * lane]) * Int(b[2 * lane]) + Int(a[2 * lane + 1]) * Int(b[2 * lane + 1])
        #expect(Int(pairs[lane]) == sum)
      }
      for lane in 0..<8 { #expect(Int(high[lane]) == (Int(a[lane]) * Int(b[lane])) >> 16) }
      a = random.row()
      let (low, upper) = (resnet_upper_low(a), resnet_upper_high(a))
      for lane in 0..<4 {
        #expect(Int(low[lane]) == Int(a[lane]) << 16 && Int(upper[lane]) == Int(a[lane + 4]) << 16)
      }
    }
  }

  @Test func whatDoesNotFitIsTheNearestThatDoes() {
    Self.each { random in
      let (a, b) = (random.row(), random.row())
      let (bytes, centred) = (resnet_saturate_bytes(a, b), resnet_saturate_centred(a, b))
      for lane in 0..<16 {
        let value = Int(lane < 8 ? a[lane] : b[lane - 8])
        #expect(Int(bytes[lane]) == min(max(value, 0), 255))
        #expect(Int(centred[lane]) == min(max(value, -128), 127) + 128)
      }
      let sums = (unsafeBitCast(a, to: Wide.self), unsafeBitCast(b, to: Wide.self) &>> 12)
      let narrow = resnet_saturate(sums.0, sums.1)
      for lane in 0..<8 {
        let value = Int(lane < 4 ? sums.0[lane] : sums.1[lane - 4])
        #expect(Int(narrow[lane]) == min(max(value, -32_768), 32_767))
      }
    }
  }

  @Test func elementsTakeTurns() {
    Self.each { random in
      let (a, b) = (random.row(), random.row())
      #expect(resnet_zip_low(a, b).evenHalf == a.lowHalf && resnet_zip_low(a, b).oddHalf == b.lowHalf)
      #expect(resnet_zip_high(a, b).evenHalf == a.highHalf && resnet_zip_high(a, b).oddHalf == b.highHalf)
      let (c, d) = (random.bytes(), random.bytes())
      let (low, high) = (resnet_zip_low_bytes(c, d), resnet_zip_high_bytes(c, d))
      for lane in 0..<8 {
        #expect(UInt16(bitPattern: low[lane]) == UInt16(c[lane]) | UInt16(d[lane]) << 8)
        #expect(UInt16(bitPattern: high[lane]) == UInt16(c[lane + 8]) | UInt16(d[lane + 8]) << 8)
        #expect(resnet_low_bytes(c)[lane] == Int16(c[lane]) && resnet_high_bytes(c)[lane] == Int16(c[lane + 8]))
      }
    }
  }

  @Test func bytesGoInAndOut() {
    Self.each { random in
      let given = random.bytes()
      var memory = (0..<18).map { _ in UInt8(7) }
      memory.withUnsafeMutableBufferPointer { memory in
        let start = memory.baseAddress! + 1
        resnet_store_low_bytes(given, start)
        resnet_store_high_bytes(given, start + 8)
        #expect(memory[0] == 7 && memory[17] == 7)
        #expect(resnet_load_16_bytes(start) == given)
        #expect(resnet_load_bytes(start + 5) == Row((5..<13).map { Int16(given[$0]) }))
        // Pixels: red and green, then blue and zero.
        let row = Row(
          (0..<8).map {
            Int16(bitPattern: $0 % 2 == 0 ? UInt16(given[$0]) | UInt16(given[$0 + 8]) << 8 : UInt16(given[$0]))
          })
        resnet_store_pixels(row, start)
        for pixel in 0..<4 {
          let found = (0..<3).map { start[3 * pixel + $0] }
          #expect(found == [given[2 * pixel], given[2 * pixel + 8], given[2 * pixel + 1]])
        }
        #expect(memory[0] == 7 && memory[15...17].elementsEqual([given[14], given[15], 7]))
      }
    }
  }
}
