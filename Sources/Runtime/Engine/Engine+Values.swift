// SPDX-License-Identifier: Apache-2.0
// Values on their way into the arena and out of it: NCHW outside, inside as a plan lays them out.

import ResNetCPU

/// The images of a call, NCHW, one after another. What is left of the batch is zeros.
struct InputImages {
  let pixels: UnsafePointer<Float>
  let count: Int
}

extension Engine {
  /// How many images so many values are: from one to a batch.
  package func imageCount(_ values: Int) throws(ModelError) -> Int {
    let count = values / inputShape.count
    guard 1...batch ~= count, values == count * inputShape.count else {
      throw .inputSize(expected: batch * inputShape.count, found: values)
    }
    return count
  }

  /// The images of a call.
  func images(
    _ input: UnsafeBufferPointer<Float>, for workspace: borrowing Workspace
  ) throws(ModelError) -> InputImages {
    guard workspace.owner === self else { throw .foreignWorkspace }
    let count = try imageCount(input.count)
    guard let pixels = input.baseAddress else {
      throw .inputSize(expected: batch * inputShape.count, found: 0)
    }
    return InputImages(pixels: pixels, count: count)
  }

  /// Pieces of the copying in that threads may share: rows of blocks of channels, or of channels where those are planes.
  var inputUnits: Int { batch * places[0].blocks * places[0].shape.height }

  /// Copies units `begin ..< end` of the images into the arena. The halo around them is zeroed by whoever has the row
  /// before it, so that each float is written once.
  func load(_ images: InputImages, into memory: WorkspaceMemory, _ begin: Int, _ end: Int) {
    let place = places[0]
    let (channels, height, width) = (place.shape.channels, place.shape.height, place.shape.width)
    for unit in begin..<end {
      let row = unit % height
      let block = unit / height % place.blocks
      let image = unit / (height * place.blocks)
      let map = memory.arena + place.offset + image * place.imagePitch + block * place.blockPitch
      let zero = place.zeroWord
      if row == 0 { map.update(repeating: zero, count: place.origin) }
      let to = map + place.origin + row * place.rowPitch
      // The image's channels lie one after another.
      let first = block * place.lanes
      let line = images.pixels + ((image * channels + first) * height + row) * width
      if image >= images.count {
        to.update(repeating: zero, count: width * place.pixelPitch)
      } else if place.number.isQuantized {
        resnet_quantize_row(
          line, height * width, width, valueScales[0], Float(place.storedOffset), to,
          min(place.lanes, channels - first),
          place.wordChannels)
      } else if place.number == .float16 {
        resnet_halve_row(line, height * width, width, to, min(place.lanes, channels - first))
      } else if place.lanes == 1 {
        to.update(from: line, count: width)
      } else {
        to.update(repeating: 0, count: width * place.lanes)
        for lane in 0..<min(place.lanes, channels - first) {
          for column in 0..<width { to[column * place.lanes + lane] = line[lane * height * width + column] }
        }
      }
      let after = to + width * place.pixelPitch
      let next = row == height - 1 ? map + place.blockPitch : to + place.rowPitch
      after.update(repeating: zero, count: next - after)
    }
  }

  /// Copies a layer's value out of the arena, as NCHW.
  ///
  /// - Parameters:
  ///   - start: where the first image's begins in `output`.
  ///   - pitch: from one image's to the next one's; the value's own size if `nil`.
  ///   - images: of how many; of the whole batch if `nil`.
  func unpack(
    layer: Int, from workspace: borrowing Workspace, into output: UnsafeMutableBufferPointer<Float>,
    at start: Int = 0, pitch: Int? = nil, images: Int? = nil
  ) {
    guard let output = output.baseAddress else { return }
    let place = places[layer]
    guard place.number == .float32 else {
      let images = images ?? batch
      for image in 0..<images {
        unpackIntegers(
          layer, image, from: workspace.memory, into: output + start + image * (pitch ?? place.shape.count))
      }
      return
    }
    let value = workspace.memory.arena + place.offset + place.origin
    let (height, width, lanes) = (place.shape.height, place.shape.width, place.lanes)
    let (rowPitch, blockPitch) = (place.rowPitch, place.blockPitch)
    place.order.slots.withUnsafeBufferPointer { slots in
      for image in 0..<(images ?? batch) {
        let from = value + image * place.imagePitch
        var to = output + (start + image * (pitch ?? place.shape.count))
        var channel = 0
        while channel < slots.count {
          // Channels of one block that lie lane by lane.
          let (block, lane) = slots[channel].quotientAndRemainder(dividingBy: lanes)
          var count = 1
          while lane + count < lanes, channel + count < slots.count, slots[channel + count] == slots[channel] + count {
            count += 1
          }
          let pixel = from + block * blockPitch + lane
          if height * width == 1 {
            to.update(from: pixel, count: count)
            to += count
          } else {
            for plane in pixel..<pixel + count {
              for row in 0..<height {
                for column in 0..<width { to[column] = plane[row * rowPitch + column * lanes] }
                to += width
              }
            }
          }
          channel += count
        }
      }
    }
  }
}
