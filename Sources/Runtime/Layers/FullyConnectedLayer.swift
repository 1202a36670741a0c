// SPDX-License-Identifier: Apache-2.0
// A fully connected layer: `activation(norm(weight * x + bias))`, of its input flattened in channel, row, column order.

struct FullyConnectedLayer: LayerKind {
  let activation: LayerActivation
  let weight: String
  let bias: String?
  /// Path of the batch norm's four tensors, and its epsilon.
  let norm: (path: String, epsilon: Double)?
  /// Of each channel of the weights that of the value that is read; empty where they are the same.
  let order: [Int]
  static let words = ["linear"]

  init(_ line: inout LayerLine) throws(ModelError) {
    activation = try LayerActivation(&line)
    weight = try line.options.word("weight")
    bias = try line.options.name("bias")
    let path = try line.options.name("norm")
    let epsilon = try line.options.double("eps", default: 1e-5)
    norm = path.map { ($0, epsilon) }
    order = try GatherLayer.list(&line.options)
  }

  func tensors(_ shapes: LayerShapes) -> [TensorSpec] {
    let channels = shapes.output.channels
    return [TensorSpec(name: weight, shape: [channels, shapes.inputs[0].count])]
      + (bias.map { [TensorSpec(name: $0, shape: [channels])] } ?? [])
      + (norm.map { norm in normParts.map { TensorSpec(name: "\(norm.path).\($0)", shape: [channels]) } } ?? [])
      + activation.tensors(channels)
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    let features = shapes.inputs[0].count
    let channels = shapes.output.channels
    var matrix = try tensors.values(weight, [channels, features])
    let term = try self.term(shapes.inputs[0])
    matrix.withUnsafeMutableBufferPointer { term.put($0, from: channels) }
    var sum = [Double](repeating: 0, count: channels)
    if let bias { sum = try tensors.values(bias, [channels]) }
    for row in sum.indices {
      for column in 0..<features { sum[row] += matrix[row * features + column] * inputs[0][column] }
    }
    if let norm {
      var parts: [[Double]] = []
      for part in normParts { parts.append(try tensors.values("\(norm.path).\(part)", [channels])) }
      for row in sum.indices {
        sum[row] =
          (sum[row] - parts[2][row]) / (parts[3][row] + norm.epsilon).squareRoot() * parts[0][row] + parts[1][row]
      }
    }
    return try activation.value(sum, shapes.output, tensors)
  }

  func pack(_ packer: WeightPacker, layer: Int, into out: UnsafeMutablePointer<Float>) throws(ModelError) {
    let term = try term(packer.places[packer.layers[layer].inputs[0]].shape)
    try packer.packSum([term], activation, layer: layer, into: out, weightRank: 2)
  }

  /// A convolution whose kernel is the whole map.
  func term(_ input: LayerShape) throws(ModelError) -> ConvolutionTerm {
    guard order.isEmpty || order.sorted() == Array(0..<input.channels) else {
      throw .invalidPlan(
        reason: "a fully connected layer of \(input.channels) channels reads \(order.count) in another order")
    }
    return ConvolutionTerm(
      kernelHeight: input.height, kernelWidth: input.width, stride: 1, padding: WindowPadding(0, 0), dilation: 1,
      groups: 1, inChannels: input.channels, weight: weight, bias: bias, norm: norm, order: order)
  }

  func multiplyAdds(_ shapes: LayerShapes, by algorithm: StepAlgorithm) -> Double {
    Double(shapes.output.count) * Double(shapes.inputs[0].count)
  }

  func name(of algorithm: StepAlgorithm) -> String { "direct" }
}

/// The tensors of a batch norm, in its module.
private let normParts = ["weight", "bias", "running_mean", "running_var"]
