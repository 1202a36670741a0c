// From the scales of a quantised ONNX file to ranges of a model's layers: the file's graph is walked beside our plan's
// layers. A layer of weights is found by its weights, any other behind the values that it reads; its value's scale is that
// of the rounding at its end, after the activation and the sum that our plan computes in the same step.
package import ResNetRuntime

/// A layer of a plan, as far as a quantised file is held beside it.
package struct ModelLayer: Sendable {
  package enum Role: Sendable, Equatable {
    case image
    /// The names of its weights, a term each, and whether it adds another value.
    case sum(weights: [String], adds: Bool)
    case mean
    case addition
    /// Its value consists of numbers that it reads.
    case moves
    case other
  }

  package var name: String
  package var role: Role
  /// Places of layers before it.
  package var inputs: [Int]
  package var number: NumberType

  package init(name: String, role: Role, inputs: [Int], number: NumberType) {
    self.name = name
    self.role = role
    self.inputs = inputs
    self.number = number
  }
}

/// What a quantised file says of a model's values.
package struct QuantizedRanges: Sendable {
  package var ranges: Ranges
  package var notes: [String]
}

extension Checkpoint {
  /// The ranges of a model's layers.
  ///
  /// - Parameter names: Of each of the model's tensors what the file calls it.
  package func quantizedRanges(
    of layers: [ModelLayer], model: String, names: [String: String]
  ) throws(QuantizedFault) -> QuantizedRanges {
    guard let quantized else { throw .plain }
    var walk = QuantizedWalk(quantized, layers, names)
    return try walk.ranges(model)
  }
}

private struct QuantizedWalk {
  private let graph: QuantizedGraph
  private let layers: [ModelLayer]
  private let names: [String: String]
  /// Of each layer the names that its value has in the file.
  private var values: [Set<String>] = []
  private var grids: [IntegerGrid?] = []
  /// Layers that the file rounds more often than ours.
  private var roundedBefore = 0
  private var narrower = 0
  private var zeros: [QuantizedZero] = []

  init(_ graph: QuantizedGraph, _ layers: [ModelLayer], _ names: [String: String]) {
    (self.graph, self.layers, self.names) = (graph, layers, names)
  }

  private static let activations: Set<String> = ["Relu", "Clip", "Identity", "Dropout"]
  private static let means: Set<String> = ["GlobalAveragePool", "AveragePool", "ReduceMean"]
  private static let moves: Set<String> = [
    "MaxPool", "GlobalMaxPool", "Concat", "Pad", "Resize", "Transpose", "Reshape",
  ]

  mutating func ranges(_ model: String) throws(QuantizedFault) -> QuantizedRanges {
    var ranges = Ranges(network: model)
    for layer in layers {
      let (names, grid) = try follow(layer)
      values.append(names)
      grids.append(grid)
      guard layer.number.isQuantized, layer.role != .moves else { continue }
      guard let grid else { throw .notRounded(layer: layer.name) }
      ranges[layer.name] = try range(of: layer, grid)
    }
    // All of them at once: each asks for another run of the quantiser.
    guard zeros.isEmpty else { throw .valueZeros(zeros) }
    for layer in layers {
      guard case .sum(let weights, _) = layer.role else { continue }
      for weight in weights { ranges.steps[weight] = names[weight].flatMap { graph.steps[$0] } }
    }
    ranges.notes = ["Of a quantised ONNX file."]
    var notes: [String] = []
    if roundedBefore > 0 {
      let layers = roundedBefore == 1 ? "1 layer is" : "\(roundedBefore) layers are"
      notes.append("\(layers) rounded there before something is added or rectified, and here only after that")
    }
    if narrower > 0 {
      let values = narrower == 1 ? "1 value ends" : "\(narrower) values end"
      notes.append("\(values) at 127 steps there, and here, as nothing is below zero, at 255")
    }
    return QuantizedRanges(ranges: ranges, notes: notes)
  }

