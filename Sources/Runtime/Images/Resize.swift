// SPDX-License-Identifier: Apache-2.0
// Resizing, bit for bit as Pillow does it, since networks are trained and scored on Pillow's pixels. A filter is
// stretched by the factor of reduction (which is what "antialiased" means), its weights are rounded to 22 bits, and
// rows are done before columns, with 8-bit pixels in between.
//
// A window restricts the work to the pixels that a crop will keep. Each pixel is the same with or without it, and a
// sliver of 1 x 65,536 pixels, whose resized form would have billions, costs no more than its crop.

/// Pixels of one or more 8-bit channels, interleaved.
package struct Raster: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package let channels: Int
  package let bytes: [UInt8]

  /// `bytes` holds `width` x `height` x `channels` samples.
  package init(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
    precondition(bytes.count == width * height * channels)
    self.width = width
    self.height = height
    self.channels = channels
    self.bytes = bytes
  }
}

/// A resampling filter.
package enum ResizeFilter: Sendable {
  /// A triangle of radius 1.
  case bilinear
  /// The cubic convolution of Keys with a = -0.5, of radius 2.
  case bicubic

  var radius: Double { self == .bilinear ? 1 : 2 }

  /// The weight at a distance from the centre. The order of operations is Pillow's: the last bit matters.
  func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .bilinear:
      return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    }
  }
}

extension Raster {
  /// The part of this raster resized to `width` x `height` that lies in `columns` and `rows`.
  package func resized(
    width newWidth: Int, height newHeight: Int, _ filter: ResizeFilter, columns: Range<Int>, rows: Range<Int>
  ) -> Raster {
    precondition(0..<newWidth ~= columns.lowerBound && columns.upperBound <= newWidth && !columns.isEmpty)
    precondition(0..<newHeight ~= rows.lowerBound && rows.upperBound <= newHeight && !rows.isEmpty)
    let vertical = newHeight == height ? nil : Taps(from: height, to: newHeight, filter, outputs: rows)
    let horizontal = newWidth == width ? nil : Taps(from: width, to: newWidth, filter, outputs: columns)
    // Of the input, the rows that the second pass will look at.
    let needed = vertical?.inputs ?? rows
    let first = horizontal.map { resampleRows($0, needed) } ?? cropped(columns: columns, rows: needed)
    return vertical.map { first.resampleColumns($0, firstRow: needed.lowerBound) } ?? first
  }

  /// The whole raster resized to `width` x `height`.
  package func resized(width: Int, height: Int, _ filter: ResizeFilter) -> Raster {
    resized(width: width, height: height, filter, columns: 0..<width, rows: 0..<height)
  }

  private func cropped(columns: Range<Int>, rows: Range<Int>) -> Raster {
    var output: [UInt8] = []
    output.reserveCapacity(columns.count * rows.count * channels)
    for row in rows {
      let start = row * width
      output.append(
        contentsOf: bytes[(start + columns.lowerBound) * channels..<(start + columns.upperBound) * channels])
    }
    return Raster(width: columns.count, height: rows.count, channels: channels, bytes: output)
  }

  private func resampleRows(_ taps: Taps, _ rows: Range<Int>) -> Raster {
    let samples = taps.count * rows.count * channels
    let output = [UInt8](unsafeUninitializedCapacity: samples) { output, count in
      bytes.withUnsafeBufferPointer { input in
        var index = 0
        for row in rows {
          for output_x in 0..<taps.count {
            let first = (row * width + taps.first[output_x]) * channels
            for channel in 0..<channels {
              output[index] = taps.sum(output_x, input, first + channel, stride: channels)
              index += 1
            }
          }
        }
      }
      count = samples
    }
    return Raster(width: taps.count, height: rows.count, channels: channels, bytes: output)
  }

  /// Resamples columns of a raster whose row 0 is row `firstRow` to the taps.
  private func resampleColumns(_ taps: Taps, firstRow: Int) -> Raster {
    let rowSamples = width * channels
    let samples = taps.count * rowSamples
    let output = [UInt8](unsafeUninitializedCapacity: samples) { output, count in
      bytes.withUnsafeBufferPointer { input in
        for row in 0..<taps.count {
          let first = (taps.first[row] - firstRow) * rowSamples
          for i in 0..<rowSamples {
            output[row * rowSamples + i] = taps.sum(row, input, first + i, stride: rowSamples)
          }
        }
      }
      count = samples
    }
    return Raster(width: width, height: taps.count, channels: channels, bytes: output)
  }
}

/// For each output pixel along one side: which input pixels it is made of, and their weights.
private struct Taps {
  private static let precision: Int32 = 32 - 8 - 2

  /// The first input pixel of each output pixel, and where its weights begin and end.
  private(set) var first: [Int] = []
  private var starts: [Int] = [0]
  private var weights: [Int32] = []

  var count: Int { first.count }
  /// All input pixels that any output pixel needs.
  let inputs: Range<Int>

  init(from inputSize: Int, to outputSize: Int, _ filter: ResizeFilter, outputs: Range<Int>) {
    let scale = Double(inputSize) / Double(outputSize)
    let stretch = max(scale, 1)
    let radius = filter.radius * stretch
    var (low, high) = (inputSize, 0)
    for output in outputs {
      let center = (Double(output) + 0.5) * scale
      let begin = max(Int(center - radius + 0.5), 0)
      let end = min(Int(center + radius + 0.5), inputSize)
      let exact = (begin..<end).map { filter.weight((Double($0) - center + 0.5) * (1 / stretch)) }
      let sum = exact.reduce(0, +)
      for weight in exact {
        let normal = sum != 0 ? weight / sum : weight
        weights.append(Int32((normal < 0 ? -0.5 : 0.5) + normal * Double(1 << Self.precision)))
      }
      first.append(begin)
      starts.append(weights.count)
      (low, high) = (min(low, begin), max(high, end))
    }
    inputs = low..<high
  }

  /// The output pixel: the weighted sum of inputs that lie `stride` apart, rounded and clipped to 8 bits.
  @inline(__always)
  func sum(_ output: Int, _ input: UnsafeBufferPointer<UInt8>, _ start: Int, stride: Int) -> UInt8 {
    var sum: Int32 = 1 << (Self.precision - 1)
    var index = start
    for tap in starts[output]..<starts[output + 1] {
      sum &+= Int32(input[index]) &* weights[tap]
      index += stride
    }
    return UInt8(min(max(sum >> Self.precision, 0), 255))
  }
}
