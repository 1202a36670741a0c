// SPDX-License-Identifier: Apache-2.0
// Exact sums of products of 8-bit integers, the plain way but for what makes it fast enough for whole networks: channels
// innermost, so that a sum runs along memory, and numbers as 16 bits, which compilers multiply and add in pairs.

/// One term of a sum, ready to be computed.
struct IntegerConvolution: Sendable {
  private let term: ConvolutionTerm
  /// `[output channel][row][column][input channel of its group]`.
  private let weights: [Int16]
  private let outChannels: Int

  /// - Parameter weights: `[output channel][input channel of its group][row][column]`.
  init(_ term: ConvolutionTerm, _ weights: [Int8], outChannels: Int) {
    self.term = term
    self.outChannels = outChannels
    let (depth, area) = (term.groupChannels, term.kernelHeight * term.kernelWidth)
    self.weights = [Int16](unsafeUninitializedCapacity: weights.count) { turned, count in
      for channel in 0..<outChannels {
        for tap in 0..<area {
          for input in 0..<depth {
            turned[(channel * area + tap) * depth + input] = Int16(weights[(channel * depth + input) * area + tap])
          }
        }
      }
      count = weights.count
    }
  }

  /// Adds its products to the sums of all output channels and pixels.
  func add(_ input: [Int16], _ from: LayerShape, into sums: inout [Int32], _ to: LayerShape) {
    let (depth, area) = (term.groupChannels, term.kernelHeight * term.kernelWidth)
    let length = depth * area
    let pixels = to.height * to.width
    let turned = channelsInnermost(input, from)
    let tile = 16
    var patches = [Int16](repeating: 0, count: tile * length)
    let outGroup = outChannels / term.groups
    sums.withUnsafeMutableBufferPointer { sums in
      weights.withUnsafeBufferPointer { weights in
        turned.withUnsafeBufferPointer { turned in
          patches.withUnsafeMutableBufferPointer { patches in
            guard let sums = sums.baseAddress, let weights = weights.baseAddress, let turned = turned.baseAddress,
              let patches = patches.baseAddress
            else { return }
            for group in 0..<term.groups {
              var first = 0
              while first < pixels {
                let count = min(tile, pixels - first)
                for index in 0..<count {
                  read(turned + group * depth, from, first + index, to, into: patches + index * length)
                }
                for channel in group * outGroup..<(group + 1) * outGroup {
                  let row = weights + channel * length
                  let out = sums + channel * pixels + first
                  var index = 0
                  while index + 4 <= count {
                    addProducts(row, patches + index * length, length, to: out + index)
                    index += 4
                  }
                  while index < count {
                    out[index] &+= sumOfProducts(row, patches + index * length, length)
                    index += 1
                  }
                }
                first += count
              }
            }
          }
        }
      }
    }
  }

  /// What the window of an output pixel sees of a group's channels; zeros beyond the map.
  private func read(
    _ input: UnsafePointer<Int16>, _ from: LayerShape, _ pixel: Int, _ to: LayerShape,
    into patch: UnsafeMutablePointer<Int16>
  ) {
    let depth = term.groupChannels
    let (top, left) = (
      pixel / to.width * term.stride.rows - term.padding.top, pixel % to.width * term.stride.columns - term.padding.left
    )
    var out = patch
    for row in 0..<term.kernelHeight {
      let y = top + row * term.dilation
      for column in 0..<term.kernelWidth {
        let x = left + column * term.dilation
        if y >= 0, y < from.height, x >= 0, x < from.width {
          out.update(from: input + (y * from.width + x) * from.channels, count: depth)
        } else {
          out.update(repeating: 0, count: depth)
        }
        out += depth
      }
    }
  }
}

/// From channel, row, column to row, column, channel.
private func channelsInnermost(_ values: [Int16], _ shape: LayerShape) -> [Int16] {
  let pixels = shape.height * shape.width
  guard pixels > 1 else { return values }
  return [Int16](unsafeUninitializedCapacity: values.count) { turned, count in
    values.withUnsafeBufferPointer { values in
      for channel in 0..<shape.channels {
        for pixel in 0..<pixels { turned[pixel * shape.channels + channel] = values[channel * pixels + pixel] }
      }
    }
    count = values.count
  }
}

@inline(__always)
private func sumOfProducts(_ a: UnsafePointer<Int16>, _ b: UnsafePointer<Int16>, _ count: Int) -> Int32 {
  var sum: Int32 = 0
  for index in 0..<count { sum &+= Int32(a[index]) &* Int32(b[index]) }
  return sum
}

/// The same of four patches, one behind another, so that each weight is loaded once for all.
@inline(__always)
private func addProducts(
  _ weights: UnsafePointer<Int16>, _ patches: UnsafePointer<Int16>, _ length: Int,
  to out: UnsafeMutablePointer<Int32>
) {
  let (b, c, d) = (patches + length, patches + 2 * length, patches + 3 * length)
  var (s0, s1, s2, s3): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
  for index in 0..<length {
    let weight = Int32(weights[index])
    s0 &+= weight &* Int32(patches[index])
    s1 &+= weight &* Int32(b[index])
    s2 &+= weight &* Int32(c[index])
    s3 &+= weight &* Int32(d[index])
  }
  out[0] &+= s0
  out[1] &+= s1
  out[2] &+= s2
  out[3] &+= s3
}
