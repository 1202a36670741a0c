// SPDX-License-Identifier: Apache-2.0
// Layer norm and group norm: mean and variance of the value itself, over the channels of each pixel or over groups of
// channels, then a factor and an addend for each channel, then an activation.

struct SampleNormLayer: LayerKind {
  let activation: LayerActivation
  /// Of the two tensors.
  let path: String
  let epsilon: Double
  /// Groups of consecutive channels; `nil` for each pixel by itself.
  let groups: Int?
  static let words = ["layernorm", "groupnorm"]

  init(_ line: inout LayerLine) throws(ModelError) {
    activation = try LayerActivation(&line)
    path = try line.options.word("norm")
    epsilon = try line.options.double("eps", default: 1e-5)
    groups = line.word == "groupnorm" ? try number(line.argument()) : nil
    if let groups, groups < 1 { throw .invalidPlan(reason: "a norm of \(groups) groups") }
  }

  func tensors(_ shapes: LayerShapes) -> [TensorSpec] {
    let channels = shapes.output.channels
    return ["weight", "bias"].map { TensorSpec(name: "\(path).\($0)", shape: [channels]) }
      + activation.tensors(channels)
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    let shape = shapes.output
    let area = shape.height * shape.width
    let weight = try tensors.values(path + ".weight", [shape.channels])
    let bias = try tensors.values(path + ".bias", [shape.channels])
    var result = inputs[0]
    // Of so many values, `step` apart.
    func norm(from first: Int, count: Int, step: Int) {
      var (sum, squares) = (0.0, 0.0)
      for index in 0..<count { sum += result[first + index * step] }
      let mean = sum / Double(count)
      for index in 0..<count {
        result[first + index * step] -= mean
        squares += result[first + index * step] * result[first + index * step]
      }
      let factor = 1 / (squares / Double(count) + epsilon).squareRoot()
      for index in 0..<count { result[first + index * step] *= factor }
    }
    if let groups {
      let size = shape.count / groups
      for group in 0..<groups { norm(from: group * size, count: size, step: 1) }
    } else {
      for pixel in 0..<area { norm(from: pixel, count: shape.channels, step: area) }
    }
    for index in result.indices { result[index] = result[index] * weight[index / area] + bias[index / area] }
    return try activation.value(result, shape, tensors)
  }

  /// What is added, slopes if there are any, factors. A lane without a channel keeps its zeros.
  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    let place = packer.places[layer]
    try packer.readVector(path + ".bias", place, to: out)
    var next = out + place.blocks * packer.lanes
    if case .prelu(let name) = activation {
      try packer.readVector(name, place, to: next)
      next += place.blocks * packer.lanes
    }
    try packer.readVector(path + ".weight", place, to: next)
  }

  func name(of algorithm: StepAlgorithm) -> String { groups == nil ? "layer norm" : "group norm" }
}
