// SPDX-License-Identifier: Apache-2.0
// Values put together by channels. They lie side by side from the start, so there is nothing to do.

struct ConcatenationLayer: LayerKind {
  static let words = ["concat"]
  init(_ line: inout LayerLine) {}

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] { inputs.flatMap { $0 } }
  func name(of algorithm: StepAlgorithm) -> String { "concatenation" }
}
