// SPDX-License-Identifier: Apache-2.0
// A convolution over the channels of one pixel, with zeros beyond the first and the last, then an activation.

struct ChannelConvolutionLayer: LayerKind {
  let activation: LayerActivation
  /// Weights; that of the channel itself is in the middle.
  let size: Int
  /// Name of the tensor `[1, 1, size]`.
  let weight: String
  static let words = ["channelconv"]

  init(_ line: inout LayerLine) throws(ModelError) {
    activation = try LayerActivation(&line)
    size = try number(line.argument())
    weight = try line.options.word("weight")
    guard size > 0, size % 2 == 1 else { throw .invalidPlan(reason: "a convolution over \(size) channels") }
  }

  func tensors(_ shapes: LayerShapes) -> [TensorSpec] {
    [TensorSpec(name: weight, shape: [1, 1, size])] + activation.tensors(shapes.output.channels)
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    let x = inputs[0]
    let weights = try tensors.values(weight, [1, 1, size])
    var sums = [Double](repeating: 0, count: x.count)
    for channel in x.indices {
      for tap in 0..<size where x.indices.contains(channel + tap - size / 2) {
        sums[channel] += weights[tap] * x[channel + tap - size / 2]
      }
    }
    return try activation.value(sums, shapes.output, tensors)
  }

  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    try packer.read(weight, [1, 1, size], to: out)
    for tap in 0..<size { out[tap] = normal(Double(out[tap])) }
  }

  func multiplyAdds(_ shapes: LayerShapes, by algorithm: StepAlgorithm) -> Double {
    Double(size) * Double(shapes.output.channels)
  }

  func name(of algorithm: StepAlgorithm) -> String { "over channels" }
}
