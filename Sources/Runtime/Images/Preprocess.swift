// SPDX-License-Identifier: Apache-2.0
// From an image to a network's input, as the evaluation pipelines of torchvision, timm, Keras and Caffe do it. Every
// rounding is theirs, so that the result is the same bit for bit.

/// How a model wants its images.
public struct Preprocess: Sendable, Equatable {
  /// What is resized to which length.
  public enum Resize: Sendable, Equatable {
    /// The short side to this length; the long one keeps the ratio, rounded down.
    case shortSide(Int)
    /// Both sides, whatever becomes of the ratio.
    case exactly(height: Int, width: Int)
    /// The largest size of the image's ratio that lies within this.
    case fit(height: Int, width: Int)
    /// The smallest size of the image's ratio that covers this.
    case cover(height: Int, width: Int)
  }

  /// A resampling filter, as Pillow names them.
  public enum Filter: String, Sendable {
    /// The pixel under the centre of the new one.
    case nearest
    /// The mean of the pixels under the new one.
    case box
    /// A triangle of radius 1.
    case bilinear
    /// A sinc of radius 1 in Hamming's window.
    case hamming
    /// The cubic convolution of Keys with a = -0.5, of radius 2; -0.75 without antialiasing, as PyTorch has it.
    case bicubic
    /// A sinc of radius 3 in the window of a wider one.
    case lanczos
  }

  /// What pixels from 0 to 255 are scaled to before means and deviations.
  public enum PixelRange: Sendable, Equatable {
    /// 0 to 1.
    case unit
    /// -1 to 1.
    case symmetric
    /// 0 to 255, as they are.
    case bytes
  }

  /// The size that the image is resized to.
  public let resize: Resize
  /// How it is resized.
  public let filter: Filter
  /// Whether the filter widens where the image shrinks. Without, `bilinear` and `bicubic` are PyTorch's of bytes.
  public let antialias: Bool
  /// The rows that the centre crop keeps.
  public let cropHeight: Int
  /// The columns that the centre crop keeps.
  public let cropWidth: Int
  /// What pixels are scaled to.
  public let range: PixelRange
  /// What is subtracted from each channel of the network after scaling. One value makes the input grey.
  public let mean: [Float]
  /// What each channel is then divided by.
  public let std: [Float]
  /// Whether blue is the first channel.
  public let isBGR: Bool
  /// Whether the image is padded to a square before it is resized, the smaller half of what is missing before it.
  public let isSquared: Bool
  /// The colour of what is padded, by the channels of the image: red first.
  public let fill: [UInt8]
  /// Whether a photograph is turned upright as its camera noted; whoever reads the file does it.
  public let orients: Bool

  /// An input pipeline of one channel (grey) or three.
  package init(
    resize: Resize, filter: Filter, cropHeight: Int, cropWidth: Int, mean: [Float], std: [Float],
    antialias: Bool = true, range: PixelRange = .unit, isBGR: Bool = false, isSquared: Bool = false,
    fill: [UInt8]? = nil, orients: Bool = false
  ) {
    precondition(cropHeight > 0 && cropWidth > 0)
    precondition(mean.count == std.count && (mean.count == 1 || mean.count == 3))
    precondition(antialias || filter == .bilinear || filter == .bicubic)
    self.resize = resize
    self.filter = filter
    self.antialias = antialias
    self.cropHeight = cropHeight
    self.cropWidth = cropWidth
    self.range = range
    self.mean = mean
    self.std = std
    self.isBGR = isBGR && mean.count == 3
    self.isSquared = isSquared
    self.fill = fill ?? Array(repeating: 0, count: mean.count)
    self.orients = orients
    precondition(self.fill.count == mean.count)
  }

  /// The number of values of one input: channels x rows x columns.
  public var count: Int { mean.count * cropHeight * cropWidth }

  /// Writes an image as one input, NCHW (all rows of a channel, then the next channel). `output` holds exactly `count`
  /// values, or `ModelError.inputSize` is thrown.
  public func apply(_ image: Image, into output: UnsafeMutableBufferPointer<Float>) throws(ModelError) {
    try apply(image, views: [.centre], into: output)
  }

  /// Writes several views of an image, one after another.
  package func apply(
    _ image: Image, views: [CropView], into output: UnsafeMutableBufferPointer<Float>
  ) throws(ModelError) {
    guard output.count == count * views.count else {
      throw .inputSize(expected: count * views.count, found: output.count)
    }
    let source = raster(image)
    let size = resizedSize(width: source.width, height: source.height)
    let values = mean.indices.map(values)
    var windows: [(columns: Range<Int>, rows: Range<Int>, pixels: Raster)] = []
    for (index, view) in views.enumerated() {
      let across = Crop(of: cropWidth, from: size.width, at: view.horizontal, isMirrored: view.isMirrored)
      let down = Crop(of: cropHeight, from: size.height, at: view.vertical, isMirrored: false)
      // Corners and their mirror images are the same pixels.
      let known = windows.first { $0.columns == across.kept && $0.rows == down.kept }?.pixels
      let pixels =
        known
        ?? source.resized(
          width: size.width, height: size.height, filter, antialias: antialias, columns: across.kept, rows: down.kept)
      if known == nil, views.count > 1 { windows.append((across.kept, down.kept, pixels)) }
      let part = UnsafeMutableBufferPointer(rebasing: output[index * count..<(index + 1) * count])
      write(pixels, values, across.padding, down.padding, isMirrored: view.isMirrored, into: part)
    }
  }

