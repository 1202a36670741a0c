// SPDX-License-Identifier: Apache-2.0
// Pools that lead to a size of their own: the maximum or the mean of each bin. Bin `i` of `n` over `h` rows is those from
// `i h / n`, rounded down, to `(i + 1) h / n`, rounded up. Flat or not, values lie channel, row, column.

struct AdaptivePoolLayer: LayerKind {
  let isMaximum: Bool
  let height: Int
  let width: Int
  static let words = ["maxpool-to", "avgpool-to"]

  init(_ line: inout LayerLine) throws(ModelError) {
    isMaximum = line.word == "maxpool-to"
    (height, width) = try tableSize(line.argument())
    guard height > 0, width > 0 else { throw .invalidPlan(reason: "a pool to no size") }
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] {
    let from = shapes.inputs[0]
    func bin(_ index: Int, _ count: Int, _ length: Int) -> Range<Int> {
      index * length / count..<((index + 1) * length + count - 1) / count
    }
    var result: [Double] = []
    result.reserveCapacity(shapes.output.count)
    for channel in 0..<from.channels {
      for row in 0..<height {
        for column in 0..<width {
          var (largest, sum, count) = (-Double.infinity, 0.0, 0)
          for y in bin(row, height, from.height) {
            for x in bin(column, width, from.width) {
              let value = inputs[0][(channel * from.height + y) * from.width + x]
              largest = max(largest, value)
              sum += value
              count += 1
            }
          }
          result.append(isMaximum ? largest : sum / Double(count))
        }
      }
    }
    return result
  }

  func name(of algorithm: StepAlgorithm) -> String { "adaptive pool" }
}
