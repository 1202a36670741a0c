// SPDX-License-Identifier: Apache-2.0
// Rounded weights shift the mean of a channel: each input channel after ReLU has a mean of its own, with which a weight's
// error is multiplied at every pixel. What the mean of each channel before its activation is off, over some images, is
// added to its bias, layer by layer, so that later layers see what earlier ones were corrected to.
//
// A sum's mean needs no sums: it is the weights times the mean of what the window sees at each of its places.

/// What the mean of a channel is corrected for.
enum BiasCorrection: String, CaseIterable {
  /// The rounding of weights alone, which is the same for every image.
  case weights
  /// That of all values before it too, saturation included, which images differ in.
  case values
}

/// Adds to ranges what biases are off.
///
/// - Parameter images: How many; few are enough, since differences are averaged, not values.
func correctedBiases(
  _ network: FloatNetwork, _ numbers: [NumberType], _ ranges: Ranges, for correction: BiasCorrection, images: Int,
  _ pool: ThreadPool, pixels: (Int) throws(ModelError) -> [Float]
) throws(ModelError) -> Ranges {
  var ranges = ranges
  let layers = network.layers
  let packer = WeightPacker(network.source, layers)
  var interpreter = try IntegerInterpreter(layers, numbers, ranges, network.source)
  let lastUse = layers.lastUse
  var runs: [LockStep] = []
  for image in 0..<images { runs.append(try LockStep(network, try pixels(image))) }
  for (index, layer) in layers.enumerated() {
    let stepped = try pool.mapAll(images) { image throws(ModelError) in
      var run = runs[image]
      run.floats[index] = try run.float.next()
      return run
    }
    runs = stepped
    if let numbers = interpreter.numbers(of: index) {
      let sum = try FoldedSum(packer, layer: index, scales: interpreter.scales)
      var shift = [Double](repeating: 0, count: layer.shape.channels)
      for (position, term) in sum.terms.enumerated() {
        let input = layer.inputs[position]
        let (from, factors) = (layers[input].shape, interpreter.scales.factors[input])
        let means = try pool.mapAll(images) { image throws(ModelError) in
          let exact = scaled(runs[image].floats[input], by: factors, from)
          let scale = interpreter.scales.scales[input]
          let rounded =
            correction == .values ? runs[image].integers[input].numbers : exact.map { $0 / scale }
          return (
            term.term.windowMeans(exact, from, layer.shape), term.term.windowMeans(rounded, from, layer.shape)
          )
        }
        let (exact, rounded) = (average(means.map(\.0)), average(means.map(\.1)))
        try term.addShift(&shift, exact, rounded, numbers, term: position, output: interpreter.scales.scales[index])
      }
      if correction == .values, layer.inputs.count > sum.terms.count, case let input = layer.inputs[sum.terms.count],
        layers[input].shape == layer.shape
      {
        let added = residualShift(runs, input, layer.shape, interpreter.scales.scales[input])
        for channel in shift.indices { shift[channel] += added[channel] }
      }
      ranges.shifts[layer.name] = shift.map { normal($0) }
      try interpreter.update(index, ranges)
    }
    let corrected = interpreter
    runs = try pool.mapAll(images) { image throws(ModelError) in
      var run = runs[image]
      run.integers[index] = try corrected.value(
        of: index, layer.inputs.isEmpty ? [.floats(run.floats[index])] : layer.inputs.map { run.integers[$0] })
      for input in layer.inputs where lastUse[input] == index {
        run.floats[input] = []
        run.integers[input] = .floats([])
      }
      return run
    }
  }
  return ranges
}

/// One image in both networks, each layer in both before the next.
private struct LockStep: Sendable {
  var float: FloatRun
  var floats: [[Float]]
  var integers: [QuantizedValue]

  init(_ network: FloatNetwork, _ pixels: [Float]) throws(ModelError) {
    float = try FloatRun(network, pixels)
    floats = Array(repeating: [], count: network.layers.count)
    integers = Array(repeating: .floats([]), count: network.layers.count)
  }
}

/// What the channels of a residual are off in the mean.
private func residualShift(_ runs: [LockStep], _ input: Int, _ shape: LayerShape, _ scale: Float) -> [Double] {
  let pixels = shape.height * shape.width
  var sums = [Double](repeating: 0, count: shape.channels)
  for run in runs {
    let (exact, rounded) = (run.floats[input], run.integers[input].values(scale))
    for at in exact.indices { sums[at / pixels] += Double(exact[at]) - Double(rounded[at]) }
  }
  return sums.map { $0 / Double(pixels * runs.count) }
}

private func average(_ lists: [[Double]]) -> [Double] {
  guard var sum = lists.first else { return [] }
  for list in lists.dropFirst() {
    for index in sum.indices { sum[index] += list[index] }
  }
  return sum.map { $0 / Double(lists.count) }
}

extension ConvolutionTerm {
  /// The mean, over all output pixels, of what each place of the window sees: `[input channel][row][column]`.
  func windowMeans(_ input: [Float], _ from: LayerShape, _ to: LayerShape) -> [Double] {
    var means: [Double] = []
    means.reserveCapacity(inChannels * kernelHeight * kernelWidth)
    let pixels = Double(to.height * to.width)
    input.withUnsafeBufferPointer { input in
      for channel in 0..<inChannels {
        for tap in 0..<kernelHeight * kernelWidth {
          let (dy, dx) = (tap / kernelWidth * dilation - padding.top, tap % kernelWidth * dilation - padding.left)
          var sum = 0.0
          for row in 0..<to.height {
            let y = row * stride.rows + dy
            guard y >= 0, y < from.height else { continue }
            let line = (channel * from.height + y) * from.width
            for column in 0..<to.width {
              let x = column * stride.columns + dx
              if x >= 0, x < from.width { sum += Double(input[line + x]) }
            }
          }
          means.append(sum / pixels)
        }
      }
    }
    return means
  }
}

extension FoldedSum.Term {
  /// Adds what this term takes from the mean of each output channel.
  ///
  /// - Parameters:
  ///   - exact: Means of what the window sees in the float32 network.
  ///   - rounded: The same of the integers.
  fileprivate func addShift(
    _ shift: inout [Double], _ exact: [Double], _ rounded: [Double], _ numbers: QuantizedSum, term position: Int,
    output scale: Float
  ) throws(ModelError) {
    let area = term.kernelHeight * term.kernelWidth
    var row = [Double](repeating: 0, count: rowLength)
    for channel in 0..<outChannels {
      try self.row(channel, into: &row)
      let first = channel / (outChannels / term.groups) * term.groupChannels * area
      // One step of this term's sum, in the network's numbers.
      var step = Double(numbers.multiplier[channel]) * Double(scale)
      if position == 0, !numbers.ratio.isEmpty { step *= Double(numbers.ratio[channel]) }
      for at in row.indices {
        let integer = Double(numbers.terms[position][channel * rowLength + at])
        shift[channel] += row[at] * exact[first + at] - integer * step * rounded[first + at]
      }
    }
  }
}
