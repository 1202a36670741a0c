// SPDX-License-Identifier: Apache-2.0
// From components to RGB: which colours they are, and libjpeg-turbo's integer arithmetic for them. Of CMYK and YCCK
// comes what Pillow's convert("RGB") makes of them.

/// What application segments say about colours.
struct JPEGColourHints {
  private var hasJFIF = false
  private var adobe: UInt8?

  mutating func read(_ marker: UInt8, _ data: UnsafeRawBufferPointer) {
    if marker == 0xE0, data.count >= 14, data.starts(with: [0x4A, 0x46, 0x49, 0x46, 0]) { hasJFIF = true }
    if marker == 0xEE, data.count >= 12, data.starts(with: Array("Adobe".utf8)) { adobe = data[11] }
  }

  /// The colours, and whether that is but a guess.
  func model(of frame: JPEGFrame) -> (colours: JPEGColours, isGuess: Bool) {
    switch (frame.components.count, adobe) {
    case (1, _): return (.grey, false)
    case (4, nil), (4, 0): return (.cmyk, false)
    case (4, let transform): return (.ycck, transform != 2)
    case (_, _) where hasJFIF: return (.yCbCr, false)
    case (_, nil):
      return (frame.components.map(\.identifier) == Array("RGB".utf8) ? .rgb : .yCbCr, false)
    case (_, 0): return (.rgb, false)
    case (_, let transform): return (.yCbCr, transform != 1)
    }
  }
}

enum JPEGColours {
  case grey, yCbCr, rgb, cmyk, ycck

  /// Writes a row of `width` pixels of RGB. Sources and target have room for 16 samples, or pixels, more.
  func convert(_ rows: [UnsafePointer<UInt8>], width: Int, into target: UnsafeMutablePointer<UInt8>) {
    switch self {
    case .grey:
      for x in stride(from: 0, to: width, by: 8) {
        let grey = load(rows[0], x)
        store(grey, grey, grey, target, x)
      }
    case .rgb:
      for x in stride(from: 0, to: width, by: 8) {
        store(load(rows[0], x), load(rows[1], x), load(rows[2], x), target, x)
      }
    case .yCbCr:
      let (first, second, third) = (rows[0], rows[1], rows[2])
      for x in stride(from: 0, to: width, by: 8) {
        let (red, green, blue) = fromYCbCr(load(first, x), load(second, x), load(third, x))
        store(red, green, blue, target, x)
      }
    case .cmyk, .ycck:
      for x in stride(from: 0, to: width, by: 8) {
        var (cyan, magenta, yellow) = (load(rows[0], x), load(rows[1], x), load(rows[2], x))
        if self == .ycck {
          // The transformation was of 255 minus the inks.
          let (red, green, blue) = fromYCbCr(cyan, magenta, yellow)
          (cyan, magenta, yellow) = (255 &- red, 255 &- green, 255 &- blue)
        }
        // Adobe writes inks inverted, and Pillow takes all for Adobe's: what is stored is 255 minus the ink.
        let black = load(rows[3], x)
        store(over(black, cyan), over(black, magenta), over(black, yellow), target, x)
      }
    }
  }
}

private typealias Samples = SIMD8<Int16>

@inline(__always)
private func load(_ row: UnsafePointer<UInt8>, _ x: Int) -> Samples {
  Samples(truncatingIfNeeded: UnsafeRawPointer(row + x).loadUnaligned(as: SIMD8<UInt8>.self))
}

/// Writes eight pixels, each pair by eight bytes, the last two of which the next pair overwrites.
@inline(__always)
private func store(
  _ red: Samples, _ green: Samples, _ blue: Samples, _ target: UnsafeMutablePointer<UInt8>, _ x: Int
) {
  typealias Wide = SIMD8<UInt32>
  let low = Wide(truncatingIfNeeded: red | green &<< 8)
  let pixels = low & 0xFFFF | Wide(truncatingIfNeeded: blue) &<< 16
  let pairs = unsafeBitCast(pixels, to: SIMD4<UInt64>.self)
  let packed = pairs & 0xFF_FFFF | (pairs &>> 32) &<< 24
  let raw = UnsafeMutableRawPointer(target + 3 &* x)
  for index in 0..<4 { (raw + 6 &* index).storeBytes(of: packed[index], as: UInt64.self) }
}

/// The factors are those of JFIF times 65,536; where they do not fit 16 bits, a whole number is taken off and added.
@inline(__always)
private func fromYCbCr(_ y: Samples, _ cb: Samples, _ cr: Samples) -> (Samples, Samples, Samples) {
  let (cb, cr) = (cb &- 128, cr &- 128)
  let (wideCb, wideCr) = (SIMD8<Int32>(truncatingIfNeeded: cb), SIMD8<Int32>(truncatingIfNeeded: cr))
  let red = y &+ cr &+ rounded(wideCr &* (91_881 - 65_536))
  let green = y &- cr &+ rounded(wideCb &* -22_554 &+ wideCr &* (65_536 - 46_802))
  let blue = y &+ cb &+ cb &+ rounded(wideCb &* (116_130 - 131_072))
  return (clamped(red), clamped(green), clamped(blue))
}

@inline(__always)
private func rounded(_ value: SIMD8<Int32>) -> Samples {
  Samples(truncatingIfNeeded: (value &+ 32_768) &>> 16)
}

@inline(__always)
private func clamped(_ value: Samples) -> Samples {
  value.clamped(lowerBound: .zero, upperBound: Samples(repeating: 255))
}

/// What black leaves of a colour: white minus black, minus the ink's share of it, rounded as Pillow does.
@inline(__always)
private func over(_ notBlack: Samples, _ notInk: Samples) -> Samples {
  let product = SIMD8<UInt32>(truncatingIfNeeded: notBlack) &* SIMD8<UInt32>(truncatingIfNeeded: 255 &- notInk) &+ 128
  return clamped(notBlack &- Samples(truncatingIfNeeded: (product &>> 8 &+ product) &>> 8))
}
