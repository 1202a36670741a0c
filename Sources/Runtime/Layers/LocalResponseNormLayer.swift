// SPDX-License-Identifier: Apache-2.0
// Local response normalisation: each value over a power of what the channels around its own hold at its pixel.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

struct LocalResponseNormLayer: LayerKind {
  let size: Int
  let alpha: Double
  let beta: Double
  let k: Double
  static let words = ["lrn"]

  init(_ line: inout LayerLine) throws(ModelError) {
    size = try number(line.argument())
    alpha = try line.options.double("alpha", default: 1e-4)
    beta = try line.options.double("beta", default: 0.75)
    k = try line.options.double("k", default: 1)
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] {
    let (x, channels) = (inputs[0], shapes.output.channels)
    let area = shapes.output.height * shapes.output.width
    return x.indices.map { index in
      let (channel, pixel) = index.quotientAndRemainder(dividingBy: area)
      let first = channel - size / 2
      var squares = 0.0
      for other in max(first, 0)..<min(first + size, channels) {
        squares += x[other * area + pixel] * x[other * area + pixel]
      }
      return x[index] / pow(k + alpha / Double(size) * squares, beta)
    }
  }

  func name(of algorithm: StepAlgorithm) -> String { "local response norm" }
}
