// SPDX-License-Identifier: Apache-2.0
// A product of two values, then its activation. The second may have one pixel, a factor for each channel of the first, or
// one channel, a factor for each pixel.

struct ProductLayer: LayerKind {
  let activation: LayerActivation
  static let words = ["multiply"]
  init(_ line: inout LayerLine) throws(ModelError) { activation = try LayerActivation(&line) }
  func tensors(_ shapes: LayerShapes) -> [TensorSpec] { activation.tensors(shapes.output.channels) }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    let product = inputs[0].indices.map { inputs[0][$0] * inputs[1][factor(of: $0, shapes)] }
    return try activation.value(product, shapes.output, tensors)
  }

  /// Which of the second value's numbers one of the first is multiplied by.
  func factor(of index: Int, _ shapes: LayerShapes) -> Int {
    let (area, factors) = (shapes.output.height * shapes.output.width, shapes.inputs[1])
    let hasPixels = factors.height * factors.width == area
    let (channel, pixel) = index.quotientAndRemainder(dividingBy: area)
    return (factors.channels == 1 ? 0 : channel) * (hasPixels ? area : 1) + (hasPixels ? pixel : 0)
  }

  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    guard !packer.packAddedFactors(layer: layer, into: out) else { return }
    try activation.pack(packer, layer: layer, into: out)
  }

  func name(of algorithm: StepAlgorithm) -> String { "product" }
}
