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
  init(_ layer: LayerRecord, inputs: [LayerShape], algorithm: StepAlgorithm, batch: Int, weightFloats: Int) {
    let area = layer.shape.height * layer.shape.width
    var values = Double(layer.shape.count)
    var read = inputs.map { Double($0.count) }
    switch layer.kind {
    case .input:
      values += Double(layer.shape.count)
    case .convolution(let terms, let residual, _):
      for (index, term) in terms.enumerated() {
        let taps = term.kernelHeight * term.kernelWidth
        let channels = 2 * Double(layer.shape.channels * term.inChannels)
        flops += channels * Double(area * taps)
        if case .winograd(let tile, _, _) = algorithm, tile > 0, taps == 9 {
          let tiles = (layer.shape.height + tile - 1) / tile * ((layer.shape.width + tile - 1) / tile)
          let size = term.stride * (tile - 1) + 3
          executed += channels * Double(tiles * size * size)
        } else {
          executed += channels * Double(area * taps)
        }
        // A kernel that is smaller than its stride passes over the rest.
        read[index] *= Double(min(term.kernelHeight, term.stride)) / Double(term.stride)
        read[index] *= Double(min(term.kernelWidth, term.stride)) / Double(term.stride)
      }
      if case .zeroPadded(let stride, _) = residual, terms.count < read.count {
        read[terms.count] /= Double(stride * stride)
      }
    case .linear:
      flops = 2 * Double(layer.shape.count) * (read.first ?? 0)
      executed = flops
    case .zeroPad(let stride, _):
      read = read.map { $0 / Double(stride * stride) }
    case .maxPool, .averagePool, .globalAveragePool, .add, .activation: break
    }
    values += read.reduce(0, +)
    flops *= Double(batch)
    executed *= Double(batch)
    valueBytes = values * 4 * Double(batch)
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
    let begins = steps.filter { $0.vectors > 0 }.map(\.weights).sorted() + [weights.count]
    var works = layers.indices.map { index in
      let step = steps[index]
      let end = begins.first { $0 > step.weights } ?? step.weights
      return LayerWork(
        layers[index], inputs: layers[index].inputs.map { layers[$0].shape }, algorithm: step.algorithm, batch: batch,
        weightFloats: step.vectors > 0 ? end - step.weights : 0)
    }
    // What a pool does itself is counted as nothing, and the map between it and its convolution is not in memory.
    for (index, step) in steps.enumerated() {
      guard let convolution = step.convolution else { continue }
      works[index] = works[convolution]
      works[index].valueBytes += Double(4 * batch * (layers[index].shape.count - layers[convolution].shape.count))
    }
    return works
  }

  /// `direct`, `winograd F(4x4)`, `max pool`, `direct, max pool`: how a layer is computed.
  func algorithmName(_ index: Int) -> String {
    let pooled = steps[index].convolution.map { algorithmName($0) + ", " } ?? ""
    return pooled + ownAlgorithmName(index)
  }

  private func ownAlgorithmName(_ index: Int) -> String {
    switch layers[index].kind {
    case .input: return "copy"
    case .convolution(let terms, _, _):
      if case .winograd(let tile, _, _) = steps[index].algorithm { return "winograd F(\(tile)x\(tile))" }
      return terms.count > 1 ? "direct, \(terms.count) terms" : "direct"
    case .linear: return "direct"
    case .maxPool: return "max pool"
    case .averagePool: return "average pool"
    case .globalAveragePool: return "global pool"
    case .add: return "add"
    case .activation: return "activation"
    case .zeroPad: return "zero pad"
    }
  }
}
