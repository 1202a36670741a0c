// SPDX-License-Identifier: Apache-2.0
// A decoded image, as every reader here produces it and as the preprocessing takes it.

/// An image of 8-bit RGB pixels.
public struct Image: Sendable, Equatable {
  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The pixels: rows from top to bottom, each from left to right, three bytes (red, green, blue) a pixel.
  public let rgb: [UInt8]

  /// The longest side that is accepted.
  public static let maximumSide = 65_536
  /// The largest number of pixels that is accepted: 400 MB of RGB.
  public static let maximumPixels = 1 << 27

  /// An image of `width` x `height` pixels; `rgb` holds exactly three bytes for each. Throws `ModelError.imageSize` if
  /// it does not, or if a side is below 1 or above `maximumSide`, or the image above `maximumPixels`.
  public init(width: Int, height: Int, rgb: [UInt8]) throws(ModelError) {
    guard Image.accepts(width: width, height: height), rgb.count == width * height * 3 else {
      throw .imageSize(width: width, height: height, bytes: rgb.count)
    }
    self.width = width
    self.height = height
    self.rgb = rgb
  }

  /// How the bytes of a pixel lie in a buffer; alpha is dropped, not blended.
  public enum PixelFormat: Sendable {
    /// Three bytes: red, green, blue.
    case rgb
    /// Four: red, green, blue, alpha.
    case rgba
    /// Four: blue, green, red, alpha, as cameras and screens have it.
    case bgra

    /// Bytes of a pixel.
    public var size: Int { self == .rgb ? 3 : 4 }
  }

  /// Copies an image out of a buffer whose rows begin `rowBytes` apart; without it they follow one another. Throws
  /// `ModelError.imageSize` where the buffer is too short for that, rows overlap, or the size is out of range.
  public init(
    _ pixels: UnsafeRawBufferPointer, _ format: PixelFormat, width: Int, height: Int, rowBytes: Int? = nil
  ) throws(ModelError) {
    let wrong = ModelError.imageSize(width: width, height: height, bytes: pixels.count)
    guard Image.accepts(width: width, height: height) else { throw wrong }
    let row = width * format.size
    let pitch = rowBytes ?? row
    guard pitch >= row, pixels.count >= row, height == 1 || pitch <= (pixels.count - row) / (height - 1) else {
      throw wrong
    }
    let (red, blue) = format == .bgra ? (2, 0) : (0, 2)
    self.width = width
    self.height = height
    rgb = [UInt8](unsafeUninitializedCapacity: width * height * 3) { output, count in
      for y in 0..<height {
        for x in 0..<width {
          let pixel = y * pitch + x * format.size
          output[count] = pixels[pixel + red]
          output[count + 1] = pixels[pixel + 1]
          output[count + 2] = pixels[pixel + blue]
          count += 3
        }
      }
    }
  }

  /// Decodes the bytes of an image file, of any kind that `init(contentsOf:)` reads. Throws `ModelError.badImage`.
  public init(_ file: [UInt8]) throws(ModelError) {
    let result = file.withUnsafeBytes { bytes in
      do throws(ImageFault) {
        return Result<Image, ImageFault>.success(try Image(decoding: bytes))
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let image): self = image
    case .failure(let fault): throw .badImage(path: "in memory", reason: fault.reason)
    }
  }

  /// Whether an image of this size may be allocated.
  package static func accepts(width: Int, height: Int) -> Bool {
    1...maximumSide ~= width && 1...maximumSide ~= height && width <= maximumPixels / height
  }
}