  /// Where a layer's value is in the file, and what its integers stand for.
  private mutating func follow(_ layer: ModelLayer) throws(QuantizedFault) -> (Set<String>, IntegerGrid?) {
    let known = layer.inputs.map { values[$0] }
    switch layer.role {
    case .image:
      guard let input = graph.inputs.first(where: { graph.readers[$0] != nil }) else {
        throw .layer(layer.name, found: nil)
      }
      return end(of: input, adds: false)
    case .sum(let weights, let adds):
      guard let first = weights.first, let node = names[first].flatMap({ graph.sums[$0] }),
        let output = graph.nodes[node].outputs.first
      else { throw .layer(layer.name, found: nil) }
      let (names, grid) = end(of: output, adds: adds || weights.count > 1)
      if let norm = names.flatMap({ graph.readers[$0] ?? [] }).first(where: {
        graph.nodes[$0].kind == "BatchNormalization"
      }) {
        throw .layer(layer.name, found: graph.nodes[norm].kind)
      }
      return (names, grid)
    case .mean: return try end(behind: known, Self.means, layer)
    case .addition: return try end(behind: known, ["Add"], layer)
    case .moves:
      guard layer.number.isQuantized else { return ((try? end(behind: known, Self.moves, layer))?.0 ?? [], nil) }
      let (names, grid) = try end(behind: known, Self.moves, layer)
      for input in layer.inputs {
        guard let grid, let other = grids[input], !isSame(grid, other) else { continue }
        throw .rescaled(layer: layer.name, from: layers[input].name)
      }
      return (names, grid ?? layer.inputs.first.flatMap { grids[$0] })
    case .other: return ([], nil)
    }
  }

  /// The value of the operator that reads what a layer reads.
  private mutating func end(
    behind inputs: [Set<String>], _ kinds: Set<String>, _ layer: ModelLayer
  ) throws(QuantizedFault) -> (Set<String>, IntegerGrid?) {
    let readers = (inputs.first ?? []).flatMap { graph.readers[$0] ?? [] }
    let node = readers.first { reader in
      kinds.contains(graph.nodes[reader].kind)
        && inputs.dropFirst().allSatisfy { !$0.isDisjoint(with: graph.nodes[reader].inputs) }
    }
    guard let node, let output = graph.nodes[node].outputs.first else {
      throw .layer(layer.name, found: readers.first.map { graph.nodes[$0].kind })
    }
    return end(of: output, adds: false)
  }

  /// Goes on from a value through what our plan computes in the same step: activations, and a sum with another value if it
  /// `adds`.
  private mutating func end(of value: String, adds: Bool) -> (Set<String>, IntegerGrid?) {
    var (names, grid, adds, isRoundedBefore) = (Set([value]), IntegerGrid?.none, adds, false)
    // As many steps as there are nodes at most: what a file calls a graph may go round in circles.
    for _ in graph.nodes {
      let readers = names.flatMap { graph.readers[$0] ?? [] }.map { graph.nodes[$0] }
      let plain = readers.filter { $0.kind != "QuantizeLinear" }
      let activation = plain.count == 1 ? plain.first { Self.activations.contains($0.kind) } : nil
      let sum = adds ? plain.first { $0.kind == "Add" } : nil
      if let output = (activation ?? sum)?.outputs.first {
        if activation == nil { adds = false }
        isRoundedBefore = isRoundedBefore || grid != nil
        (names, grid) = ([output], nil)
        continue
      }
      guard grid == nil, let rounding = readers.first(where: { $0.kind == "QuantizeLinear" }) else { break }
      for integers in rounding.outputs {
        for index in graph.readers[integers] ?? [] where graph.nodes[index].kind == "DequantizeLinear" {
          guard let value = graph.nodes[index].outputs.first else { continue }
          names.insert(value)
          grid = grid ?? graph.grids[value]
        }
      }
      guard grid != nil else { break }
      grid?.value = rounding.inputs.first ?? ""
    }
    if isRoundedBefore { roundedBefore += 1 }
    return (names, grid)
  }

  // MARK: Grids

  /// The range that gives a value the file's scale.
  private mutating func range(of layer: ModelLayer, _ grid: IntegerGrid) throws(QuantizedFault) -> Ranges.Range {
    guard grid.type == .u8 || grid.type == .i8 else {
      throw .valueType(layer: layer.name, value: grid.value, grid.type)
    }
    guard grid.scale > 0, (255 * grid.scale).isFinite else { throw .scale(of: layer.name) }
    // Zero as that of uint8.
    let zero = grid.type == .i8 ? grid.zero + 128 : grid.zero
    let isSigned = layer.number == .int8
    if !isSigned, grid.type == .i8, grid.zero == 0 {
      narrower += 1
    } else if zero != (isSigned ? 128 : 0) {
      zeros.append(
        QuantizedZero(
          layer: layer.name, value: grid.value, type: grid.type, zero: grid.zero, isSigned: isSigned))
    }
    return isSigned
      ? Ranges.Range(low: -127 * grid.scale, high: 127 * grid.scale) : Ranges.Range(low: 0, high: 255 * grid.scale)
  }

  private func isSame(_ a: IntegerGrid, _ b: IntegerGrid) -> Bool {
    // What two calibrations of one value round.
    abs(a.scale - b.scale) <= 1e-6 * a.scale && a.zero == b.zero && a.type == b.type
  }
}
