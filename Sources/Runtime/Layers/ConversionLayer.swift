// SPDX-License-Identifier: Apache-2.0
// From floats to whole numbers and back: the same value in another number type. Only int8 plans have it, between layers of
// which one computes in floats.

struct ConversionLayer: LayerKind {
  static let words = ["quantize", "dequantize"]
  init(_ line: inout LayerLine) {}
  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] { inputs[0] }

  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) {
    _ = packer.packAddedFactors(layer: layer, into: out)
  }

  func name(of algorithm: StepAlgorithm) -> String { "conversion" }
}
