// SPDX-License-Identifier: Apache-2.0
// The portable pixmap formats of Netpbm: P6 and P5 (binary colour and grey), P3 and P2 (the same as decimal text).

enum PPM {
  static func decode(_ bytes: UnsafeRawBufferPointer) throws(ImageFault) -> Image {
    var reader = Reader(bytes: bytes)
    let kind = bytes[1]
    let (channels, isText): (Int, Bool)
    switch kind {
    case UInt8(ascii: "2"): (channels, isText) = (1, true)
    case UInt8(ascii: "3"): (channels, isText) = (3, true)
    case UInt8(ascii: "5"): (channels, isText) = (1, false)
    case UInt8(ascii: "6"): (channels, isText) = (3, false)
    default:
      throw ImageFault(
        "of the Netpbm formats P2, P3, P5 and P6 are read, not P\(kind - 0x30); convert it with 'magick in out.png'")
    }
    let width = try reader.number("the width")
    let height = try reader.number("the height")
    let maximum = try reader.number("the largest sample value")
    try Image.check(width: width, height: height)
    guard 1...65_535 ~= maximum else {
      throw ImageFault("its largest sample value is \(maximum), which should be from 1 to 65535")
    }
    let sampleBytes = maximum > 255 ? 2 : 1
    let samples = width * height * channels
    // A text sample needs a digit and a space. Checked first, so that a header alone cannot make us allocate.
    let needed = isText ? 2 * samples - 1 : samples * sampleBytes
    if !isText { try reader.singleSpace() }
    guard reader.remaining >= needed else {
      throw ImageFault(
        "it is cut short: \(width) x \(height) pixels need \(needed) more bytes, \(reader.remaining) are left")
    }
    if !isText && channels == 3 && maximum == 255 {  // As nearly all are: the pixels as they stand.
      return try Image(
        decodedWidth: width, height: height, rgb: Array(bytes[reader.position..<reader.position + needed]))
    }
    let rgb = try pixels(samples: samples, channels: channels) { () throws(ImageFault) in
      scale(
        isText ? try reader.number("a sample") : reader.binary(bytes: sampleBytes), from: maximum)
    }
    return try Image(decodedWidth: width, height: height, rgb: rgb)
  }

  private static func pixels(
    samples: Int, channels: Int, next: () throws(ImageFault) -> UInt8
  ) throws(ImageFault) -> [UInt8] {
    var rgb: [UInt8] = []
    rgb.reserveCapacity(samples / channels * 3)
    for _ in 0..<samples {
      let sample = try next()
      for _ in 0..<(channels == 1 ? 3 : 1) { rgb.append(sample) }
    }
    return rgb
  }

  /// A sample of 0...maximum as one of 0...255, rounded to the nearest, ties to even, as Pillow does.
  private static func scale(_ sample: Int, from maximum: Int) -> UInt8 {
    if maximum == 255 { return UInt8(min(sample, 255)) }
    let (quotient, remainder) = (min(sample, maximum) * 255).quotientAndRemainder(dividingBy: maximum)
    let up = 2 * remainder > maximum || (2 * remainder == maximum && quotient % 2 == 1)
    return UInt8(up ? quotient + 1 : quotient)
  }

  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var position = 2

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

    /// A decimal number below 2^31 after white space and comments, of which at least one character must come first.
    mutating func number(_ what: String) throws(ImageFault) -> Int {
      let start = position
      while position < bytes.count, isSpace(bytes[position]) || bytes[position] == UInt8(ascii: "#") {
        if bytes[position] == UInt8(ascii: "#") {
          while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
        } else {
          position += 1
        }
      }
      let first = position
      var value = 0
      while position < bytes.count, 0x30...0x39 ~= bytes[position], value < 1 << 31 {
        value = value * 10 + Int(bytes[position] - 0x30)
        position += 1
      }
      guard first > start, position > first, value < 1 << 31 else {
        throw ImageFault("it should have \(what) as a whole number at byte \(first)")
      }
      return value
    }

    /// The one white-space character that separates the header from binary samples.
    mutating func singleSpace() throws(ImageFault) {
      guard position < bytes.count, isSpace(bytes[position]) else {
        throw ImageFault("it should have a white-space character after its header, at byte \(position)")
      }
      position += 1
    }

    /// A big-endian sample of one or two bytes; the caller has checked that it is there.
    mutating func binary(bytes count: Int) -> Int {
      defer { position += count }
      return count == 1 ? Int(bytes[position]) : Int(bytes[position]) << 8 | Int(bytes[position + 1])
    }
  }
}
