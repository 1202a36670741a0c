// SPDX-License-Identifier: Apache-2.0
// Pools: the maximum or the mean of a window that slides, clipped to the map, and the mean of a whole map.

/// A window that slides.
struct PoolWindow: Sendable {
  let kernelHeight: Int
  let kernelWidth: Int
  let stride: WindowStride
  let padding: WindowPadding

  init(_ line: inout LayerLine) throws(ModelError) {
    (kernelHeight, kernelWidth) = try tableSize(line.argument())
    stride = try WindowStride(&line.options)
    padding = try WindowPadding(&line.options)
  }

  /// - Parameter reduce: Gets what a window sees of the map, and how many places it has there and in the padding.
  func value(
    _ input: [Double], _ from: LayerShape, to: LayerShape, _ reduce: (_ values: [Double], _ places: Int) -> Double
  ) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(to.count)
    for channel in 0..<to.channels {
      for row in 0..<to.height {
        let top = row * stride.rows - padding.top
        for column in 0..<to.width {
          let left = column * stride.columns - padding.left
          var values: [Double] = []
          for y in max(top, 0)..<min(top + kernelHeight, from.height) {
            for x in max(left, 0)..<min(left + kernelWidth, from.width) {
              values.append(input[(channel * from.height + y) * from.width + x])
            }
          }
          let bottom = min(top + kernelHeight, from.height + padding.bottom)
          let right = min(left + kernelWidth, from.width + padding.right)
          result.append(reduce(values, (bottom - top) * (right - left)))
        }
      }
    }
    return result
  }
}

struct MaxPoolLayer: LayerKind {
  let window: PoolWindow
  /// Zeros of the padding are among the values, or take no part.
  let countsPadding: Bool
  static let words = ["maxpool"]

  init(_ line: inout LayerLine) throws(ModelError) {
    window = try PoolWindow(&line)
    countsPadding = line.options.take("counted") != nil
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] {
    window.value(inputs[0], shapes.inputs[0], to: shapes.output) { values, places in
      values.reduce(countsPadding && places > values.count ? 0 : -Double.infinity) { max($0, $1) }
    }
  }

  func name(of algorithm: StepAlgorithm) -> String { "max pool" }
}

struct AveragePoolLayer: LayerKind {
  let window: PoolWindow
  /// Zeros of the padding count in the divisor, or take no part.
  let countsPadding: Bool
  static let words = ["avgpool"]

  init(_ line: inout LayerLine) throws(ModelError) {
    window = try PoolWindow(&line)
    countsPadding = line.options.take("counted") != nil
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] {
    window.value(inputs[0], shapes.inputs[0], to: shapes.output) { values, places in
      values.reduce(0, +) / Double(countsPadding ? places : values.count)
    }
  }

  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) {
    packer.packMeanFactor(layer: layer, into: out)
  }

  func name(of algorithm: StepAlgorithm) -> String { "average pool" }
}

/// The mean of each channel.
struct GlobalAveragePoolLayer: LayerKind {
  static let words = ["globalavgpool"]
  init(_ line: inout LayerLine) {}

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) -> [Double] {
    let area = shapes.inputs[0].height * shapes.inputs[0].width
    return (0..<shapes.output.channels).map { channel in
      inputs[0][channel * area..<(channel + 1) * area].reduce(0, +) / Double(area)
    }
  }

  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) {
    packer.packMeanFactor(layer: layer, into: out)
  }

  func name(of algorithm: StepAlgorithm) -> String { "global pool" }
}
