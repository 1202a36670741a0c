// What a network takes on a machine that may be elsewhere: for each step of its plan the time below which the machine
// cannot do it, what Winograd's transforms add, and the sum. The bound is that of `bench --per-layer`
// (docs/per-layer.md), with rates from a description in place of a measurement, and with the lanes counted that hold no
// channel.
internal import ResNetDSL

/// One network on one machine.
package struct Prediction: Sendable {
  package let model: String
  package let machine: Machine
  /// The plan's: what computes in another precision than float32 may have more than the machine's.
  package let target: Target
  package let batch: Int
  /// In order of execution, the copying in and out included, as `bench --per-layer` lists them.
  package private(set) var layers: [PredictedLayer]
  /// Where weights come from: the nearest level that holds all that one pass reads.
  package let weightLevel: Machine.Level
  /// Where activations come from: the nearest level that holds the arena.
  package let valueLevel: Machine.Level

  /// - Parameter machine: of the plan's instruction set, with the peaks of all that it multiplies (`Machine.best`).
  package init(_ plan: Plan, on machine: Machine) {
    let valueLevel = machine.level(of: plan.arenaBytes)
    let weightLevel = machine.level(of: plan.arenaBytes + plan.weightBytes)
    let rates = (weights: machine.gbps(weightLevel) * 1e9, values: machine.gbps(valueLevel) * 1e9)
    func arithmetic(_ work: StepWork) -> Double {
      work.multiplicands.reduce(0) { seconds, multiplicand in
        guard let peak = machine.peak(multiplicand) else { preconditionFailure("no peak of \(multiplicand)") }
        return seconds + (work.operations[multiplicand] ?? 0) / (peak * 1e9)
      }
    }
    func layer(_ node: Node, _ algorithm: String, _ work: StepWork) -> PredictedLayer {
      PredictedLayer(
        name: node.name, stage: node.stage ?? node.name, algorithm: algorithm, work: work,
        bound: TimeBound(
          arithmetic: arithmetic(work), weights: work.weightBytes / rates.weights,
          values: work.valueBytes / rates.values),
        transforms: work.transforms / (machine.gflops * 1e9))
    }
    let input = plan.graph.nodes[0]
    let copy = StepWork(copyingInto: plan.layouts[0], batch: plan.batch)
    layers =
      [layer(input, "copy", copy)]
      + plan.steps.map { step in
        layer(plan.graph[step.convolution ?? step.node], plan.algorithmName(step), StepWork(step, of: plan))
      }
    layers.append(
      PredictedLayer(
        name: "output", stage: "output", algorithm: "copy", work: StepWork(),
        bound: TimeBound(arithmetic: 0, weights: 0, values: 0), transforms: 0))
    model = plan.graph.name
    batch = plan.batch
    self.machine = machine
    target = plan.target
    self.weightLevel = weightLevel
    self.valueLevel = valueLevel
  }

  /// What its layers multiply, and at most how fast, in 10^9 operations a second.
  package var peaks: [(multiplicand: Multiplicand, gops: Double)] {
    work.multiplicands.map { ($0, machine.peak($0) ?? 0) }
  }

  /// Of all layers.
  package var work: StepWork { layers.reduce(StepWork()) { $0 + $1.work } }
  /// The layers' times added up.
  package var seconds: Double { layers.reduce(0) { $0 + $1.seconds } }
  /// The layers' bounds added up, in seconds.
  package var boundSeconds: Double { layers.reduce(0) { $0 + $1.bound.seconds } }
  /// The layers' measured times added up, if all are known.
  package var measuredSeconds: Double? {
    layers.reduce(0) { sum, layer in sum.flatMap { sum in layer.measured.map { sum + $0 } } }
  }

  /// The same with the best times of a measurement, in seconds, one for each layer.
  package func measured(_ times: [Double]) -> Prediction {
    var result = self
    for (index, time) in zip(layers.indices, times) { result.layers[index].measured = time }
    return result
  }

  /// Layers that take at least half as long again as predicted, or two thirds at most, where that is a hundredth of the
  /// network's time or more; what costs most comes first.
  package var surprises: [PredictedLayer] {
    guard let total = measuredSeconds else { return [] }
    func gap(_ layer: PredictedLayer) -> Double { abs((layer.measured ?? 0) - layer.seconds) }
    return layers.enumerated().filter { _, layer in
      guard let ratio = layer.ratio else { return false }
      return (ratio >= 1.5 || ratio <= 1 / 1.5) && gap(layer) >= total / 100
    }
    .sorted { (gap($1.element), $0.offset) < (gap($0.element), $1.offset) }.map(\.element)
  }
}

