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
    bins(shapes.inputs[0]).map { bin in
      isMaximum
        ? bin.reduce(-Double.infinity) { max($0, inputs[0][$1]) }
        : bin.reduce(0) { $0 + inputs[0][$1] } / Double(bin.count)
    }
  }

  /// Of each output the values of the input that it sees.
  func bins(_ from: LayerShape) -> [[Int]] {
    func bin(_ index: Int, _ count: Int, _ length: Int) -> Range<Int> {
      index * length / count..<((index + 1) * length + count - 1) / count
    }
    var bins: [[Int]] = []
    bins.reserveCapacity(from.channels * height * width)
    for channel in 0..<from.channels {
      for row in 0..<height {
        for column in 0..<width {
          bins.append(
            bin(row, height, from.height).flatMap { y in
              bin(column, width, from.width).map { (channel * from.height + y) * from.width + $0 }
            })
        }
      }
    }
    return bins
  }

  func name(of algorithm: StepAlgorithm) -> String { "adaptive pool" }
}
