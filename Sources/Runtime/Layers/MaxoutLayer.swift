// SPDX-License-Identifier: Apache-2.0
// Maxout: of each group of consecutive channels the largest, pixel by pixel.

struct MaxoutLayer: LayerKind {
  let size: Int
  static let words = ["maxout"]
  init(_ line: inout LayerLine) throws(ModelError) { size = try number(line.argument()) }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] {
    let area = shapes.output.height * shapes.output.width
    return (0..<shapes.output.count).map { index in
      let (channel, pixel) = index.quotientAndRemainder(dividingBy: area)
      return (channel * size..<(channel + 1) * size).reduce(-Double.infinity) { max($0, inputs[0][$1 * area + pixel]) }
    }
  }

  func name(of algorithm: StepAlgorithm) -> String { "maxout" }
}
