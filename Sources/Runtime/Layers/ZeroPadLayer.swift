// SPDX-License-Identifier: Apache-2.0
// Option A's shortcut: every `stride`-th row and column, then zero channels before and after.

struct ZeroPadLayer: LayerKind, Equatable {
  let stride: Int
  let channelsBefore: Int
  static let words = ["zeropad"]

  init(_ line: inout LayerLine) throws(ModelError) {
    stride = try line.options.int("stride", default: 1)
    channelsBefore = try line.options.int("from", default: 0)
  }

  init(stride: Int, channelsBefore: Int) {
    self.stride = stride
    self.channelsBefore = channelsBefore
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] {
    var sum = [Double](repeating: 0, count: shapes.output.count)
    add(inputs[0], shapes.inputs[0], into: &sum, shapes.output)
    return sum
  }

  func add(_ input: [Double], _ from: LayerShape, into sum: inout [Double], _ to: LayerShape) {
    for channel in 0..<from.channels {
      for row in 0..<to.height {
        for column in 0..<to.width {
          sum[((channel + channelsBefore) * to.height + row) * to.width + column] +=
            input[(channel * from.height + row * stride) * from.width + column * stride]
        }
      }
    }
  }

  func reads(_ inputs: [LayerShape]) -> [Double] { inputs.map { Double($0.count) / Double(stride * stride) } }
  func name(of algorithm: StepAlgorithm) -> String { "zero pad" }
}
