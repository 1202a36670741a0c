// SPDX-License-Identifier: Apache-2.0
// The image: the first line of every layer table.

struct ImageLayer: LayerKind {
  static let words = ["input"]
  init(_ line: inout LayerLine) {}
  /// Given, not computed.
  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] { inputs[0] }
  /// The scales of all values: of the image as it is loaded, of others as they are looked at.
  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) {
    guard let scales = packer.scales else { return }
    for (index, scale) in scales.scales.enumerated() { out[index] = scale }
  }

  func name(of algorithm: StepAlgorithm) -> String { "copy" }
}
