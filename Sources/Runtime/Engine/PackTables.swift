// SPDX-License-Identifier: Apache-2.0
// Packs weights for a plan that need not run here, from its tables: for packages in another language, whose programs read
// packed files only.

/// A network and its plan for one instruction set, as the compiler prints them.
package struct PackingTables {
  package let model: String
  /// An instruction set's name and, of another precision than float32, that: `avx512-int8`.
  package let isa: String
  package let lanes: Int
  package let weightFloats: Int
  package let layers: [UInt8]
  package let steps: [UInt8]
  /// Tensors of heads used in training only.
  package let auxiliary: [String]
  /// Layers whose values are returned.
  package let outputs: [String]

  package init(
    model: String, isa: String, lanes: Int, weightFloats: Int, layers: String, steps: String, auxiliary: [String],
    outputs: [String]
  ) {
    self.model = model
    self.isa = isa
    self.lanes = lanes
    self.weightFloats = weightFloats
    self.layers = Array(layers.utf8)
    self.steps = Array(steps.utf8)
    self.auxiliary = auxiliary
    self.outputs = outputs
  }

  /// What is multiplied.
  package var precision: Precision { PackedHeader.precision(of: isa) }

  private func instructionSet() throws(ModelError) -> ISA {
    try ISA.named(isa.split(separator: "-").first.map(String.init) ?? isa)
  }

  /// Packs the tensors of a safetensors file into a packed file, which appears whole or not at all.
  ///
  /// - Parameter ranges: of int8.
  package func pack(weights: String, to path: String, ranges: Ranges? = nil) throws(ModelError) {
    let source = try WeightSource(weights)
    let layers = try layerRecords()
    _ = try source.check(layers.tensors, auxiliary: auxiliary)
    let buffer = try AlignedBuffer(count: weightFloats)
    let instructionSet = try instructionSet()
    let (places, steps) = try readTable(steps) { lines throws(ModelError) in
      try readSteps(lines, layers: layers, lanes: lanes, isa: instructionSet)
    }
    var scales: ValueScales?
    if precision == .int8 {
      guard let ranges else { throw .rangesNeeded(path: weights) }
      scales = try ValueScales(layers, places.map(\.number), ranges)
    }
    try WeightPacker(
      source: source, layers: layers, places: places, steps: steps, lanes: lanes, scales: scales,
      hasHalves: precision == .float16
    ).pack(into: buffer)
    let packed = PackedWeights(buffer, notes: [])
    let header = PackedHeader(
      layout: layout, lanes: lanes, floats: packed.count, checksum: packed.checksum, isa: isa, model: model)
    try packed.write(header, to: path)
  }

  /// What tells packed files apart.
  package var layout: UInt64 {
    self.layers.withUnsafeBufferPointer { layers in
      steps.withUnsafeBufferPointer { steps in
        layoutHash(layers, TableLine.lines(of: steps), lanes: lanes, weightFloats: weightFloats)
      }
    }
  }

  /// What the network gives for the pseudo-random image of a seed: computed as it is defined in double precision, or in
  /// whole numbers by the integer interpreter.
  ///
  /// - Parameter ranges: of int8.
  package func expectedOutputs(
    weights: String, ranges: Ranges? = nil, seed: UInt64
  ) throws(ModelError) -> ExpectedOutputs {
    let source = try WeightSource(weights)
    let layers = try layerRecords()
    let shape = layers[0].shape
    let pixels = try AlignedBuffer(count: shape.count)
    RandomTensors(seed: seed).fill(
      pixels.floats, name: "input", shape: [1, shape.channels, shape.height, shape.width])
    let kept = outputs.compactMap { name in layers.firstIndex { $0.name == name } }
    if precision == .int8 {
      guard let ranges else { throw .rangesNeeded(path: weights) }
      return try integerOutputs(Array(pixels.floats), layers, kept, source, ranges)
    }
    let tensors = PlainTensors(source: source)
    let lastUse = layers.lastUse
    var values = [[Double]](repeating: [], count: layers.count)
    for (index, layer) in layers.enumerated() {
      let inputs = layer.inputs.isEmpty ? [pixels.floats.map { Double($0) }] : layer.inputs.map { values[$0] }
      values[index] = try layer.kind.value(inputs, layers.shapes(around: index), tensors)
      for input in layer.inputs where lastUse[input] == index && !kept.contains(input) { values[input] = [] }
    }
    return ExpectedOutputs(numbers: kept.flatMap { values[$0] }, tolerance: precision.tolerance)
  }

  private func integerOutputs(
    _ pixels: [Float], _ layers: [LayerRecord], _ kept: [Int], _ source: WeightSource, _ ranges: Ranges
  ) throws(ModelError) -> ExpectedOutputs {
    let instructionSet = try instructionSet()
    let (places, steps) = try readTable(steps) { lines throws(ModelError) in
      try readSteps(lines, layers: layers, lanes: lanes, isa: instructionSet)
    }
    let numbers = places.map(\.number)
    let interpreter = try IntegerInterpreter(layers, numbers, ranges, source, algorithms: steps.map(\.algorithm))
    let values = try interpreter.run(pixels, keeping: kept)
    let outputs = zip(kept, values).flatMap { layer, value in
      value.values(interpreter.scales.scales[layer]).map { Double($0) }
    }
    // A float that lies on the edge between two whole numbers may become either, which all after it feels.
    let roundsFloats = layers.indices.contains { index in
      numbers[index].isQuantized && layers[index].inputs.contains { !numbers[$0].isQuantized }
    }
    let isExact = kept.allSatisfy { index in
      layers[index].inputs.allSatisfy { numbers[$0].isQuantized } && (layers[index].sumActivation ?? .linear) == .linear
    }
    let rounded = (roundsFloats ? Precision.float16 : .float32).tolerance
    return ExpectedOutputs(numbers: outputs, tolerance: isExact && !roundsFloats ? 0 : rounded)
  }

  private func layerRecords() throws(ModelError) -> [LayerRecord] {
    try readTable(layers) { lines throws(ModelError) in try readLayers(lines) }
  }

  private func readTable<Result>(
    _ bytes: [UInt8], _ read: ([TableLine]) throws(ModelError) -> Result
  ) throws(ModelError) -> Result {
    try bytes.withUnsafeBufferPointer { bytes throws(ModelError) in try read(TableLine.lines(of: bytes)) }
  }
}

/// What a program in another language compares its outputs with.
package struct ExpectedOutputs: Sendable {
  package let numbers: [Double]
  /// How far they may be off, as a part of the largest.
  package let tolerance: Double
}
