// SPDX-License-Identifier: Apache-2.0
// The image: the first line of every layer table.

struct ImageLayer: LayerKind {
  static let words = ["input"]
  init(_ line: inout LayerLine) {}
  /// Given, not computed.
  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] { inputs[0] }
  func name(of algorithm: StepAlgorithm) -> String { "copy" }
}
