// SPDX-License-Identifier: Apache-2.0
// A learned factor for each channel, where no convolution takes it in.

struct ScaleLayer: LayerKind {
  /// Of the tensor.
  let weight: String
  static let words = ["scale"]

  init(_ line: inout LayerLine) throws(ModelError) { weight = try line.options.word("weight") }

  func tensors(_ shapes: LayerShapes) -> [TensorSpec] {
    [TensorSpec(name: weight, shape: [shapes.output.channels])]
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    let area = shapes.output.height * shapes.output.width
    let factors = try tensors.values(weight, [shapes.output.channels])
    return inputs[0].indices.map { inputs[0][$0] * factors[$0 / area] }
  }

  /// Nothing is added.
  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    let place = packer.places[layer]
    try packer.readVector(weight, place, to: out + place.blocks * packer.lanes)
  }

  func name(of algorithm: StepAlgorithm) -> String { "scale" }
}
