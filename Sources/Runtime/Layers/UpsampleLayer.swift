// SPDX-License-Identifier: Apache-2.0
// Upsampling: a map so many times as high and as wide, each value so often or along straight lines between the middles of
// values.

struct UpsampleLayer: LayerKind {
  let factor: Int
  let isBilinear: Bool
  static let words = ["upsample"]

  init(_ line: inout LayerLine) throws(ModelError) {
    factor = try number(line.argument())
    isBilinear = line.options.take("bilinear") != nil
    guard factor > 0 else { throw .invalidPlan(reason: "upsampling by \(factor)") }
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] {
    let (from, to) = (shapes.inputs[0], shapes.output)
    func around(_ index: Int, _ length: Int) -> (first: Int, second: Int, share: Double) {
      guard isBilinear else { return (index / factor, index / factor, 0) }
      let place = max(0, (Double(index) + 0.5) / Double(factor) - 0.5)
      let first = Int(place)
      return (first, min(first + 1, length - 1), place - Double(first))
    }
    let rows = (0..<to.height).map { around($0, from.height) }
    let columns = (0..<to.width).map { around($0, from.width) }
    var result: [Double] = []
    result.reserveCapacity(to.count)
    for channel in 0..<to.channels {
      for row in rows {
        let first = (channel * from.height + row.first) * from.width
        let second = (channel * from.height + row.second) * from.width
        for column in columns {
          let upper =
            (1 - column.share) * inputs[0][first + column.first] + column.share * inputs[0][first + column.second]
          let lower =
            (1 - column.share) * inputs[0][second + column.first] + column.share * inputs[0][second + column.second]
          result.append((1 - row.share) * upper + row.share * lower)
        }
      }
    }
    return result
  }

  func name(of algorithm: StepAlgorithm) -> String { "upsample" }
}
