// SPDX-License-Identifier: Apache-2.0
// From an image to a network's input, as torchvision's evaluation transforms do it: Resize, CenterCrop, ToTensor,
// Normalize. Every rounding is theirs, so that the result is the same bit for bit.

/// How a model wants its images.
public struct Preprocess: Sendable, Equatable {
  /// The length that the shorter side is resized to; the other side follows.
  public let resize: Int
  /// Bicubic interpolation rather than bilinear, both antialiased.
  public let bicubic: Bool
  /// The rows that the centre crop keeps.
  public let cropHeight: Int
  /// The columns that the centre crop keeps.
  public let cropWidth: Int
  /// What is subtracted from each channel after pixel values were scaled to 0...1. One value makes the input grey.
  public let mean: [Float]
  /// What each channel is then divided by.
  public let std: [Float]

  /// An input pipeline of one channel (grey) or three (red, green, blue).
  package init(resize: Int, bicubic: Bool, cropHeight: Int, cropWidth: Int, mean: [Float], std: [Float]) {
    precondition(resize > 0 && cropHeight > 0 && cropWidth > 0)
    precondition(mean.count == std.count && (mean.count == 1 || mean.count == 3))
    self.resize = resize
    self.bicubic = bicubic
    self.cropHeight = cropHeight
    self.cropWidth = cropWidth
    self.mean = mean
    self.std = std
  }

  /// The number of values of one input: channels x rows x columns.
  public var count: Int { mean.count * cropHeight * cropWidth }

  /// Writes an image as one input, NCHW (all rows of a channel, then the next channel). `output` holds exactly `count`
  /// values, or `ModelError.inputSize` is thrown.
  public func apply(_ image: Image, into output: UnsafeMutableBufferPointer<Float>) throws(ModelError) {
    guard output.count == count else { throw .inputSize(expected: count, found: output.count) }
    let source = raster(image)
    let size = resizedSize(width: image.width, height: image.height)
    let across = Crop(of: cropWidth, from: size.width)
    let down = Crop(of: cropHeight, from: size.height)
    let pixels = source.resized(
      width: size.width, height: size.height, bicubic ? .bicubic : .bilinear, columns: across.kept, rows: down.kept)

    for channel in mean.indices {
      // A pixel has 256 values: what ToTensor and Normalize make of each, in float32 and in their order.
      let values = (0..<256).map { (Float($0) / 255 - mean[channel]) / std[channel] }
      let plane = UnsafeMutableBufferPointer(
        rebasing: output[channel * cropHeight * cropWidth..<(channel + 1) * cropHeight * cropWidth])
      if pixels.width < cropWidth || pixels.height < cropHeight { plane.update(repeating: values[0]) }
      for row in 0..<pixels.height {
        let target = (down.padding + row) * cropWidth + across.padding
        for column in 0..<pixels.width {
          plane[target + column] = values[Int(pixels.bytes[(row * pixels.width + column) * pixels.channels + channel])]
        }
      }
    }
  }

  /// The pixels in the model's channels. Grey is the luma of ITU-R 601-2 in 16 bits, as Pillow's convert("L") has it.
  private func raster(_ image: Image) -> Raster {
    guard mean.count == 1 else {
      return Raster(width: image.width, height: image.height, channels: 3, bytes: image.rgb)
    }
    let rgb = image.rgb
    let grey = (0..<image.width * image.height).map { i in
      let (red, green, blue) = (Int(rgb[3 * i]), Int(rgb[3 * i + 1]), Int(rgb[3 * i + 2]))
      return UInt8((red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16)
    }
    return Raster(width: image.width, height: image.height, channels: 1, bytes: grey)
  }

  /// The shorter side becomes `resize`, the longer keeps the ratio, rounded down.
  private func resizedSize(width: Int, height: Int) -> (width: Int, height: Int) {
    let (short, long) = (min(width, height), max(width, height))
    let newLong = Int(Double(resize * long) / Double(short))
    return width <= height ? (resize, newLong) : (newLong, resize)
  }
}

/// A centre crop along one side.
private struct Crop {
  /// What is kept of the side.
  let kept: Range<Int>
  /// The black pixels that come before it, where the side is shorter than the crop.
  let padding: Int

  init(of crop: Int, from size: Int) {
    if crop > size {
      padding = (crop - size) / 2
      kept = 0..<size
    } else {
      // Python's round(difference / 2): halves go to the even neighbour.
      let half = (size - crop) / 2
      let start = half + ((size - crop) % 2 == 1 && half % 2 == 1 ? 1 : 0)
      padding = 0
      kept = start..<start + crop
    }
  }
}
