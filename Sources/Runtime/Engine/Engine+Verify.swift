// SPDX-License-Identifier: Apache-2.0
// The kernels held against the plain network (`LayerKind.value`: NCHW, one loop inside the other, double precision, no
// fusion but what the layer table says), layer by layer: where they part, the first layer that is off names the kernel
// at fault.

/// How far one layer's value is from the plain network's.
package struct LayerError: Sendable {
  package let name: String
  package let shape: LayerShape
  /// The largest difference over all images of the batch, divided by the layer's largest magnitude.
  package let relative: Double
  package let magnitude: Double
  /// What it may be off where nothing may: layers of floats in a plan of whole numbers.
  package var allowance = 0.0
}

extension Engine {
  /// Runs one batch both ways, and compares every value that is in memory. The plain network reads only its own values,
  /// so errors add up as they do in use.
  ///
  /// - Parameter weights: where this engine's weights came from.
  package func verify(weights: String, seed: UInt64 = 1) throws(ModelError) -> [LayerError] {
    let tensors = PlainTensors(source: try WeightSource(weights))
    let pixels = try AlignedBuffer(count: batch * inputShape.count)
    RandomTensors(seed: seed).fill(
      pixels.floats, name: "input", shape: [batch, inputShape.channels, inputShape.height, inputShape.width])
    let workspace = try makeWorkspace()
    // Whatever a kernel reads without anybody having written it shows.
    workspace.buffer.floats.update(repeating: .nan)
    load(try images(UnsafeBufferPointer(pixels.floats), for: workspace), into: workspace.memory, 0, inputUnits)

    var lastUse = [Int](repeating: layers.count, count: layers.count)
    for (index, layer) in layers.enumerated() {
      for input in layer.inputs { lastUse[input] = index }
    }
    var plain = [[[Double]]](repeating: [], count: layers.count)
    var errors: [LayerError] = []
    for index in layers.indices {
      let inputs = layers[index].inputs
      for image in 0..<batch {
        let size = inputShape.count
        let pixels = pixels.floats[image * size..<(image + 1) * size].map { Double($0) }
        let values = inputs.isEmpty ? [pixels] : inputs.map { plain[$0][image] }
        plain[index].append(try layers[index].kind.value(values, layers.shapes(around: index), tensors))
      }
      if steps[index].kernel >= 0 { callAlone(steps[index], workspace.memory) }
      // A convolution that a pool computes is compared in what the pool makes of it.
      if index == 0 || steps[index].kernel >= 0 { errors.append(try compare(layer: index, plain[index], workspace)) }
      for input in inputs where lastUse[input] == index { plain[input] = [] }
    }
    return errors
  }

  private func compare(
    layer: Int, _ plain: [[Double]], _ workspace: borrowing Workspace
  ) throws(ModelError) -> LayerError {
    let fast = try AlignedBuffer(count: batch * layers[layer].shape.count)
    unpack(layer: layer, from: workspace, into: fast.floats)
    var magnitude = 0.0
    var difference = 0.0
    var at = 0
    for image in plain {
      for value in image {
        magnitude = max(magnitude, abs(value))
        let distance = abs(Double(fast.floats[at]) - value)
        // Not a number is as far off as can be.
        difference = max(difference, distance.isNaN ? .infinity : distance)
        at += 1
      }
    }
    let relative = difference == 0 ? 0 : difference / magnitude
    return LayerError(name: layers[layer].name, shape: layers[layer].shape, relative: relative, magnitude: magnitude)
  }
}
