// SPDX-License-Identifier: Apache-2.0
// From tensors as trained to weights as kernels read them: batch norm folded into weight and bias in double precision,
// rounded once, then laid out panel by panel in the order of the reduction. It happens once, when a model is loaded.
//
// For one layer: biases of all output channels (padded to whole vectors), slopes if it has them, then for each group of
// output channels, for each term, for each step of the reduction, one weight for every channel of the group.

/// Reads tensors and writes the packed weights of one plan.
struct WeightPacker {
  let source: WeightSource
  let layers: [LayerRecord]
  let places: [ValuePlace]
  let steps: [StepRecord]
  let lanes: Int

  func pack(into packed: AlignedBuffer) throws(ModelError) {
    for index in layers.indices {
      let out = packed.base + steps[index].weights
      let channels = layers[index].shape.channels
      switch layers[index].kind {
      case .convolution(let terms, _, let activation):
        if case .winograd(_, packsTransformed: true, _) = steps[index].algorithm {
          try packWinograd(terms, activation, layer: index, into: out)
        } else {
          try packSum(terms, activation, layer: index, into: out)
        }
      case .linear(let weight, let bias, let activation):
        // A fully connected layer is a convolution whose kernel is the whole map.
        let input = places[layers[index].inputs[0]].shape
        let term = LayerTerm(
          kernelHeight: input.height, kernelWidth: input.width, stride: 1, padHeight: 0, padWidth: 0, dilation: 1,
          inChannels: input.channels, weight: weight, bias: bias, norm: nil)
        try packSum([term], activation, layer: index, into: out, weightRank: 2)
      case .add(let activation), .activation(let activation):
        if case .prelu(let name) = activation { try read(name, [channels], to: out) }
      case .input, .maxPool, .averagePool, .globalAveragePool, .zeroPad: break
      }
    }
  }

  private func packSum(
    _ terms: [LayerTerm], _ activation: LayerActivation, layer: Int, into out: UnsafeMutablePointer<Float>,
    weightRank: Int = 4
  ) throws(ModelError) {
    let channels = layers[layer].shape.channels
    let blocks = (channels + lanes - 1) / lanes
    let vectors = steps[layer].vectors
    var biases = [Double](repeating: 0, count: channels)
    var reductions: [Reduction] = []
    var panels = out + blocks * lanes
    if case .prelu(let name) = activation {
      try read(name, [channels], to: panels)
      panels += blocks * lanes
    }
    for (term, input) in zip(terms, layers[layer].inputs) {
      reductions.append(Reduction(term, place: places[input], lanes: lanes))
    }
    let panelStep = reductions.reduce(0) { $0 + $1.steps.count } * lanes
    var done = 0
    for (term, reduction) in zip(terms, reductions) {
      let scale = try foldNorm(term, channels: channels, biases: &biases)
      let shape =
        weightRank == 4
        ? [channels, term.inChannels, term.kernelHeight, term.kernelWidth]
        : [channels, term.inChannels * term.kernelHeight * term.kernelWidth]
      let weight = try AlignedBuffer(count: shape.reduce(1, *))
      try source.read(term.weight, shape: shape, into: weight.floats)
      var group = 0
      while group * vectors < blocks {
        let width = min(vectors, blocks - group * vectors) * lanes
        let first = group * vectors * lanes
        let panel = panels + (first * panelStep / lanes + done * width)
        fill(panel, width: width, firstChannel: first, weight.base, scale, reduction, channels: channels)
        group += 1
      }
      done += reduction.steps.count
    }
    for channel in 0..<channels { out[channel] = Float(biases[channel]) }
  }

  /// One panel of one term.
  private func fill(
    _ panel: UnsafeMutablePointer<Float>, width: Int, firstChannel: Int, _ weight: UnsafePointer<Float>,
    _ scale: [Double], _ reduction: Reduction, channels: Int
  ) {
    let rowLength = reduction.inputElements
    reduction.steps.withUnsafeBufferPointer { steps in
      for column in 0..<min(width, channels - firstChannel) {
        let row = weight + (firstChannel + column) * rowLength
        let factor = scale[firstChannel + column]
        var out = panel + column
        for element in steps {
          out.pointee = element < 0 ? 0 : Float(Double(row[element]) * factor)
          out += width
        }
      }
    }
  }

  /// Per output channel, what batch norm multiplies the weights with; adds what it leaves to the bias.
  func foldNorm(
    _ term: LayerTerm, channels: Int, biases: inout [Double]
  ) throws(ModelError) -> [Double] {
    var scale = [Double](repeating: 1, count: channels)
    var own = [Double](repeating: 0, count: channels)
    if let bias = term.bias { own = try doubles(bias, channels) }
    if let norm = term.norm {
      let gamma = try doubles(norm.path + ".weight", channels)
      let beta = try doubles(norm.path + ".bias", channels)
      let mean = try doubles(norm.path + ".running_mean", channels)
      let variance = try doubles(norm.path + ".running_var", channels)
      for channel in 0..<channels {
        scale[channel] = gamma[channel] / (variance[channel] + norm.epsilon).squareRoot()
        own[channel] = beta[channel] + (own[channel] - mean[channel]) * scale[channel]
      }
    }
    for channel in 0..<channels { biases[channel] += own[channel] }
    return scale
  }

  private func doubles(_ name: String, _ count: Int) throws(ModelError) -> [Double] {
    let buffer = try AlignedBuffer(count: count)
    try source.read(name, shape: [count], into: buffer.floats)
    return buffer.floats.map { Double($0) }
  }

  func read(_ name: String, _ shape: [Int], to out: UnsafeMutablePointer<Float>) throws(ModelError) {
    try source.read(name, shape: shape, into: UnsafeMutableBufferPointer(start: out, count: shape.reduce(1, *)))
  }
}

/// The order in which a kernel meets the elements of one output channel's weights.
private struct Reduction {
  /// Of each step the element's position in a row of the weight tensor; -1 for a lane without a channel.
  let steps: [Int]
  let inputElements: Int

  init(_ term: LayerTerm, place: ValuePlace, lanes: Int) {
    let area = term.kernelHeight * term.kernelWidth
    inputElements = term.inChannels * area
    var steps: [Int] = []
    if place.lanes == 1 {
      steps = Array(0..<inputElements)
    } else {
      let lanesRead = min(lanes, term.inChannels)
      for block in 0..<place.blocks {
        for tap in 0..<area {
          for lane in 0..<lanesRead {
            let channel = block * lanes + lane
            steps.append(channel < term.inChannels ? channel * area + tap : -1)
          }
        }
      }
    }
    self.steps = steps
  }
}
