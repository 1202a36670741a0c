// SPDX-License-Identifier: Apache-2.0
// A sum of convolutions in single precision without a plan: of layers whose kernels leave their value nowhere, and of
// networks that have no kernels here. All output channels of a pixel are summed side by side, which compilers make vectors
// of.

/// The convolutions of one layer, up to its residual and activation.
struct FloatConvolution: Sendable {
  private struct Term: Sendable {
    let term: ConvolutionTerm
    /// `[group][input channel of the group][row][column][output channel of the group]`.
    let weights: [Float]
  }
  private let terms: [Term]
  private let biases: [Float]

  /// - Parameter packer: Of tensors alone.
  init(_ packer: WeightPacker, layer: Int) throws(ModelError) {
    let sum = try FoldedSum(packer, layer: layer, scales: nil)
    let channels = packer.layers[layer].shape.channels
    biases = sum.biases.map { normal($0) }
    var terms: [Term] = []
    for folded in sum.terms {
      let length = folded.rowLength
      let outGroup = channels / folded.term.groups
      var weights = [Float](repeating: 0, count: channels * length)
      var row = [Double](repeating: 0, count: length)
      for channel in 0..<channels {
        try folded.row(channel, into: &row)
        let first = channel / outGroup * length * outGroup + channel % outGroup
        for at in 0..<length { weights[first + at * outGroup] = normal(row[at]) }
      }
      terms.append(Term(term: folded.term, weights: weights))
    }
    self.terms = terms
  }

  /// The sums of one image, channel, row, column.
  func sums(_ inputs: [[Float]], _ shapes: LayerShapes) -> [Float] {
    let output = shapes.output
    let pixels = output.height * output.width
    var sums = [Float](repeating: 0, count: output.count)
    var pixel = [Float](repeating: 0, count: output.channels)
    for place in 0..<pixels {
      for channel in pixel.indices { pixel[channel] = biases[channel] }
      for (index, term) in terms.enumerated() {
        add(term, inputs[index], shapes.inputs[index], place / output.width, place % output.width, to: &pixel)
      }
      for channel in pixel.indices { sums[channel * pixels + place] = pixel[channel] }
    }
    return sums
  }

  private func add(
    _ term: Term, _ input: [Float], _ from: LayerShape, _ row: Int, _ column: Int, to pixel: inout [Float]
  ) {
    let window = term.term
    let outGroup = pixel.count / window.groups
    let area = window.kernelHeight * window.kernelWidth
    input.withUnsafeBufferPointer { input in
      term.weights.withUnsafeBufferPointer { weights in
        pixel.withUnsafeMutableBufferPointer { pixel in
          guard let weights = weights.baseAddress, let pixel = pixel.baseAddress else { return }
          for group in 0..<window.groups {
            let sums = pixel + group * outGroup
            for channel in 0..<window.groupChannels {
              let map = (group * window.groupChannels + channel) * from.height * from.width
              for tap in 0..<area {
                let (down, right) = (tap / window.kernelWidth, tap % window.kernelWidth)
                let y = row * window.stride.rows + down * window.dilation - window.padding.top
                let x = column * window.stride.columns + right * window.dilation - window.padding.left
                guard y >= 0, y < from.height, x >= 0, x < from.width else { continue }
                let value = input[map + y * from.width + x]
                if value == 0 { continue }
                let row = weights + ((group * window.groupChannels + channel) * area + tap) * outGroup
                for out in 0..<outGroup { sums[out] += value * row[out] }
              }
            }
          }
        }
      }
    }
  }
}
