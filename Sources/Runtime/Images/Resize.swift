// SPDX-License-Identifier: Apache-2.0
// Resizing, bit for bit as Pillow does it, since networks are trained and scored on Pillow's pixels. A filter is
// stretched by the factor of reduction (which is what "antialiased" means), its weights are rounded to 22 bits, and
// the two sides are done one after the other, with 8-bit pixels in between: rows first, except, since Pillow 13, where
// the height loses more than twice what the width does. (Older versions differ there by a level here and there.)
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
    // A side that keeps its length is left alone, whatever the filter.
    let horizontal = newWidth == width ? nil : Taps(from: width, to: newWidth, filter, outputs: columns)
    let vertical = newHeight == height ? nil : Taps(from: height, to: newHeight, filter, outputs: rows)
    let part = cropped(columns: horizontal?.inputs ?? columns, rows: vertical?.inputs ?? rows)
    // The order matters, for there are 8-bit pixels in between.
    let columnsFirst = height > newHeight && height - newHeight > 2 * (width - newWidth)
    return columnsFirst
      ? part.columnsResampled(vertical).rowsResampled(horizontal)
      : part.rowsResampled(horizontal).columnsResampled(vertical)
  }

  /// The whole raster resized to `width` x `height`.
  package func resized(width: Int, height: Int, _ filter: ResizeFilter) -> Raster {
    resized(width: width, height: height, filter, columns: 0..<width, rows: 0..<height)
  }

  private func cropped(columns: Range<Int>, rows: Range<Int>) -> Raster {
    if columns.count == width && rows.count == height { return self }
    var output: [UInt8] = []
    output.reserveCapacity(columns.count * rows.count * channels)
    for row in rows {
      let start = row * width
      output.append(
        contentsOf: bytes[(start + columns.lowerBound) * channels..<(start + columns.upperBound) * channels])
    }
    return Raster(width: columns.count, height: rows.count, channels: channels, bytes: output)
  }

  private func rowsResampled(_ taps: Taps?) -> Raster {
    guard let taps else { return self }
    let samples = taps.count * height * channels
    let output = [UInt8](unsafeUninitializedCapacity: samples) { output, count in
      bytes.withUnsafeBufferPointer { input in
        var index = 0
        for row in 0..<height {
          for column in 0..<taps.count {
            let first = (row * width + taps.first[column]) * channels
            for channel in 0..<channels {
              output[index] = taps.sum(column, input, first + channel, stride: channels)
              index += 1
            }
          }
        }
      }
      count = samples
    }
    return Raster(width: taps.count, height: height, channels: channels, bytes: output)
  }

  private func columnsResampled(_ taps: Taps?) -> Raster {
    guard let taps else { return self }
    let rowSamples = width * channels
    let samples = taps.count * rowSamples
    let output = [UInt8](unsafeUninitializedCapacity: samples) { output, count in
      bytes.withUnsafeBufferPointer { input in
        for row in 0..<taps.count {
          for i in 0..<rowSamples {
            output[row * rowSamples + i] = taps.sum(row, input, taps.first[row] * rowSamples + i, stride: rowSamples)
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

  /// The first input pixel of each output pixel, counted from the first of `inputs`; where its weights begin and end.
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
    for index in first.indices { first[index] -= low }
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
