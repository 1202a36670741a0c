// SPDX-License-Identifier: Apache-2.0
// Whole numbers on their way into the arena and out of it.

extension Engine {
  /// Of each layer's value, what its whole numbers are multiplied with.
  var valueScales: UnsafePointer<Float> { weights.base + steps[0].ownWeights }

  /// A layer's value of one image, as floats; NCHW.
  func unpackIntegers(
    _ layer: Int, _ image: Int, from memory: WorkspaceMemory, into output: UnsafeMutablePointer<Float>
  ) {
    let scale = valueScales[layer]
    var at = 0
    forEachInteger(of: layer, image, memory) { number in
      output[at] = Float(number) * scale
      at += 1
    }
  }

  /// The whole numbers themselves.
  func integers(of layer: Int, _ image: Int, in memory: WorkspaceMemory) -> [Int16] {
    var result: [Int16] = []
    result.reserveCapacity(places[layer].shape.count)
    forEachInteger(of: layer, image, memory) { result.append($0) }
    return result
  }

  private func forEachInteger(
    of layer: Int, _ image: Int, _ memory: WorkspaceMemory, _ body: (Int16) -> Void
  ) {
    let place = places[layer]
    let value = UnsafeRawPointer(memory.arena + place.offset + place.origin + image * place.imagePitch)
    let size = 4 / place.wordChannels
    for slot in place.order.slots {
      let (block, lane) = slot.quotientAndRemainder(dividingBy: place.lanes)
      for row in 0..<place.shape.height {
        for column in 0..<place.shape.width {
          let pixel = value + (block * place.blockPitch + row * place.rowPitch + column * place.pixelPitch) * 4
          if size == 1 {
            body(Int16(pixel.load(fromByteOffset: lane, as: UInt8.self)) - (place.hasOffset ? 128 : 0))
          } else {
            body(pixel.load(fromByteOffset: 2 * lane, as: Int16.self))
          }
        }
      }
    }
  }
}

/// A row of the image as whole numbers: `clamp(rint(x / scale))` of each channel, those of a pixel beside one another.
///
/// - Parameters:
///   - line: of the first channel of the block; those of the others are `plane` floats apart.
///   - channels: of the block.
func quantizeRow(
  _ line: UnsafePointer<Float>, _ plane: Int, _ channels: Int, _ place: ValuePlace, scale: Float,
  to row: UnsafeMutablePointer<Float>
) {
  typealias V = SIMD16<Float>
  // From 2^23 on floats are whole: the sum rounds, and its last bits count up from those of 1.5 times 2^23.
  let whole = V(repeating: 0x1.8p23 + (place.hasOffset ? 128 : 0))
  let (lowest, largest, divisor) = (V(repeating: -128), V(repeating: 127), V(repeating: scale))
  let bits = UInt32(32 / place.wordChannels)
  let mask = SIMD16<UInt32>(repeating: bits == 8 ? 0xFF : 0xFFFF)
  let pitch = place.pixelPitch
  let zero = place.zeroWord.bitPattern
  var column = 0
  while column < place.shape.width {
    let count = min(16, place.shape.width - column)
    for word in 0..<pitch {
      var words = SIMD16<UInt32>(repeating: 0)
      for part in 0..<place.wordChannels {
        let channel = word * place.wordChannels + part
        let shift = SIMD16<UInt32>(repeating: UInt32(part) * bits)
        guard channel < channels else {
          words |= SIMD16<UInt32>(repeating: zero) & (mask &<< shift)
          continue
        }
        let from = line + channel * plane + column
        var x = V.zero
        if count == 16 {
          x = UnsafeRawPointer(from).loadUnaligned(as: V.self)
        } else {
          for index in 0..<count { x[index] = from[index] }
        }
        x = (x / divisor).clamped(lowerBound: lowest, upperBound: largest) + whole
        words |= (unsafeBitCast(x, to: SIMD16<UInt32>.self) & mask) &<< shift
      }
      for index in 0..<count { row[(column + index) * pitch + word] = Float(bitPattern: words[index]) }
    }
    column += count
  }
}
