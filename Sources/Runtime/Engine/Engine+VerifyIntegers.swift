// SPDX-License-Identifier: Apache-2.0
// Kernels in whole numbers held against the integer interpreter, bit for bit, layer by layer. Each layer is computed from
// what the kernels before it left, so that where floats stand between them a last bit that may differ changes no number
// after it.

extension Engine {
  /// Runs one batch both ways. What is computed from whole numbers must be the same bits, but for activations that are
  /// approximations; those and layers that compute in floats have an allowance.
  ///
  /// - Parameters:
  ///   - weights: Tensors as trained, where this engine's weights came from.
  ///   - path: Their ranges; random weights do without.
  package func verifyIntegers(
    weights: String, ranges path: String?, seed: UInt64 = 1
  ) throws(ModelError) -> [LayerError] {
    let source = try WeightSource(weights)
    let plan = try RunnablePlan(of: description, isa: isa, precision: .int8)
    guard let ranges = try plan.ranges(path, source, description, weights) else { return [] }
    let interpreter = try IntegerInterpreter(
      layers, places.map(\.number), ranges, source, algorithms: steps.map(\.algorithm))
    let pixels = try AlignedBuffer(count: batch * inputShape.count)
    RandomTensors(seed: seed).fill(
      pixels.floats, name: "input", shape: [batch, inputShape.channels, inputShape.height, inputShape.width])
    let workspace = try makeWorkspace()
    workspace.buffer.floats.update(repeating: .nan)
    load(try images(UnsafeBufferPointer(pixels.floats), for: workspace), into: workspace.memory, 0, inputUnits)
    let lastUse = layers.lastUse
    var plain = [[QuantizedValue]](repeating: [], count: layers.count)
    var errors: [LayerError] = []
    for (index, layer) in layers.enumerated() {
      for image in 0..<batch {
        let size = inputShape.count
        let inputs: [QuantizedValue] =
          layer.inputs.isEmpty
          ? [.floats(Array(pixels.floats[image * size..<(image + 1) * size]))] : layer.inputs.map { plain[$0][image] }
        plain[index].append(try interpreter.value(of: index, inputs))
      }
      if steps[index].kernel >= 0 { callAlone(steps[index], workspace.memory) }
      if index == 0 || steps[index].kernel >= 0 {
        var error = try compare(index, plain[index], workspace)
        if !isExact(index) { error.allowance = Precision.float32.tolerance }
        errors.append(error)
        plain[index] = try found(index, workspace)
      }
      for input in layer.inputs where lastUse[input] == index { plain[input] = [] }
    }
    return errors
  }

  /// Whether a layer's kernel must give the interpreter's bits.
  private func isExact(_ index: Int) -> Bool {
    let layer = layers[index]
    let isClamped = [.linear, .relu, .relu6].contains(layer.sumActivation ?? .linear)
    return places[index].number.isQuantized || index == 0
      || isClamped && layer.inputs.contains { places[$0].number.isQuantized }
  }

  /// A layer's value as its kernel left it, image by image.
  private func found(_ layer: Int, _ workspace: borrowing Workspace) throws(ModelError) -> [QuantizedValue] {
    let count = layers[layer].shape.count
    guard !places[layer].number.isQuantized else {
      return (0..<batch).map { .integers(integers(of: layer, $0, in: workspace.memory)) }
    }
    let fast = try AlignedBuffer(count: batch * count)
    unpack(layer: layer, from: workspace, into: fast.floats)
    return (0..<batch).map { .floats(Array(fast.floats[$0 * count..<($0 + 1) * count])) }
  }

  private func compare(
    _ layer: Int, _ plain: [QuantizedValue], _ workspace: borrowing Workspace
  ) throws(ModelError) -> LayerError {
    let shape = layers[layer].shape
    let fast = try AlignedBuffer(count: batch * shape.count)
    unpack(layer: layer, from: workspace, into: fast.floats)
    var (difference, magnitude) = (0.0, 0.0)
    let scale = valueScales[layer]
    for (image, value) in plain.enumerated() {
      for (at, number) in value.values(scale).enumerated() {
        magnitude = max(magnitude, Double(number.magnitude))
        let distance = abs(Double(fast.floats[image * shape.count + at]) - Double(number))
        difference = max(difference, distance.isNaN ? .infinity : distance)
      }
    }
    return LayerError(
      name: layers[layer].name, shape: shape, relative: difference == 0 ? 0 : difference / magnitude,
      magnitude: magnitude)
  }
}
