// SPDX-License-Identifier: Apache-2.0
// F(4x4, 3x3) of integers the plain way, tile by tile, as docs/quantization.md defines it: what kernels are held against.

/// One convolution, ready to be computed.
struct IntegerWinograd: Sendable {
  let numbers: QuantizedWinograd
  let term: ConvolutionTerm

  /// What is before the residual is added, in the value's own numbers.
  func values(_ input: [Int16], _ from: LayerShape, _ to: LayerShape) -> [Float] {
    let (tile, positions) = (QuantizedWinograd.tile, QuantizedWinograd.positions)
    var values = [Float](repeating: 0, count: to.count)
    var tiles = [Int16](repeating: 0, count: positions * from.channels)
    var products = [Float](repeating: 0, count: positions)
    for top in stride(from: 0, to: to.height, by: tile) {
      for left in stride(from: 0, to: to.width, by: tile) {
        for channel in 0..<from.channels {
          let map = input[channel * from.height * from.width..<(channel + 1) * from.height * from.width]
          let transformed = transform(map, from, top - term.padding.top, left - term.padding.left)
          for position in 0..<positions { tiles[position * from.channels + channel] = transformed[position] }
        }
        for channel in 0..<to.channels {
          for position in 0..<positions {
            let place = channel * positions + position
            products[position] = Float(sum(place, tiles, position, from.channels)) * numbers.factors[place]
          }
          let outputs = Self.output(products)
          for i in 0..<min(tile, to.height - top) {
            for j in 0..<min(tile, to.width - left) {
              values[(channel * to.height + top + i) * to.width + left + j] =
                outputs[i * tile + j] + numbers.bias[channel]
            }
          }
        }
      }
    }
    return values
  }

  /// B transposed, the pixels, B; zeros beyond the map.
  private func transform(_ map: ArraySlice<Int16>, _ from: LayerShape, _ top: Int, _ left: Int) -> [Int16] {
    let size = QuantizedWinograd.size
    var pixels = [Int32](repeating: 0, count: size * size)
    for i in max(0, -top)..<max(0, -top, min(size, from.height - top)) {
      for j in max(0, -left)..<max(0, -left, min(size, from.width - left)) {
        pixels[i * size + j] = Int32(map[map.startIndex + (top + i) * from.width + left + j])
      }
    }
    var columns = [Int32](repeating: 0, count: size * size)
    var result = [Int16](repeating: 0, count: size * size)
    for (i, row) in QuantizedWinograd.input.enumerated() {
      for j in 0..<size {
        for k in 0..<size { columns[i * size + j] += row[k] * pixels[k * size + j] }
      }
      for (j, row) in QuantizedWinograd.input.enumerated() {
        var sum: Int32 = 0
        for k in 0..<size { sum += row[k] * columns[i * size + k] }
        result[i * size + j] = Int16(sum)
      }
    }
    return result
  }

  /// Of products over all input channels.
  private func sum(_ place: Int, _ tiles: [Int16], _ position: Int, _ channels: Int) -> Int32 {
    numbers.filters.withUnsafeBufferPointer { filters in
      tiles.withUnsafeBufferPointer { tiles in
        var sum: Int32 = 0
        for channel in 0..<channels {
          sum &+= Int32(filters[place * channels + channel]) &* Int32(tiles[position * channels + channel])
        }
        return sum
      }
    }
  }

  /// A transposed, the products, A: columns, then rows. Each sum is rounded by itself, each product is exact.
  private static func output(_ z: [Float]) -> [Float] {
    let (tile, size) = (QuantizedWinograd.tile, QuantizedWinograd.size)
    func axis(_ x: [Float]) -> [Float] {
      let (s, d) = (x[1] + x[2], x[1] - x[2])
      let (t, e) = (x[3] + x[4], x[3] - x[4])
      return [(x[0] + s) + t, d + 2 * e, s + 4 * t, (d + x[5]) + 8 * e]
    }
    let columns = (0..<size).map { j in axis((0..<size).map { z[$0 * size + j] }) }
    return (0..<tile).flatMap { i in axis((0..<size).map { columns[$0][i] }) }
  }
}
