// SPDX-License-Identifier: Apache-2.0
// The network once more, the plain way: NCHW, one loop inside the other, double precision, no packing, no tiles, no
// fusion but what the layer table says. Slow, and easy to believe: `verify` holds the kernels against it.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Values of layers, NCHW, one image.
struct ReferenceNetwork {
  let layers: [LayerRecord]
  let source: WeightSource

  /// The value of layer `index`, given the values of the layers that it reads.
  func value(of index: Int, inputs: [[Double]], image: [Double]) throws(ModelError) -> [Double] {
    let layer = layers[index]
    let shapes = layer.inputs.map { layers[$0].shape }
    switch layer.kind {
    case .input:
      return image
    case .convolution(let terms, let residual, let activation):
      var sum = [Double](repeating: 0, count: layer.shape.count)
      for (position, term) in terms.enumerated() {
        try add(term, inputs[position], shapes[position], into: &sum, layer.shape)
      }
      switch residual {
      case .none: break
      case .same:
        for i in sum.indices { sum[i] += inputs[terms.count][i] }
      case .zeroPadded(let stride, let before):
        addPadded(inputs[terms.count], shapes[terms.count], stride: stride, before: before, into: &sum, layer.shape)
      }
      return try activated(sum, activation, layer.shape)
    case .linear(let weight, let bias, let activation):
      let features = shapes[0].count
      let matrix = try tensor(weight, [layer.shape.channels, features])
      var sum = [Double](repeating: 0, count: layer.shape.channels)
      if let bias { sum = try tensor(bias, [layer.shape.channels]) }
      for row in sum.indices {
        for column in 0..<features { sum[row] += matrix[row * features + column] * inputs[0][column] }
      }
      return try activated(sum, activation, layer.shape)
    case .maxPool(let window):
      return pooled(inputs[0], shapes[0], window, to: layer.shape) { values, _ in
        values.reduce(-Double.infinity) { max($0, $1) }
      }
    case .averagePool(let window, let countsPadding):
      return pooled(inputs[0], shapes[0], window, to: layer.shape) { values, places in
        values.reduce(0, +) / Double(countsPadding ? places : values.count)
      }
    case .globalAveragePool:
      let area = shapes[0].height * shapes[0].width
      return (0..<shapes[0].channels).map { channel in
        inputs[0][channel * area..<(channel + 1) * area].reduce(0, +) / Double(area)
      }
    case .add(let activation):
      return try activated(zip(inputs[0], inputs[1]).map { $0 + $1 }, activation, layer.shape)
    case .activation(let activation):
      return try activated(inputs[0], activation, layer.shape)
    case .zeroPad(let stride, let before):
      var sum = [Double](repeating: 0, count: layer.shape.count)
      addPadded(inputs[0], shapes[0], stride: stride, before: before, into: &sum, layer.shape)
      return sum
    }
  }

  private func tensor(_ name: String, _ shape: [Int]) throws(ModelError) -> [Double] {
    let buffer = try AlignedBuffer(count: shape.reduce(1, *))
    try source.read(name, shape: shape, into: buffer.floats)
    return buffer.floats.map { Double($0) }
  }

  private func add(
    _ term: LayerTerm, _ input: [Double], _ from: LayerShape, into sum: inout [Double], _ to: LayerShape
  ) throws(ModelError) {
    let area = term.kernelHeight * term.kernelWidth
    let weight = try tensor(
      term.weight, [to.channels, term.inChannels, term.kernelHeight, term.kernelWidth])
    var scale = [Double](repeating: 1, count: to.channels)
    var shift = [Double](repeating: 0, count: to.channels)
    if let bias = term.bias { shift = try tensor(bias, [to.channels]) }
    if let norm = term.norm {
      let gamma = try tensor(norm.path + ".weight", [to.channels])
      let beta = try tensor(norm.path + ".bias", [to.channels])
      let mean = try tensor(norm.path + ".running_mean", [to.channels])
      let variance = try tensor(norm.path + ".running_var", [to.channels])
      for channel in 0..<to.channels {
        scale[channel] = gamma[channel] / (variance[channel] + norm.epsilon).squareRoot()
        shift[channel] = beta[channel] + (shift[channel] - mean[channel]) * scale[channel]
      }
    }
    var plane = [Double](repeating: 0, count: to.height * to.width)
    input.withUnsafeBufferPointer { input in
      for out in 0..<to.channels {
        for i in plane.indices { plane[i] = 0 }
        for channel in 0..<term.inChannels {
          for tap in 0..<area {
            let w = weight[(out * term.inChannels + channel) * area + tap]
            let (dy, dx) = (tap / term.kernelWidth * term.dilation, tap % term.kernelWidth * term.dilation)
            for row in 0..<to.height {
              let y = row * term.stride + dy - term.padHeight
              guard y >= 0, y < from.height else { continue }
              let line = (channel * from.height + y) * from.width
              for column in 0..<to.width {
                let x = column * term.stride + dx - term.padWidth
                if x >= 0, x < from.width { plane[row * to.width + column] += w * input[line + x] }
              }
            }
          }
        }
        for i in plane.indices { sum[out * plane.count + i] += plane[i] * scale[out] + shift[out] }
      }
    }
  }

  private func addPadded(
    _ input: [Double], _ from: LayerShape, stride: Int, before: Int, into sum: inout [Double], _ to: LayerShape
  ) {
    for channel in 0..<from.channels {
      for row in 0..<to.height {
        for column in 0..<to.width {
          sum[((channel + before) * to.height + row) * to.width + column] +=
            input[(channel * from.height + row * stride) * from.width + column * stride]
        }
      }
    }
  }

  /// - Parameter reduce: Gets what a window sees of the map, and how many places it has there and in the padding.
  private func pooled(
    _ input: [Double], _ from: LayerShape, _ window: LayerWindow, to: LayerShape,
    _ reduce: (_ values: [Double], _ places: Int) -> Double
  ) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(to.count)
    for channel in 0..<to.channels {
      for row in 0..<to.height {
        let top = row * window.stride - window.padHeight
        for column in 0..<to.width {
          let left = column * window.stride - window.padWidth
          var values: [Double] = []
          for y in max(top, 0)..<min(top + window.kernelHeight, from.height) {
            for x in max(left, 0)..<min(left + window.kernelWidth, from.width) {
              values.append(input[(channel * from.height + y) * from.width + x])
            }
          }
          let bottom = min(top + window.kernelHeight, from.height + window.padHeight)
          let right = min(left + window.kernelWidth, from.width + window.padWidth)
          result.append(reduce(values, (bottom - top) * (right - left)))
        }
      }
    }
    return result
  }

  private func activated(
    _ values: [Double], _ activation: LayerActivation, _ shape: LayerShape
  ) throws(ModelError) -> [Double] {
    switch activation {
    case .linear: return values
    case .relu: return values.map { $0 < 0 ? 0 : $0 }
    case .relu6: return values.map { $0 < 0 ? 0 : $0 > 6 ? 6 : $0 }
    case .sigmoid: return values.map { 1 / (1 + exp(-$0)) }
    case .silu: return values.map { $0 / (1 + exp(-$0)) }
    case .gelu: return values.map { $0 * 0.5 * erfc(-$0 * 0.5.squareRoot()) }
    case .prelu(let name):
      let slopes = try tensor(name, [shape.channels])
      let area = shape.height * shape.width
      return values.indices.map { values[$0] < 0 ? values[$0] * slopes[$0 / area] : values[$0] }
    }
  }
}
