// SPDX-License-Identifier: Apache-2.0
// What a step has to do, and the time below which this machine cannot do it: a roofline with two roofs for bytes,
// because weights come from as far as all weights together reach, and activations from a cache that holds the arena.

/// The work of one step on one batch.
struct LayerWork: Sendable, Equatable {
  /// Of the layer as it is defined: two for each multiply-add.
  var flops = 0.0
  /// Of the algorithm, by what it multiplies: fewer than `flops` for Winograd. Its transforms are not counted.
  var operations: [Multiplicand: Double] = [:]
  /// Packed weights, biases included.
  var weightBytes = 0.0
  /// Inputs, as far as they are read, residual and output, halo and padding left out.
  var valueBytes = 0.0

  /// - Parameters:
  ///   - numberBytes: of a number of each input, and of the output.
  ///   - weightFloats: words that the step has packed.
  init(
    _ kind: any LayerKind, _ shapes: LayerShapes, algorithm: StepAlgorithm, multiplicand: Multiplicand?, batch: Int,
    numberBytes: (inputs: [Int], output: Int), weightFloats: Int
  ) {
    flops = 2 * kind.multiplyAdds(shapes, by: .direct) * Double(batch)
    if let multiplicand {
      operations[multiplicand] = 2 * kind.multiplyAdds(shapes, by: algorithm) * Double(batch)
    }
    let written = Double(shapes.output.count * numberBytes.output)
    // The image is read from where it was given, as floats.
    let read =
      shapes.inputs.isEmpty
      ? Double(4 * shapes.output.count)
      : zip(kind.reads(shapes.inputs), numberBytes.inputs).reduce(0) { $0 + $1.0 * Double($1.1) }
    valueBytes = (written + read) * Double(batch)
    weightBytes = Double(weightFloats * 4)
  }

  /// What it multiplies, several where it computes two layers.
  var multiplicands: [Multiplicand] { Multiplicand.allCases.filter { operations[$0] != nil } }
  var executed: Double { multiplicands.reduce(0) { $0 + (operations[$1] ?? 0) } }

  /// What a step waits for at best.
  enum Limit: String, Sendable {
    /// Multiply-adds at the machine's peak for numbers of their type.
    case arithmetic
    /// Bytes, most of them weights.
    case weights
    /// Bytes, most of them activations.
    case values
  }

  /// The shortest time in seconds that the machine allows, and what makes it so; `nil` where the peak for what it
  /// multiplies is not known.
  func bound(_ machine: MachineLimits) -> (seconds: Double, limit: Limit)? {
    var arithmetic = 0.0
    for multiplicand in multiplicands {
      guard let peak = machine.peaks[multiplicand] else { return nil }
      arithmetic += (operations[multiplicand] ?? 0) / peak
    }
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
        layers[index].kind, layers.shapes(around: index), algorithm: step.algorithm,
        multiplicand: multiplicand(index), batch: batch,
        numberBytes: (layers[index].inputs.map { places[$0].numberBytes }, places[index].numberBytes),
        weightFloats: step.vectors > 0 ? end - step.ownWeights : 0)
    }
    // What a pool does itself is counted as nothing, and the map between it and its convolution is not in memory.
    for (index, step) in steps.enumerated() {
      guard let convolution = step.convolution else { continue }
      let own = works[index]
      works[index] = works[convolution]
      works[index].flops += own.flops
      for (multiplicand, count) in own.operations { works[index].operations[multiplicand, default: 0] += count }
      works[index].weightBytes += own.weightBytes
      func bytes(_ index: Int) -> Int { layers[index].shape.count * places[index].numberBytes }
      works[index].valueBytes += Double(batch * (bytes(index) - bytes(convolution)))
    }
    return works
  }

  /// `direct`, `winograd F(4x4)`, `max pool`, `direct, max pool`: how a layer is computed.
  func algorithmName(_ index: Int) -> String {
    let pooled = steps[index].convolution.map { algorithmName($0) + ", " } ?? ""
    return pooled + layers[index].kind.name(of: steps[index].algorithm)
  }
}
