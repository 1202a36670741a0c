// SPDX-License-Identifier: Apache-2.0
// Resizing, bit for bit as Pillow does it, since networks are trained and scored on Pillow's pixels. A filter is
// stretched by the factor of reduction (which is what "antialiased" means), its weights are rounded to 22 bits, and
// the two sides are done one after the other, with 8-bit pixels in between: rows first, except, since Pillow 13, where
// the height loses more than twice what the width does. (Older versions differ there by a level here and there.)
//
// A window restricts the work to the pixels that a crop will keep. Each pixel is the same with or without it, and a
// sliver of 1 x 65,536 pixels, whose resized form would have billions, costs no more than its crop.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A resampling filter.
package typealias ResizeFilter = Preprocess.Filter

extension Preprocess.Filter {
  fileprivate var radius: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The weight at a distance from the centre. The order of operations is Pillow's: the last bit matters.
  fileprivate func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .nearest, .box:
      return distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .bilinear:
      return x < 1 ? 1 - x : 0
    case .hamming:
      if x == 0 { return 1 }
      if x >= 1 { return 0 }
      let angle = x * .pi
      return sin(angle) / angle * (Double(0.54 as Float) + Double(0.46 as Float) * cos(angle))
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    case .lanczos:
      return -3 <= distance && distance < 3 ? sinc(distance) * sinc(distance / 3) : 0
    }
  }
}

private func sinc(_ x: Double) -> Double {
  if x == 0 { return 1 }
  let angle = x * .pi
  return sin(angle) / angle
}

