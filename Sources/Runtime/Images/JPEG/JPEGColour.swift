// SPDX-License-Identifier: Apache-2.0
// From components to RGB: which colours they are, and libjpeg-turbo's integer arithmetic for them. Of CMYK and YCCK
// comes what Pillow's convert("RGB") makes of them.
import ResNetCPU

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

  /// Writes a row of `width` pixels of RGB. Sources have room for 16 samples more, the target for 16 pixels.
  func convert(_ rows: JPEGRows, width: Int, into target: UnsafeMutablePointer<UInt8>) {
    switch self {
    case .grey:
      for x in stride(from: 0, to: width, by: 16) {
        let grey = resnet_load_16_bytes(rows.0 + x)
        store(grey, grey, grey, target + 3 &* x)
      }
    case .rgb:
      for x in stride(from: 0, to: width, by: 16) {
        store(
          resnet_load_16_bytes(rows.0 + x), resnet_load_16_bytes(rows.1 + x), resnet_load_16_bytes(rows.2 + x),
          target + 3 &* x)
      }
    case .yCbCr:
      for x in stride(from: 0, to: width, by: 16) {
        let (red, green, blue) = fromYCbCr(rows, x)
        store(red, green, blue, target + 3 &* x)
      }
    case .cmyk, .ycck:
      for x in stride(from: 0, to: width, by: 16) {
        var (cyan, magenta, yellow) = (
          resnet_load_16_bytes(rows.0 + x), resnet_load_16_bytes(rows.1 + x), resnet_load_16_bytes(rows.2 + x)
        )
        if self == .ycck {
          // The transformation was of 255 minus the inks.
          let (red, green, blue) = fromYCbCr(rows, x)
          (cyan, magenta, yellow) = (~red, ~green, ~blue)
        }
        // Adobe writes inks inverted, and Pillow takes all for Adobe's: what is stored is 255 minus the ink.
        let black = resnet_load_16_bytes(rows.3 + x)
        store(over(black, cyan), over(black, magenta), over(black, yellow), target + 3 &* x)
      }
    }
  }
}

/// A row of each component; of those that are not there the first's.
typealias JPEGRows = (UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>)

private typealias Samples = SIMD8<Int16>
private typealias Bytes = SIMD16<UInt8>

/// Writes 16 pixels, each pair by eight bytes, the last two of which the next pair overwrites.
@inline(__always)
private func store(_ red: Bytes, _ green: Bytes, _ blue: Bytes, _ target: UnsafeMutablePointer<UInt8>) {
  let first = resnet_zip_low_bytes(red, green)
  let last = resnet_zip_high_bytes(red, green)
  resnet_store_pixels(resnet_zip_low(first, resnet_low_bytes(blue)), target)
  resnet_store_pixels(resnet_zip_high(first, resnet_low_bytes(blue)), target + 12)
  resnet_store_pixels(resnet_zip_low(last, resnet_high_bytes(blue)), target + 24)
  resnet_store_pixels(resnet_zip_high(last, resnet_high_bytes(blue)), target + 36)
}

@inline(__always)
private func fromYCbCr(_ rows: JPEGRows, _ x: Int) -> (Bytes, Bytes, Bytes) {
  let (y, cb, cr) = (
    resnet_load_16_bytes(rows.0 + x), resnet_load_16_bytes(rows.1 + x), resnet_load_16_bytes(rows.2 + x)
  )
  let low = fromYCbCr(resnet_low_bytes(y), resnet_low_bytes(cb), resnet_low_bytes(cr))
  let high = fromYCbCr(resnet_high_bytes(y), resnet_high_bytes(cb), resnet_high_bytes(cr))
  return (
    resnet_saturate_bytes(low.0, high.0), resnet_saturate_bytes(low.1, high.1), resnet_saturate_bytes(low.2, high.2)
  )
}

/// The factors are those of JFIF times 65,536: 91,881 and 116,130, -22,554 and -46,802. Where they do not fit 16 bits, a
/// whole number is taken off and added. The upper half of twice a product, halved with its last bit rounded, is the
/// product's, rounded.
@inline(__always)
private func fromYCbCr(_ y: Samples, _ cb: Samples, _ cr: Samples) -> (Samples, Samples, Samples) {
  let (cb, cr) = (cb &- 128, cr &- 128)
  let red = resnet_multiply_high(cr &+ cr, Samples(repeating: 26_345))
  let blue = resnet_multiply_high(cb &+ cb, Samples(repeating: -14_942))
  let factors = Samples(-22_554, 18_734, -22_554, 18_734, -22_554, 18_734, -22_554, 18_734)
  let half = SIMD4<Int32>(repeating: 32_768)
  let green = resnet_saturate(
    (resnet_multiply_pairs(resnet_zip_low(cb, cr), factors) &+ half) &>> 16,
    (resnet_multiply_pairs(resnet_zip_high(cb, cr), factors) &+ half) &>> 16)
  return (
    y &+ cr &+ ((red &+ 1) &>> 1), y &- cr &+ green, y &+ cb &+ cb &+ ((blue &+ 1) &>> 1)
  )
}

/// What black leaves of a colour: white minus black, minus the ink's share of it, rounded as Pillow does.
@inline(__always)
private func over(_ notBlack: Bytes, _ notInk: Bytes) -> Bytes {
  resnet_saturate_bytes(
    over(resnet_low_bytes(notBlack), resnet_low_bytes(~notInk)),
    over(resnet_high_bytes(notBlack), resnet_high_bytes(~notInk)))
}

/// The product of two bytes is 16 bits without a sign, and 128 more still is.
@inline(__always)
private func over(_ notBlack: Samples, _ ink: Samples) -> Samples {
  let product = unsafeBitCast(notBlack &* ink, to: SIMD8<UInt16>.self) &+ 128
  return notBlack &- unsafeBitCast((product &>> 8 &+ product) &>> 8, to: Samples.self)
}
