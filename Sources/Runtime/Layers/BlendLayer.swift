// SPDX-License-Identifier: Apache-2.0
// What a Highway network's gate does with what enters it, what its convolution makes of that, and the share of that.

struct BlendLayer: LayerKind {
  static let words = ["blend"]
  init(_ line: inout LayerLine) {}
  /// The share is read where others read a residual.
  var sources: Int { 2 }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] {
    inputs[0].indices.map { inputs[2][$0] * inputs[1][$0] + (1 - inputs[2][$0]) * inputs[0][$0] }
  }

  func name(of algorithm: StepAlgorithm) -> String { "blend" }
}