extension Raster {
  /// The part of this raster resized to `width` x `height` that lies in `columns` and `rows`.
  ///
  /// - Parameter antialias: `false` for PyTorch's bilinear and bicubic of bytes.
  package func resized(
    width newWidth: Int, height newHeight: Int, _ filter: ResizeFilter, antialias: Bool = true, columns: Range<Int>,
    rows: Range<Int>
  ) -> Raster {
    precondition(0..<newWidth ~= columns.lowerBound && columns.upperBound <= newWidth && !columns.isEmpty)
    precondition(0..<newHeight ~= rows.lowerBound && rows.upperBound <= newHeight && !rows.isEmpty)
    if newWidth == width && newHeight == height { return cropped(columns: columns, rows: rows) }
    if filter == .nearest { return picked(width: newWidth, height: newHeight, columns: columns, rows: rows) }
    if !antialias {
      return interpolated(width: newWidth, height: newHeight, filter, columns: columns, rows: rows)
    }
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
  package func resized(width: Int, height: Int, _ filter: ResizeFilter, antialias: Bool = true) -> Raster {
    resized(
      width: width, height: height, filter, antialias: antialias, columns: 0..<width, rows: 0..<height)
  }

  /// The pixel under the centre of each new one.
  private func picked(width newWidth: Int, height newHeight: Int, columns: Range<Int>, rows: Range<Int>) -> Raster {
    /// Pillow adds the step again and again, and so does this: the sum's last bit decides where a centre meets an edge.
    func sources(_ size: Int, _ newSize: Int, _ wanted: Range<Int>) -> [Int] {
      let step = Double(size) / Double(newSize)
      var at = step * 0.5
      var result: [Int] = []
      for index in 0..<wanted.upperBound {
        if index >= wanted.lowerBound { result.append(min(Int(at), size - 1)) }
        at += step
      }
      return result
    }
    let across = sources(width, newWidth, columns)
    var output: [UInt8] = []
    output.reserveCapacity(columns.count * rows.count * channels)
    for row in sources(height, newHeight, rows) {
      for column in across {
        let first = (row * width + column) * channels
        for channel in 0..<channels { output.append(bytes[first + channel]) }
      }
    }
    return Raster(width: columns.count, height: rows.count, channels: channels, bytes: output)
  }

  private func rowsResampled(_ taps: Taps?) -> Raster {
    guard let taps else { return self }
    let samples = taps.count * height * channels
    let output = [UInt8](unsafeUninitializedCapacity: samples) { output, count in
      bytes.withUnsafeBufferPointer { input in
        taps.withPointers { taps in
          for row in 0..<height {
            let source = UnsafeBufferPointer(rebasing: input[row * width * channels..<(row + 1) * width * channels])
            let target = row * taps.count * channels
            if channels == 3 {
              taps.resampleColours(source, into: output.baseAddress! + target)
            } else {
              taps.resample(source, channels: channels, into: output.baseAddress! + target)
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
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: rowSamples) { sums in
        bytes.withUnsafeBufferPointer { input in
          taps.withPointers { taps in
            for row in 0..<taps.count {
              taps.sumRows(row, input.baseAddress! + taps.first[row] * rowSamples, sums)
              let target = output.baseAddress! + row * rowSamples
              for i in 0..<rowSamples { target[i] = TapPointers.byte(sums[i]) }
            }
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
  /// The first input pixel of each output pixel, counted from the first of `inputs`; where its weights begin and end.
  private var first: [Int] = []
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
        weights.append(Int32((normal < 0 ? -0.5 : 0.5) + normal * Double(1 << TapPointers.precision)))
      }
      first.append(begin)
      starts.append(weights.count)
      (low, high) = (min(low, begin), max(high, end))
    }
    inputs = low..<high
    for index in first.indices { first[index] -= low }
  }

  func withPointers(_ body: (TapPointers) -> Void) {
    first.withUnsafeBufferPointer { first in
      starts.withUnsafeBufferPointer { starts in
        weights.withUnsafeBufferPointer { weights in
          body(TapPointers(first: first, starts: starts, weights: weights))
        }
      }
    }
  }
}

/// The same for inner loops, which pay for every look at an array's bounds.
private struct TapPointers {
  static let precision: Int32 = 32 - 8 - 2

  let first: UnsafeBufferPointer<Int>
  let starts: UnsafeBufferPointer<Int>
  let weights: UnsafeBufferPointer<Int32>

  var count: Int { first.count }

  /// A sum of products with weights, rounded and clipped to 8 bits.
  @inline(__always)
  static func byte(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(sum >> precision, 0), 255))
  }

  /// A row of pixels of three channels: each pixel's weight is loaded once for all three.
  func resampleColours(_ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutablePointer<UInt8>) {
    guard let source = source.baseAddress, let weights = weights.baseAddress else { return }
    for column in 0..<count {
      let half: Int32 = 1 << (Self.precision - 1)
      var (red, green, blue) = (half, half, half)
      var pixel = source + 3 * first[column]
      for tap in starts[column]..<starts[column + 1] {
        let weight = weights[tap]
        red &+= Int32(pixel[0]) &* weight
        green &+= Int32(pixel[1]) &* weight
        blue &+= Int32(pixel[2]) &* weight
        pixel += 3
      }
      target[3 * column] = Self.byte(red)
      target[3 * column + 1] = Self.byte(green)
      target[3 * column + 2] = Self.byte(blue)
    }
  }

  /// A row of pixels of any number of channels.
  func resample(_ source: UnsafeBufferPointer<UInt8>, channels: Int, into target: UnsafeMutablePointer<UInt8>) {
    for column in 0..<count {
      for channel in 0..<channels {
        var sum: Int32 = 1 << (Self.precision - 1)
        var index = first[column] * channels + channel
        for tap in starts[column]..<starts[column + 1] {
          sum &+= Int32(source[index]) &* weights[tap]
          index += channels
        }
        target[column * channels + channel] = Self.byte(sum)
      }
    }
  }

  /// The sums of an output row: whole input rows are added one after another, which vectors do.
  func sumRows(_ row: Int, _ source: UnsafePointer<UInt8>, _ sums: UnsafeMutableBufferPointer<Int32>) {
    guard let sum = sums.baseAddress else { return }
    sums.initialize(repeating: 1 << (Self.precision - 1))
    var line = source
    for tap in starts[row]..<starts[row + 1] {
      let weight = weights[tap]
      for i in 0..<sums.count { sum[i] &+= Int32(line[i]) &* weight }
      line += sums.count
    }
  }
}
