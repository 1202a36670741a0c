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

  /// Whether an image of this size may be allocated.
  package static func accepts(width: Int, height: Int) -> Bool {
    1...maximumSide ~= width && 1...maximumSide ~= height && width <= maximumPixels / height
  }
}