  private func write(
    _ pixels: Raster, _ values: [[Float]], _ left: Int, _ top: Int, isMirrored: Bool,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    let step = isMirrored ? -1 : 1
    for channel in values.indices {
      let stored = isBGR ? values.count - 1 - channel : channel
      let plane = UnsafeMutableBufferPointer(
        rebasing: output[channel * cropHeight * cropWidth..<(channel + 1) * cropHeight * cropWidth])
      values[channel].withUnsafeBufferPointer { values in
        pixels.bytes.withUnsafeBufferPointer { bytes in
          if pixels.width < cropWidth || pixels.height < cropHeight {
            plane.update(repeating: values[Int(fill[stored])])
          }
          for row in 0..<pixels.height {
            var target = (top + row) * cropWidth + left + (isMirrored ? pixels.width - 1 : 0)
            var index = row * pixels.width * pixels.channels + stored
            for _ in 0..<pixels.width {
              plane[target] = values[Int(bytes[index])]
              target += step
              index += pixels.channels
            }
          }
        }
      }
    }
  }

  /// What becomes of each of a pixel's 256 values in a channel of the network: in float32, and in the order of
  /// torchvision's ToTensor and Normalize or of Keras's `preprocess_input`.
  private func values(of channel: Int) -> [Float] {
    (0..<256).map { pixel in
      let value: Float =
        switch range {
        case .unit: Float(pixel) / 255
        case .symmetric: Float(pixel) / 127.5 - 1
        case .bytes: Float(pixel)
        }
      return (value - mean[channel]) / std[channel]
    }
  }

  /// The pixels in the model's channels, padded if so asked. Grey is the luma of ITU-R 601-2 in 16 bits, as Pillow's
  /// convert("L") has it.
  private func raster(_ image: Image) -> Raster {
    var raster = Raster(width: image.width, height: image.height, channels: 3, bytes: image.rgb)
    if mean.count == 1 {
      let rgb = image.rgb
      let grey = (0..<image.width * image.height).map { i in
        let (red, green, blue) = (Int(rgb[3 * i]), Int(rgb[3 * i + 1]), Int(rgb[3 * i + 2]))
        return UInt8((red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16)
      }
      raster = Raster(width: image.width, height: image.height, channels: 1, bytes: grey)
    }
    return isSquared ? raster.squared(fill: fill) : raster
  }

  private func resizedSize(width: Int, height: Int) -> (width: Int, height: Int) {
    switch resize {
    case .shortSide(let side):
      let (short, long) = (min(width, height), max(width, height))
      let newLong = Int(Double(side * long) / Double(short))
      return width <= height ? (side, newLong) : (newLong, side)
    case .exactly(let newHeight, let newWidth): return (newWidth, newHeight)
    case .fit(let newHeight, let newWidth):
      return scaled(width, height, by: max(Double(height) / Double(newHeight), Double(width) / Double(newWidth)))
    case .cover(let newHeight, let newWidth):
      return scaled(width, height, by: min(Double(height) / Double(newHeight), Double(width) / Double(newWidth)))
    }
  }

  /// As Python rounds: halves to the even neighbour. At least a pixel, where timm would fail on a sliver.
  private func scaled(_ width: Int, _ height: Int, by ratio: Double) -> (width: Int, height: Int) {
    func side(_ length: Int) -> Int {
      max(1, Int((Double(length) / ratio).rounded(.toNearestOrEven)))
    }
    return (side(width), side(height))
  }
}

/// What a crop keeps of an image, as torchvision's FiveCrop and TenCrop name it.
package struct CropView: Sendable, Equatable {
  enum Side: Sendable { case low, centre, high }
  let vertical: Side
  let horizontal: Side
  /// Of the image mirrored left to right, so that its corners are those of the mirror image.
  let isMirrored: Bool

  package static let centre = CropView(vertical: .centre, horizontal: .centre, isMirrored: false)

  /// Corners and centre, then those of the mirror image, in the order of torchvision's TenCrop.
  package static let ten = [false, true].flatMap { isMirrored in
    [(Side.low, Side.low), (.low, .high), (.high, .low), (.high, .high), (.centre, .centre)].map {
      CropView(vertical: $0, horizontal: $1, isMirrored: isMirrored)
    }
  }
}

/// A crop along one side.
private struct Crop {
  /// What is kept of the side.
  let kept: Range<Int>
  /// The pixels that come before it, where the side is shorter than the crop.
  let padding: Int

  init(of crop: Int, from size: Int, at side: CropView.Side, isMirrored: Bool) {
    if crop > size {
      padding = (crop - size) / 2
      kept = 0..<size
    } else {
      let start: Int
      switch side {
      case .low: start = 0
      case .high: start = size - crop
      case .centre:
        // Python's round(difference / 2): halves go to the even neighbour.
        let half = (size - crop) / 2
        start = half + ((size - crop) % 2 == 1 && half % 2 == 1 ? 1 : 0)
      }
      padding = 0
      let first = isMirrored ? size - crop - start : start
      kept = first..<first + crop
    }
  }
}
