// SPDX-License-Identifier: Apache-2.0
// What a step has to do, and the time below which this machine cannot do it: a roofline with two roofs for bytes,
// because weights come from as far as all weights together reach, and activations from a cache that holds the arena.

/// The work of one step on one batch.
struct LayerWork: Sendable, Equatable {
  /// Of the layer as it is defined: two for each multiply-add.
  var flops = 0.0
  /// Of the algorithm: fewer than `flops` for Winograd. Its transforms are not counted.
  var executed = 0.0
  /// Packed weights, biases included.
  var weightBytes = 0.0
  /// Inputs, as far as they are read, residual and output, halo and padding left out.
  var valueBytes = 0.0

  /// - Parameter weightFloats: how many the step has packed.
  init(_ kind: any LayerKind, _ shapes: LayerShapes, algorithm: StepAlgorithm, batch: Int, weightFloats: Int) {
    flops = 2 * kind.multiplyAdds(shapes, by: .direct) * Double(batch)
    executed = 2 * kind.multiplyAdds(shapes, by: algorithm) * Double(batch)
    // The image is read from where it was given.
    let read = shapes.inputs.isEmpty ? [Double(shapes.output.count)] : kind.reads(shapes.inputs)
    valueBytes = (Double(shapes.output.count) + read.reduce(0, +)) * 4 * Double(batch)
    weightBytes = Double(weightFloats * 4)
  }

  /// What a step waits for at best.
  enum Limit: String, Sendable {
    /// Multiply-adds at the machine's peak.
    case arithmetic
    /// Bytes, most of them weights.
    case weights
    /// Bytes, most of them activations.
    case values
  }

  /// The shortest time in seconds that the machine allows, and what makes it so.
  func bound(_ machine: MachineLimits) -> (seconds: Double, limit: Limit) {
    let arithmetic = executed / machine.flops
    guard let weights = machine.weights.map({ weightBytes / $0 }),
      let values = machine.values.map({ valueBytes / $0 }), weights + values > arithmetic
    else { return (arithmetic, .arithmetic) }
    return (weights + values, weights > values ? .weights : .values)
  }
}

extension Engine {
  /// The work of every layer.
  func work() -> [LayerWork] {
    // A step's weights end where the next ones begin.
    let begins = steps.filter { $0.vectors > 0 }.map(\.ownWeights).sorted() + [weights.count]
    var works = layers.indices.map { index in
      let step = steps[index]
      let end = begins.first { $0 > step.ownWeights } ?? step.ownWeights
      return LayerWork(
        layers[index].kind, layers.shapes(around: index), algorithm: step.algorithm, batch: batch,
        weightFloats: step.vectors > 0 ? end - step.ownWeights : 0)
    }
    // What a pool does itself is counted as nothing, and the map between it and its convolution is not in memory.
    for (index, step) in steps.enumerated() {
      guard let convolution = step.convolution else { continue }
      let own = works[index]
      works[index] = works[convolution]
      works[index].flops += own.flops
      works[index].executed += own.executed
      works[index].weightBytes += own.weightBytes
      works[index].valueBytes += Double(4 * batch * (layers[index].shape.count - layers[convolution].shape.count))
    }
    return works
  }

  /// `direct`, `winograd F(4x4)`, `max pool`, `direct, max pool`: how a layer is computed.
  func algorithmName(_ index: Int) -> String {
    let pooled = steps[index].convolution.map { algorithmName($0) + ", " } ?? ""
    return pooled + layers[index].kind.name(of: steps[index].algorithm)
  }
}
