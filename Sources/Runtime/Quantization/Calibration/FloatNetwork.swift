// SPDX-License-Identifier: Apache-2.0
// The float32 network that calibration observes: the values of all layers in turn, by the package's own kernels where it
// has them, else by plain loops. A convolution that a pool computes on its way leaves no value; it is computed once more,
// plainly, from what it reads.

/// A network in single precision whose every layer can be looked at.
package final class FloatNetwork: Sendable {
  let layers: [LayerRecord]
  /// What is returned.
  let outputs: [OutputPlace]
  let source: WeightSource
  /// `nil` for plain loops.
  let engine: Engine?
  /// Of each layer, the engine's step that leaves its value in the arena, if there is one. Conversions are there for whole
  /// numbers only.
  fileprivate let engineSteps: [Int?]
  private let convolutions: [Int: FloatConvolution]
  fileprivate let lastUse: [Int]

  /// With the kernels of an engine, whose weights came from `source`, and the layers of an int8 plan, which are the
  /// engine's with conversions between them.
  convenience init(_ engine: Engine, as plan: RunnablePlan, _ source: WeightSource) throws(ModelError) {
    try self.init(plan.layers, plan.outputs, source, engine)
  }

  /// - Parameter engine: `nil` to compute all layers plainly.
  init(
    _ layers: [LayerRecord], _ outputs: [OutputPlace], _ source: WeightSource, _ engine: Engine?
  ) throws(ModelError) {
    (self.layers, self.outputs, self.source, self.engine) = (layers, outputs, source, engine)
    lastUse = layers.lastUse
    var places: [String: Int] = [:]
    for (index, layer) in (engine?.layers ?? []).enumerated() where (engine?.steps[index].kernel ?? -1) >= 0 {
      places[layer.name] = index
    }
    let engineSteps = layers.map { places[$0.name] }
    let packer = WeightPacker(source, layers)
    var convolutions: [Int: FloatConvolution] = [:]
    for (index, layer) in layers.enumerated() where layer.isSum && engineSteps[index] == nil {
      convolutions[index] = try FloatConvolution(packer, layer: index)
    }
    (self.convolutions, self.engineSteps) = (convolutions, engineSteps)
  }

  /// Computes all layers of one image, in order; values that nobody reads any more are let go.
  package func run(
    _ pixels: [Float], look: (Int, [Float]) throws(ModelError) -> Void
  ) throws(ModelError) {
    var run = try FloatRun(self, pixels)
    for index in layers.indices { try look(index, try run.next()) }
  }

  fileprivate func plainValue(_ index: Int, _ values: [[Float]]) throws(ModelError) -> [Float] {
    let layer = layers[index]
    let shapes = layers.shapes(around: index)
    let inputs = layer.inputs.map { values[$0] }
    guard let convolution = convolutions[index] else {
      return try layer.kind.value(
        inputs.map { $0.map { Double($0) } }, shapes, PlainTensors(source: source)
      ).map { normal($0) }
    }
    var sums = convolution.sums(inputs, shapes)
    if let kind = layer.kind as? ConvolutionLayer, inputs.count > kind.terms.count {
      let last = kind.terms.count
      if case .zeroPadded(let pad) = kind.residual {
        var added = [Double](repeating: 0, count: sums.count)
        pad.add(inputs[last].map { Double($0) }, shapes.inputs[last], into: &added, shapes.output)
        for at in sums.indices { sums[at] += Float(added[at]) }
      } else {
        for at in sums.indices { sums[at] += inputs[last][at] }
      }
    }
    switch layer.sumActivation ?? .linear {
    case .linear: return sums
    case .relu: return sums.map { max($0, 0) }
    case .relu6: return sums.map { min(max($0, 0), 6) }
    case let other:
      return try other.value(sums.map { Double($0) }, shapes.output, PlainTensors(source: source)).map { normal($0) }
    }
  }

}

/// One image on its way through the network. For one thread.
struct FloatRun {
  private let network: FloatNetwork
  private let pixels: [Float]
  /// Of a workspace of the network's engine.
  private let memory: AlignedBuffer?
  private var values: [[Float]]
  private var done = 0

  init(_ network: FloatNetwork, _ pixels: [Float]) throws(ModelError) {
    guard pixels.count == network.layers[0].shape.count else {
      throw .inputSize(expected: network.layers[0].shape.count, found: pixels.count)
    }
    (self.network, self.pixels) = (network, pixels)
    values = Array(repeating: [], count: network.layers.count)
    guard let engine = network.engine else {
      memory = nil
      return
    }
    let workspace = try engine.makeWorkspace()
    try pixels.withUnsafeBufferPointer { pixels throws(ModelError) in
      engine.load(try engine.images(pixels, for: workspace), into: workspace.memory, 0, engine.inputUnits)
    }
    memory = workspace.buffer
  }

  /// The next layer's value.
  mutating func next() throws(ModelError) -> [Float] {
    let index = done
    done += 1
    let layer = network.layers[index]
    if layer.inputs.isEmpty {
      values[index] = pixels
    } else if layer.kind is ConversionLayer {
      values[index] = values[layer.inputs[0]]
    } else if let engine = network.engine, let memory, let step = network.engineSteps[index] {
      values[index] = engine.computed(step, Workspace(owner: engine, memory))
    } else {
      // Lies in what it is made of, or is computed by its reader, or there are no kernels.
      values[index] = try network.plainValue(index, values)
    }
    let value = values[index]
    for input in layer.inputs where network.lastUse[input] == index { values[input] = [] }
    return value
  }
}

extension Engine {
  /// Runs one step, and copies its value of the first image.
  fileprivate func computed(_ index: Int, _ workspace: consuming Workspace) -> [Float] {
    var result = [Float](repeating: 0, count: layers[index].shape.count)
    callAlone(steps[index], workspace.memory)
    result.withUnsafeMutableBufferPointer { unpack(layer: index, from: workspace, into: $0, images: 1) }
    return result
  }
}
