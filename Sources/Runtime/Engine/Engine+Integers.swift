// SPDX-License-Identifier: Apache-2.0
// Whole numbers on their way into the arena and out of it.

extension Engine {
  /// Of each layer's value, what its whole numbers are multiplied with.
  var valueScales: UnsafePointer<Float> { weights.base + steps[0].ownWeights }

  /// A layer's value of one image, as floats; NCHW.
  func unpackIntegers(
    _ layer: Int, _ image: Int, from memory: WorkspaceMemory, into output: UnsafeMutablePointer<Float>
  ) {
    // Halves come as their bits.
    let isHalf = places[layer].number == .float16
    let scale = isHalf ? 1 : valueScales[layer]
    var at = 0
    forEachInteger(of: layer, image, memory) { number in
      output[at] = isHalf ? floatFromHalf(UInt16(bitPattern: number)) : Float(number) * scale
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
            let byte = pixel.load(fromByteOffset: lane, as: UInt8.self)
            let stored = place.words == .signedBytes ? Int16(Int8(bitPattern: byte)) : Int16(byte)
            body(stored - Int16(place.storedOffset))
          } else {
            body(pixel.load(fromByteOffset: 2 * lane, as: Int16.self))
          }
        }
      }
    }
  }
}
