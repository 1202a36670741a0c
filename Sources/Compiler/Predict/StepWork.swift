// What each step of a plan has to do: operations and bytes, of a whole batch. The first four numbers are those of `bench
// --per-layer` (`Sources/Runtime/Command/PerLayerWork.swift`, which counts from a generated package's tables); a test
// holds the two against each other. `issued` only a plan can tell.
internal import ResNetDSL

/// The work of one step on one batch.
package struct StepWork: Hashable, Sendable {
  /// Of the layer as it is defined: two for each multiply-add.
  package var flops = 0.0
  /// Of the algorithm: fewer than `flops` for Winograd, whose transforms are not counted.
  package var executed = 0.0
  /// What the vectors do, by what they multiply: `executed`, and the lanes that hold no channel.
  package var operations: [Multiplicand: Double] = [:]
  /// What the vectors could do while Winograd's transforms keep them from it, by the cost model that chooses algorithms
  /// (`WinogradKernel.transformCycles`).
  package var transforms = 0.0
  /// Packed weights, biases included.
  package var weightBytes = 0.0
  /// Inputs, as far as they are read, residual and output, halo and padding left out.
  package var valueBytes = 0.0

  /// Of all types.
  package var issued: Double { multiplicands.reduce(0) { $0 + (operations[$1] ?? 0) } }
  /// What is multiplied, several where a step computes two layers.
  package var multiplicands: [Multiplicand] { Multiplicand.allCases.filter { operations[$0] != nil } }
  package var bytes: Double { weightBytes + valueBytes }

  /// Nothing: the copying out of the logits.
  init() {}

  static func + (a: StepWork, b: StepWork) -> StepWork {
    var sum = a
    sum.flops += b.flops
    sum.executed += b.executed
    sum.operations.merge(b.operations, uniquingKeysWith: +)
    sum.transforms += b.transforms
    sum.weightBytes += b.weightBytes
    sum.valueBytes += b.valueBytes
    return sum
  }
}

extension StepWork {
  /// Of copying the images, which are floats, into the arena.
  init(copyingInto layout: Layout, batch: Int) {
    valueBytes = Double(layout.shape.count * (4 + layout.numberBytes)) * Double(batch)
  }

  init(_ step: Step, of plan: Plan) {
    let kernel = plan.kernels[step.kernel]
    // What a pool does itself is counted as nothing, and the map between it and its convolution is not in memory.
    let node = plan.graph[step.convolution ?? step.node]
    let shapes = plan.graph.shapes(around: node)
    let definition = node.operation.definition
    let batch = Double(plan.batch)
    flops = 2 * Double(definition.cost(shapes).macs) * batch
    executed = flops
    if case .winograd(let kernel) = kernel {
      // In place of nine taps for each pixel, as many positions as a tile has for each tile.
      executed = flops / Double(9 * node.shape.height * node.shape.width)
      executed *= Double(kernel.tilesDown * kernel.tilesAcross * kernel.transform.positions)
    }
    operations = kernel.issued(plan.target)
    if case .winograd(let kernel) = kernel { transforms = kernel.transformCycles * plan.target.peakFlopsPerCycle }
    weightBytes = Double((step.weights?.paddedFloats ?? 0) * 4)
    let read = zip(definition.reads(shapes.inputs), node.inputs).reduce(0) {
      $0 + $1.0 * Double(plan.layouts[$1.1.index].numberBytes)
    }
    let written = plan.graph[step.node].shape.count * plan.layouts[step.node.index].numberBytes
    valueBytes = (read + Double(written)) * batch
    guard let own = step.readerWeights else { return }
    let reader = plan.graph[step.node]
    let second = 2 * Double(reader.operation.definition.cost(plan.graph.shapes(around: reader)).macs) * batch
    flops += second
    executed += second
    weightBytes += Double(own.paddedFloats * 4)
  }
}

extension Target {
  /// Two vectors of multiply-adds a cycle, or of multiplications and additions by turns.
  fileprivate var peakFlopsPerCycle: Double { Double(lanes * 2 * (hasFMA ? 2 : 1)) }
}

extension PackedWeights {
  /// Up to where the next step's weights may begin.
  fileprivate var paddedFloats: Int { (floats + 15) / 16 * 16 }
}

extension Layout {
  /// Bytes of a number.
  var numberBytes: Int { 4 / wordChannels }
}
