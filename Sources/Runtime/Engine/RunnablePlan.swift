// SPDX-License-Identifier: Apache-2.0
// From what the compiler emitted to what this machine runs: one plan, its kernels, its tables read.

/// The plan of one instruction set that is built in and runs here.
struct RunnablePlan: Sendable {
  let isa: ISA
  var precision: Precision { description.precision }
  let description: PlanDescription
  let kernels: KernelFunction
  let layers: [LayerRecord]
  let outputs: [OutputPlace]
  /// Names of tensors that weights may hold besides those of the layers.
  let auxiliary: [String]
  let places: [ValuePlace]
  let steps: [StepRecord]

  /// The plan for `isa`, or for the best instruction set that runs here.
  init(of model: ModelDescription, isa: ISA?, precision: Precision = .float32) throws(ModelError) {
    let plans = model.plans.filter { $0.precision == precision }
    guard !plans.isEmpty else { throw .unsupportedPrecision(precision, model: model.name, built: model.precisions) }
    let chosen = try ISA.choose(isa, from: Self.built(in: model, precision), computing: precision)
    guard let plan = plans.first(where: { $0.isa == chosen }), let kernels = plan.kernels else {
      throw .invalidPlan(reason: "no plan for \(chosen)")
    }
    self.isa = chosen
    description = plan
    self.kernels = kernels
    let network = try readLayers(TableLine.lines(of: model.layers))
    let layers =
      try plan.layers.map { (own) throws(ModelError) in try readLayers(TableLine.lines(of: own)) } ?? network
    self.layers = layers
    outputs = try outputPlaces(model.outputs, network).map { (place) throws(ModelError) in
      try place.moved(from: network, to: layers)
    }
    auxiliary = model.auxiliary.description.split(separator: "\n").map(String.init)
    (places, steps) = try readSteps(TableLine.lines(of: plan.steps), layers: layers, lanes: plan.lanes, isa: chosen)
  }

  /// The instruction sets that are built in and run here, the preferred first.
  static func usable(of model: ModelDescription, computing precision: Precision = .float32) -> [ISA] {
    let built = built(in: model, precision)
    return ISA.available(computing: precision).filter { built.contains($0) }
  }

  private static func built(in model: ModelDescription, _ precision: Precision) -> [ISA] {
    model.plans.filter { $0.kernels != nil && $0.precision == precision }.map { $0.isa }
  }
}

extension PackedWeights {
  /// Reads all tensors of the plan's model and packs them.
  ///
  /// - Parameter ranges: of an int8 plan.
  init(_ source: WeightSource, for plan: RunnablePlan, ranges: Ranges? = nil) throws(ModelError) {
    let scales = try plan.precision == .int8 ? ranges.map { ranges throws(ModelError) in try plan.scales(ranges) } : nil
    let unused = try source.check(plan.layers.tensors, auxiliary: plan.auxiliary)
    let buffer = try AlignedBuffer(count: plan.description.weightFloats)
    try WeightPacker(
      source: source, layers: plan.layers, places: plan.places, steps: plan.steps, lanes: plan.description.lanes,
      scales: scales, hasHalves: plan.precision == .float16
    ).pack(into: buffer)
    self.init(buffer, notes: unused.isEmpty ? [] : [HeadTensors.note(unused)])
  }
}

extension RunnablePlan {
  /// Of the values of an int8 plan.
  func scales(_ ranges: Ranges) throws(ModelError) -> ValueScales {
    try ValueScales(layers, places.map(\.number), ranges)
  }
}

extension ModelDescription {
  /// What the package has kernels for, in the order of their plans.
  package var precisions: [Precision] {
    Precision.allCases.filter { precision in plans.contains { $0.precision == precision } }
  }
}
