// SPDX-License-Identifier: Apache-2.0
// The sum at the end of a residual block that no convolution could take in, then its activation.

struct SumLayer: LayerKind {
  let activation: LayerActivation
  static let words = ["add"]
  init(_ line: inout LayerLine) throws(ModelError) { activation = try LayerActivation(&line) }
  func tensors(_ shapes: LayerShapes) -> [TensorSpec] { activation.tensors(shapes.output.channels) }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    try activation.value(zip(inputs[0], inputs[1]).map { $0 + $1 }, shapes.output, tensors)
  }

  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    guard !packer.packAddedFactors(layer: layer, into: out) else { return }
    try activation.pack(packer, layer: layer, into: out)
  }

  func name(of algorithm: StepAlgorithm) -> String { "add" }
}
