// SPDX-License-Identifier: Apache-2.0
// What integers cost, layer by layer: the ratio of a value's power to that of its error, in decibels. Of a layer by
// itself, when it reads what the float32 network has there, and of all up to it, as they run. Six decibels are a bit.

/// One layer's value in the float32 network and in that of integers.
package struct LayerLoss: Sendable {
  package let name: String
  package let number: NumberType
  /// 0 without one.
  package let scale: Float
  /// Whether it is a layer of the network, which could compute in float32, and no conversion between two.
  let canBeKept: Bool
  fileprivate(set) var signal = 0.0
  fileprivate(set) var ownNoise = 0.0
  fileprivate(set) var noise = 0.0

  /// What it loses by itself; infinite for nothing.
  package var own: Double { decibels(signal / ownNoise) }
  /// What is lost up to it.
  package var total: Double { decibels(signal / noise) }
  /// Its own error as a part of its value's power.
  var ownPart: Double { signal > 0 ? ownNoise / signal : 0 }
}

/// The losses of all layers over so many images.
func layerLosses(
  _ network: FloatNetwork, _ interpreter: IntegerInterpreter, images: Int, _ pool: ThreadPool,
  pixels: (Int) throws(ModelError) -> [Float]
) throws(ModelError) -> [LayerLoss] {
  let layers = network.layers
  let scales = interpreter.scales
  var losses = layers.indices.map { index in
    LayerLoss(
      name: layers[index].name, number: scales.numbers[index], scale: scales.scales[index],
      canBeKept: index > 0 && !(layers[index].kind is ConversionLayer))
  }
  let powers = try pool.mapAll(images) { image throws(ModelError) in
    try layerPowers(network, interpreter, try pixels(image))
  }
  for image in powers {
    for index in losses.indices {
      losses[index].signal += image[index].signal
      losses[index].ownNoise += image[index].ownNoise
      losses[index].noise += image[index].noise
    }
  }
  return losses
}

private func layerPowers(
  _ network: FloatNetwork, _ interpreter: IntegerInterpreter, _ pixels: [Float]
) throws(ModelError) -> [(signal: Double, ownNoise: Double, noise: Double)] {
  let layers = network.layers
  let lastUse = layers.lastUse
  var powers: [(signal: Double, ownNoise: Double, noise: Double)] = []
  /// What the float32 network has, as it is, and rounded to the layer's integers.
  var rounded = [QuantizedValue](repeating: .floats([]), count: layers.count)
  var integers = rounded
  try network.run(pixels) { index, exact throws(ModelError) in
    let layer = layers[index]
    let isImage = layer.inputs.isEmpty
    rounded[index] = interpreter.scales.quantize(
      scaled(exact, by: interpreter.scales.factors[index], layer.shape), as: index)
    integers[index] = try interpreter.value(
      of: index, isImage ? [.floats(exact)] : layer.inputs.map { integers[$0] })
    let own = try interpreter.value(of: index, isImage ? [.floats(exact)] : layer.inputs.map { rounded[$0] })
    var power = (signal: 0.0, ownNoise: 0.0, noise: 0.0)
    let (alone, together) = (
      interpreter.scales.values(own, of: index, layer.shape),
      interpreter.scales.values(integers[index], of: index, layer.shape)
    )
    for at in exact.indices {
      let value = Double(exact[at])
      power.signal += value * value
      power.ownNoise += (Double(alone[at]) - value) * (Double(alone[at]) - value)
      power.noise += (Double(together[at]) - value) * (Double(together[at]) - value)
    }
    powers.append(power)
    for input in layer.inputs where lastUse[input] == index {
      rounded[input] = .floats([])
      integers[input] = .floats([])
    }
  }
  return powers
}

extension ValueScales {
  /// The network's numbers of a layer's value, channels without their factors.
  func values(_ value: QuantizedValue, of layer: Int, _ shape: LayerShape) -> [Float] {
    let values = value.values(scales[layer])
    return factors[layer] == nil ? values : scaled(values, by: factors[layer]?.map { 1 / $0 }, shape)
  }
}
