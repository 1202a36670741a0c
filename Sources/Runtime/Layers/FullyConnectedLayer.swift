// SPDX-License-Identifier: Apache-2.0
// A fully connected layer: `activation(weight * x + bias)`, of its input flattened in channel, row, column order.

struct FullyConnectedLayer: LayerKind {
  let activation: LayerActivation
  let weight: String
  let bias: String?
  static let words = ["linear"]

  init(_ line: inout LayerLine) throws(ModelError) {
    activation = try LayerActivation(&line)
    weight = try line.options.word("weight")
    bias = try line.options.name("bias")
  }

  func tensors(_ shapes: LayerShapes) -> [TensorSpec] {
    let channels = shapes.output.channels
    return [TensorSpec(name: weight, shape: [channels, shapes.inputs[0].count])]
      + (bias.map { [TensorSpec(name: $0, shape: [channels])] } ?? []) + activation.tensors(channels)
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    let features = shapes.inputs[0].count
    let channels = shapes.output.channels
    let matrix = try tensors.values(weight, [channels, features])
    var sum = [Double](repeating: 0, count: channels)
    if let bias { sum = try tensors.values(bias, [channels]) }
    for row in sum.indices {
      for column in 0..<features { sum[row] += matrix[row * features + column] * inputs[0][column] }
    }
    return try activation.value(sum, shapes.output, tensors)
  }

  /// A convolution whose kernel is the whole map.
  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    let input = packer.places[packer.layers[layer].inputs[0]].shape
    let term = ConvolutionTerm(
      kernelHeight: input.height, kernelWidth: input.width, stride: 1, padding: WindowPadding(0, 0), dilation: 1,
      groups: 1, inChannels: input.channels, weight: weight, bias: bias, norm: nil)
    try packer.packSum([term], activation, layer: layer, into: out, weightRank: 2)
  }

  func multiplyAdds(_ shapes: LayerShapes, by algorithm: StepAlgorithm) -> Double {
    Double(shapes.output.count) * Double(shapes.inputs[0].count)
  }

  func name(of algorithm: StepAlgorithm) -> String { "direct" }
}
