// SPDX-License-Identifier: Apache-2.0
// A sum of convolutions, each with the batch norm that follows it, then a residual and an activation: what the compiler
// fuses into one pass over the output.

struct ConvolutionLayer: LayerKind {
  /// What is added before the activation.
  enum Residual: Sendable, Equatable {
    case none
    /// A value of the output's shape.
    case same
    /// Option A: a smaller value, subsampled and zero-padded on the way.
    case zeroPadded(ZeroPadLayer)
  }

  /// Term `i` reads input `i`; the residual the one after them.
  let terms: [ConvolutionTerm]
  let residual: Residual
  let activation: LayerActivation
  static let words = ["conv"]

  init(terms: [ConvolutionTerm], residual: Residual, activation: LayerActivation) {
    self.terms = terms
    self.residual = residual
    self.activation = activation
  }

  /// `conv 1x1, 64 to 256, 56x56, relu, reads A, weight W, norm N, and 1x1, from 64, reads B, ...`, or `adds B` for a
  /// residual, which is `adds B stride 2 from 16` where its channels begin in front of channel 16.
  init(_ line: inout LayerLine) throws(ModelError) {
    activation = try LayerActivation(&line)
    switch line.options.take("adds") {
    case nil: residual = .none
    case let words? where words.count == 1: residual = .same
    case let words?:
      guard words.count == 5 else { throw .invalidPlan(reason: "'adds' says \(words.count) things") }
      residual = .zeroPadded(ZeroPadLayer(stride: try number(words[2]), channelsBefore: try number(words[4])))
    }
    guard let entering = line.entering else { throw .invalidPlan(reason: "a convolution of no channels") }
    var tail = line.options.tail(from: "and")
    var terms = [try ConvolutionTerm(kernel: line.argument(), from: entering, &line.options)]
    while var term = tail {
      let kernel = try term.word("and")
      tail = term.tail(from: "and")
      terms.append(try ConvolutionTerm(kernel: kernel, from: term.int("from", default: 0), &term))
      try term.end()
    }
    self.terms = terms
  }

  func tensors(_ shapes: LayerShapes) -> [TensorSpec] {
    let channels = shapes.output.channels
    return terms.flatMap { $0.tensors(channels) } + activation.tensors(channels)
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    var sum = [Double](repeating: 0, count: shapes.output.count)
    for (position, term) in terms.enumerated() {
      try term.add(inputs[position], shapes.inputs[position], into: &sum, shapes.output, tensors)
    }
    let last = terms.count
    switch residual {
    case .none: break
    case .same: for i in sum.indices { sum[i] += inputs[last][i] }
    case .zeroPadded(let pad): pad.add(inputs[last], shapes.inputs[last], into: &sum, shapes.output)
    }
    return try activation.value(sum, shapes.output, tensors)
  }

  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    if case .winograd(_, packsTransformed: true, _) = packer.steps[layer].algorithm {
      try packer.packWinograd(terms, activation, layer: layer, into: out)
    } else {
      try packer.packSum(terms, activation, layer: layer, into: out)
    }
  }

  var sources: Int { terms.count }

  func multiplyAdds(_ shapes: LayerShapes, by algorithm: StepAlgorithm) -> Double {
    let output = shapes.output
    return terms.reduce(0) { sum, term in
      let channels = Double(output.channels * term.groupChannels)
      let taps = term.kernelHeight * term.kernelWidth
      guard case .winograd(let tile, _, _) = algorithm, tile > 0, taps == 9 else {
        return sum + channels * Double(output.height * output.width * taps)
      }
      let tiles = (output.height + tile - 1) / tile * ((output.width + tile - 1) / tile)
      let size = term.stride.rows * (tile - 1) + 3
      return sum + channels * Double(tiles * size * size)
    }
  }

  func reads(_ inputs: [LayerShape]) -> [Double] {
    inputs.enumerated().map { position, input in
      let values = Double(input.count)
      guard position < terms.count else {
        if case .zeroPadded(let pad) = residual { return values / Double(pad.stride * pad.stride) }
        return values
      }
      // A kernel that is smaller than its stride passes over the rest.
      let term = terms[position]
      func part(_ kernel: Int, _ stride: Int) -> Double { Double(min(kernel, stride)) / Double(stride) }
      return values * part(term.kernelHeight, term.stride.rows) * part(term.kernelWidth, term.stride.columns)
    }
  }

  func name(of algorithm: StepAlgorithm) -> String {
    if case .winograd(let tile, _, _) = algorithm { return "winograd F(\(tile)x\(tile))" }
    if let term = terms.first, term.groups > 1 {
      return term.groups == term.inChannels ? "depthwise" : "direct, \(term.groups) groups"
    }
    return terms.count > 1 ? "direct, \(terms.count) terms" : "direct"
  }
}

/// One convolution of a sum, with the batch norm that follows it.
struct ConvolutionTerm: Sendable {
  let kernelHeight: Int
  let kernelWidth: Int
  let stride: WindowStride
  let padding: WindowPadding
  let dilation: Int
  /// Of channels, each of which reads its share of the input.
  let groups: Int
  let inChannels: Int
  let weight: String
  let bias: String?
  /// Path of the batch norm's four tensors, and its epsilon.
  let norm: (path: String, epsilon: Double)?
  /// Name of a tensor of factors, one for each output channel, applied last.
  var scale: String?
  /// What is added to the variance of each output channel's weights, which are standardised; `nil` for weights as they are.
  var standardization: Double?
  /// Of each input channel of the weights the channel of the value that is read; empty where they are the same.
  var order: [Int] = []
}

