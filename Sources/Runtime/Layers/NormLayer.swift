// SPDX-License-Identifier: Apache-2.0
// Batch norm where no convolution takes it in: a factor and an addend for each channel, then an activation.

struct NormLayer: LayerKind {
  let activation: LayerActivation
  /// Of the four tensors.
  let path: String
  let epsilon: Double
  static let words = ["batchnorm"]

  init(_ line: inout LayerLine) throws(ModelError) {
    activation = try LayerActivation(&line)
    path = try line.options.word("norm")
    epsilon = try line.options.double("eps", default: 1e-5)
  }

  private var names: [String] { ["weight", "bias", "running_mean", "running_var"].map { path + "." + $0 } }

  func tensors(_ shapes: LayerShapes) -> [TensorSpec] {
    let channels = shapes.output.channels
    return names.map { TensorSpec(name: $0, shape: [channels]) } + activation.tensors(channels)
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    let shape = shapes.output
    var vectors: [[Double]] = []
    for name in names { vectors.append(try tensors.values(name, [shape.channels])) }
    let area = shape.height * shape.width
    let normed = inputs[0].indices.map { index in
      let channel = index / area
      let scale = vectors[0][channel] / (vectors[3][channel] + epsilon).squareRoot()
      return (inputs[0][index] - vectors[2][channel]) * scale + vectors[1][channel]
    }
    return try activation.value(normed, shape, tensors)
  }

  /// What is added, slopes if there are any, what is multiplied before. A lane without a channel keeps its zeros.
  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    let place = packer.places[layer]
    let (factors, addends) = try folded(packer, place.shape.channels, packer.scales?.scales[layer] ?? 1)
    for (channel, slot) in place.order.slots.enumerated() { out[slot] = addends[channel] }
    var next = out + place.blocks * packer.lanes
    if case .prelu(let name) = activation {
      try packer.readVector(name, place, to: next)
      next += place.blocks * packer.lanes
    }
    for (channel, slot) in place.order.slots.enumerated() { next[slot] = factors[channel] }
  }

  /// What each channel is multiplied by, and what is added then, in steps of so much.
  func folded(
    _ packer: WeightPacker, _ channels: Int, _ step: Float
  ) throws(ModelError) -> (factors: [Float], addends: [Float]) {
    // As of a convolution that does nothing else.
    let term = ConvolutionTerm(
      kernelHeight: 1, kernelWidth: 1, stride: 1, padding: WindowPadding(0, 0), dilation: 1, groups: channels,
      inChannels: channels, weight: path + ".weight", bias: nil, norm: (path, epsilon))
    var addends = [Double](repeating: 0, count: channels)
    let factors = try packer.foldNorm(term, channels: channels, biases: &addends)
    func rounded(_ numbers: [Double], _ tensor: String) throws(ModelError) -> [Float] {
      let rounded = numbers.map { normal($0 / Double(step)) }
      if let channel = rounded.firstIndex(where: { !$0.isFinite }) {
        throw .weightValue(tensor: path + tensor, channel: channel, .overflow)
      }
      return rounded
    }
    // Either may be too large; the addend is named first.
    let sums = try rounded(addends, ".bias")
    return (try rounded(factors, ".weight"), sums)
  }

  func name(of algorithm: StepAlgorithm) -> String { "batch norm" }
}
