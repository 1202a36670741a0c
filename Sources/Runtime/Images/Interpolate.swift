// SPDX-License-Identifier: Apache-2.0
// Resizing without antialiasing, as PyTorch does it of tensors of bytes: in single precision, the two or four nearest
// pixels of each side however far the image shrinks, the result rounded to the nearest byte, halves to even. Products are
// added without rounding between, as PyTorch's builds for AVX2 do; where the exact result is a half, the last bit of its
// sums, which depends on the build, may decide otherwise: 7 bytes of the 29,238 in the fixtures, by one.

extension Raster {
  /// The part of this raster resized to `width` x `height` that lies in `columns` and `rows`; bilinear or bicubic.
  func interpolated(
    width newWidth: Int, height newHeight: Int, _ filter: ResizeFilter, columns: Range<Int>, rows: Range<Int>
  ) -> Raster {
    let across = columns.map { Neighbours(of: $0, from: width, to: newWidth, filter) }
    var output: [UInt8] = []
    output.reserveCapacity(columns.count * rows.count * channels)
    bytes.withUnsafeBufferPointer { input in
      for row in rows {
        let down = Neighbours(of: row, from: height, to: newHeight, filter)
        for column in across {
          for channel in 0..<channels {
            let value = down.sum { y in
              column.sum { x in Float(input[(y * width + x) * channels + channel]) }
            }
            output.append(UInt8(min(max(value, 0), 255).rounded(.toNearestOrEven)))
          }
        }
      }
    }
    return Raster(width: columns.count, height: rows.count, channels: channels, bytes: output)
  }
}

/// The pixels of one side that a new one is made of, and their weights.
private struct Neighbours {
  private var places: SIMD4<Int> = .zero
  private var weights: SIMD4<Float> = .zero
  private let count: Int

  init(of output: Int, from size: Int, to newSize: Int, _ filter: ResizeFilter) {
    let scale = Float(size) / Float(newSize)
    let center = (-0.5 as Float).addingProduct(scale, Float(output) + 0.5)
    func place(_ index: Int) -> Int { min(max(index, 0), size - 1) }
    if filter == .bicubic {
      let first = center.rounded(.down)
      let t = min(max(center - first, 0), 1)
      count = 4
      for tap in 0..<4 { places[tap] = place(Int(first) - 1 + tap) }
      weights = SIMD4(outer(t + 1), inner(t), inner(1 - t), outer(2 - t))
    } else {
      let real = max(center, 0)
      let first = min(Int(real), size - 1)
      let t = min(max(real - Float(first), 0), 1)
      count = 2
      (places[0], places[1]) = (first, place(first + 1))
      (weights[0], weights[1]) = (1 - t, t)
    }
  }

  @inline(__always)
  func sum(_ value: (Int) -> Float) -> Float {
    var sum = value(places[0]) * weights[0]
    for tap in 1..<count { sum.addProduct(value(places[tap]), weights[tap]) }
    return sum
  }
}

/// Keys's cubic convolution with a = -0.75, within a pixel of the centre and beyond.
private func inner(_ x: Float) -> Float {
  let a: Float = -0.75
  return (1 as Float).addingProduct((-(a + 3)).addingProduct(a + 2, x) * x, x)
}

private func outer(_ x: Float) -> Float {
  let a: Float = -0.75
  return (-4 * a).addingProduct((8 * a).addingProduct((-5 * a).addingProduct(a, x), x), x)
}