extension ConvolutionTerm {
  fileprivate init(kernel: String, from channels: Int, _ line: inout TableLine) throws(ModelError) {
    (kernelHeight, kernelWidth) = try tableSize(kernel)
    stride = try WindowStride(&line)
    padding = try WindowPadding(&line)
    dilation = try line.int("dilation", default: 1)
    groups = try line.int("groups", default: 1)
    inChannels = channels
    weight = try line.word("weight")
    bias = try line.name("bias")
    let path = try line.name("norm")
    let epsilon = try line.double("eps", default: 1e-5)
    norm = path.map { ($0, epsilon) }
    scale = try line.name("scale")
    let added = try line.double("standardized", default: 0)
    standardization = added > 0 ? added : nil
    guard groups > 0, inChannels % groups == 0 else {
      throw .invalidPlan(reason: "\(inChannels) channels in \(groups) groups")
    }
    order = try GatherLayer.list(&line)
    guard order.isEmpty || groups == 1 && order.sorted() == Array(0..<inChannels) else {
      throw .invalidPlan(reason: "a convolution of \(inChannels) channels reads \(order.count) in another order")
    }
  }

  /// Puts weights, of so many output channels, into the order in which the value that is read has its channels.
  func put<Number>(_ weight: UnsafeMutableBufferPointer<Number>, from channels: Int) {
    guard !order.isEmpty else { return }
    let area = kernelHeight * kernelWidth
    for out in 0..<channels {
      let first = out * inChannels * area
      let row = Array(weight[first..<first + inChannels * area])
      for (own, read) in order.enumerated() {
        for tap in 0..<area { weight[first + read * area + tap] = row[own * area + tap] }
      }
    }
  }

  /// Input channels that one output channel reads.
  var groupChannels: Int { inChannels / groups }

  /// Whether each of so many output channels reads one of its own.
  func isDepthwise(_ channels: Int) -> Bool { groups > 1 && groups == inChannels && groups == channels }

  fileprivate func tensors(_ channels: Int) -> [TensorSpec] {
    var vectors = bias.map { [$0] } ?? []
    if let path = norm?.path { vectors += ["weight", "bias", "running_mean", "running_var"].map { path + "." + $0 } }
    if let scale { vectors.append(scale) }
    return [TensorSpec(name: weight, shape: [channels, groupChannels, kernelHeight, kernelWidth])]
      + vectors.map { TensorSpec(name: $0, shape: [channels]) }
  }

  fileprivate func add(
    _ input: [Double], _ from: LayerShape, into sum: inout [Double], _ to: LayerShape, _ tensors: PlainTensors
  ) throws(ModelError) {
    let area = kernelHeight * kernelWidth
    var weight = try tensors.values(weight, [to.channels, groupChannels, kernelHeight, kernelWidth])
    weight.withUnsafeMutableBufferPointer { put($0, from: to.channels) }
    if let standardization { standardize(&weight, channels: to.channels, standardization) }
    var scale = [Double](repeating: 1, count: to.channels)
    var shift = [Double](repeating: 0, count: to.channels)
    if let bias { shift = try tensors.values(bias, [to.channels]) }
    if let norm {
      let gamma = try tensors.values(norm.path + ".weight", [to.channels])
      let beta = try tensors.values(norm.path + ".bias", [to.channels])
      let mean = try tensors.values(norm.path + ".running_mean", [to.channels])
      let variance = try tensors.values(norm.path + ".running_var", [to.channels])
      for channel in 0..<to.channels {
        scale[channel] = gamma[channel] / (variance[channel] + norm.epsilon).squareRoot()
        shift[channel] = beta[channel] + (shift[channel] - mean[channel]) * scale[channel]
      }
    }
    if let name = self.scale {
      for (channel, factor) in try tensors.values(name, [to.channels]).enumerated() {
        scale[channel] *= factor
        shift[channel] *= factor
      }
    }
    var plane = [Double](repeating: 0, count: to.height * to.width)
    input.withUnsafeBufferPointer { input in
      for out in 0..<to.channels {
        for i in plane.indices { plane[i] = 0 }
        let first = out / (to.channels / groups) * groupChannels
        for channel in first..<first + groupChannels {
          for tap in 0..<area {
            let w = weight[(out * groupChannels + channel - first) * area + tap]
            let (dy, dx) = (tap / kernelWidth * dilation, tap % kernelWidth * dilation)
            for row in 0..<to.height {
              let y = row * stride.rows + dy - padding.top
              guard y >= 0, y < from.height else { continue }
              let line = (channel * from.height + y) * from.width
              for column in 0..<to.width {
                let x = column * stride.columns + dx - padding.left
                if x >= 0, x < from.width { plane[row * to.width + column] += w * input[line + x] }
              }
            }
          }
        }
        for i in plane.indices { sum[out * plane.count + i] += plane[i] * scale[out] + shift[out] }
      }
    }
  }
}

/// Takes the mean of each output channel's weights away and divides by the root of their variance.
private func standardize(_ weight: inout [Double], channels: Int, _ epsilon: Double) {
  let length = weight.count / channels
  for first in stride(from: 0, to: weight.count, by: length) {
    let row = weight[first..<first + length]
    let mean = row.reduce(0, +) / Double(length)
    let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(length)
    for index in row.indices { weight[index] = (weight[index] - mean) / (variance + epsilon).squareRoot() }
  }
}
