// SPDX-License-Identifier: Apache-2.0
// Ranges where nobody has any: random weights mean nothing, and neither does what their values are held to, so one random
// image says it. For timings and tests.

extension RunnablePlan {
  /// What the integers of an int8 plan stand for; `nil` of others.
  ///
  /// - Parameters:
  ///   - path: of a file of ranges, if there is one.
  ///   - weights: What was given as weights, for errors and for random ones.
  func ranges(
    _ path: String?, _ source: WeightSource, _ model: ModelDescription, _ weights: String
  ) throws(ModelError) -> Ranges? {
    guard precision == .int8 else { return nil }
    if let path { return try Ranges(contentsOf: path) }
    guard source.isRandom else { throw .rangesNeeded(path: weights) }
    let shape = layers[0].shape
    var pixels = [Float](repeating: 0, count: shape.count)
    pixels.withUnsafeMutableBufferPointer {
      RandomTensors(seed: 1).fill($0, name: "input", shape: [1, shape.channels, shape.height, shape.width])
    }
    guard model.has(.float32) else {
      return try Self.ranges(of: pixels, layers, source, model.name)
    }
    return try Engine(model, weights: weights, threads: 1, isa: nil).ranges(of: pixels, source)
  }

  /// By the plain network, which takes its time.
  private static func ranges(
    of pixels: [Float], _ layers: [LayerRecord], _ source: WeightSource, _ name: String
  ) throws(ModelError) -> Ranges {
    let tensors = PlainTensors(source: source)
    var ranges = Ranges(network: name)
    var values: [[Double]] = []
    for (index, layer) in layers.enumerated() {
      let inputs = layer.inputs.isEmpty ? [pixels.map { Double($0) }] : layer.inputs.map { values[$0] }
      values.append(try layer.kind.value(inputs, layers.shapes(around: index), tensors))
      ranges[layer.name] = Ranges.Range(values[index].lazy.map { Float($0) })
    }
    return ranges
  }
}

extension Engine {
  /// The smallest and the largest of each layer's values for one image, step by step.
  ///
  /// - Parameter source: where this engine's weights came from.
  func ranges(of pixels: [Float], _ source: WeightSource) throws(ModelError) -> Ranges {
    let workspace = try makeWorkspace()
    var ranges = Ranges(network: description.name)
    func values(of layer: Int) throws(ModelError) -> ArraySlice<Float> {
      let values = try AlignedBuffer(count: batch * layers[layer].shape.count)
      unpack(layer: layer, from: workspace, into: values.floats)
      return Array(values.floats)[..<layers[layer].shape.count]
    }
    try pixels.withUnsafeBufferPointer { pixels throws(ModelError) in
      load(try images(pixels, for: workspace), into: workspace.memory, 0, inputUnits)
      for (index, layer) in layers.enumerated() {
        if steps[index].kernel >= 0 { callAlone(steps[index], workspace.memory) }
        guard steps[index].kernel < 0, layer.kind is ConvolutionLayer else {
          ranges[layer.name] = Ranges.Range(try values(of: index))
          continue
        }
        // Its reader computes it and keeps it nowhere; what it reads is there still.
        var inputs: [[Double]] = []
        for input in layer.inputs { inputs.append(try values(of: input).map { Double($0) }) }
        let plain = try layer.kind.value(inputs, layers.shapes(around: index), PlainTensors(source: source))
        ranges[layer.name] = Ranges.Range(plain.lazy.map { Float($0) })
      }
    }
    return ranges
  }
}

extension Ranges.Range {
  fileprivate init(_ values: some Sequence<Float>) {
    var (low, high) = (Float.infinity, -Float.infinity)
    for value in values { (low, high) = (min(low, value), max(high, value)) }
    self.init(low: low, high: high)
  }
}