/// A step of a network: what it has to do, and how long that takes at least.
package struct PredictedLayer: Sendable {
  package let name: String
  /// The row of the source.
  package let stage: String
  /// As `bench --per-layer` names it: `direct`, `winograd F(4x4)`, `direct, max pool`.
  package let algorithm: String
  package let work: StepWork
  package let bound: TimeBound
  /// Seconds of Winograd's transforms, which hide nothing and hide behind nothing.
  package let transforms: Double
  /// What the step is expected to take.
  package var seconds: Double { bound.seconds + transforms }
  /// The best time of a measurement, in seconds.
  package internal(set) var measured: Double?

  /// Measured in predicted times; `nil` where either is unknown.
  package var ratio: Double? {
    measured.flatMap { seconds > 0 ? $0 / seconds : nil }
  }
}

/// The parts of a roofline, in seconds. Bytes of both kinds pass one after the other, and beside the arithmetic.
package struct TimeBound: Hashable, Sendable {
  package let arithmetic: Double
  package let weights: Double
  package let values: Double

  package enum Limit: String, Sendable { case arithmetic, weights, values }

  package var seconds: Double { max(arithmetic, weights + values) }

  /// What a step waits for; `nil` for a step that does nothing.
  package var limit: Limit? {
    if seconds <= 0 { return nil }
    return weights + values > arithmetic ? weights > values ? .weights : .values : .arithmetic
  }
}

extension Plan {
  /// How a step is computed, in the words of `bench --per-layer`.
  func algorithmName(_ step: Step) -> String {
    let node = graph[step.node]
    switch kernels[step.kernel] {
    case .winograd(let kernel): return "winograd F(\(kernel.transform.tile)x\(kernel.transform.tile))"
    case .convolution, .depthwise:
      if let term = node.operation.groupedTerm {
        return term.groups == term.inChannels ? "depthwise" : "direct, \(term.groups) groups"
      }
      return Self.direct(terms: node.operation.termCount)
    case .separable(let kernel): return "\(Self.direct(terms: kernel.convolution.terms.count)), depthwise"
    case .pooledConvolution(let kernel):
      return "\(Self.direct(terms: kernel.convolution.terms.count)), \(node.operation.poolName)"
    case .channelConvolution: return "over channels"
    case .adaptivePool: return "adaptive pool"
    case .gather: return "channels"
    case .upsample: return "upsample"
    case .pool: return node.operation.poolName
    case .elementwise:
      switch node.operation {
      case .add: return "add"
      case .multiply: return "product"
      case .blend: return "blend"
      case .batchNorm: return "batch norm"
      case .zeroPad: return "zero pad"
      case .scale: return "scale"
      default: return "activation"
      }
    case .sampleNorm(let kernel): return kernel.isOfPixels ? "layer norm" : "group norm"
    case .channelWindow(let kernel): return kernel.reduction == .maximum ? "maxout" : "local response norm"
    }
  }

  private static func direct(terms: Int) -> String { terms > 1 ? "direct, \(terms) terms" : "direct" }
}

extension Operation {
  fileprivate var termCount: Int { if case .convolution(let convolution) = self { convolution.terms.count } else { 1 } }

  fileprivate var poolName: String {
    switch self {
    case .maxPool: "max pool"
    case .averagePool: "average pool"
    case .adaptivePool: "adaptive pool"
    default: "global pool"
    }
  }
}
