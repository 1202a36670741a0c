// SPDX-License-Identifier: Apache-2.0
// A product of two values, then its activation. The second may have one pixel, a factor for each channel of the first, or
// one channel, a factor for each pixel.

struct ProductLayer: LayerKind {
  let activation: LayerActivation
  static let words = ["multiply"]
  init(_ line: inout LayerLine) throws(ModelError) { activation = try LayerActivation(&line) }
  func tensors(_ shapes: LayerShapes) -> [TensorSpec] { activation.tensors(shapes.output.channels) }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    let (shape, factors) = (shapes.output, shapes.inputs[1])
    let area = shape.height * shape.width
    let hasPixels = factors.height * factors.width == area
    let product = inputs[0].indices.map { index in
      let (channel, pixel) = index.quotientAndRemainder(dividingBy: area)
      let at = (factors.channels == 1 ? 0 : channel) * (hasPixels ? area : 1) + (hasPixels ? pixel : 0)
      return inputs[0][index] * inputs[1][at]
    }
    return try activation.value(product, shape, tensors)
  }

  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    try activation.pack(packer, layer: layer, into: out)
  }

  func name(of algorithm: StepAlgorithm) -> String { "product" }
}
