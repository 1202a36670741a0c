// SPDX-License-Identifier: Apache-2.0
// From what the compiler emitted to what this machine runs: one plan, its kernels, its tables read.

/// The plan of one instruction set that is built in and runs here.
struct RunnablePlan: Sendable {
  let isa: ISA
  let description: PlanDescription
  let kernels: KernelFunction
  let layers: [LayerRecord]
  let outputs: [OutputPlace]
  /// Names of tensors that weights may hold besides those of the layers.
  let auxiliary: [String]
  let places: [ValuePlace]
  let steps: [StepRecord]

  /// The plan for `isa`, or for the best instruction set that runs here.
  init(of model: ModelDescription, isa: ISA?) throws(ModelError) {
    let chosen = try ISA.choose(isa, from: Self.built(in: model))
    guard let plan = model.plans.first(where: { $0.isa == chosen }), let kernels = plan.kernels else {
      throw .invalidPlan(reason: "no plan for \(chosen)")
    }
    self.isa = chosen
    description = plan
    self.kernels = kernels
    layers = try readLayers(TableLine.lines(of: model.layers))
    outputs = try outputPlaces(model.outputs, layers)
    auxiliary = model.auxiliary.description.split(separator: "\n").map(String.init)
    (places, steps) = try readSteps(TableLine.lines(of: plan.steps), layers: layers, lanes: plan.lanes)
  }

  /// The instruction sets that are built in and run here, the preferred first.
  static func usable(of model: ModelDescription) -> [ISA] {
    let built = built(in: model)
    return ISA.available.filter { built.contains($0) }
  }

  private static func built(in model: ModelDescription) -> [ISA] {
    model.plans.filter { $0.kernels != nil }.map { $0.isa }
  }
}

extension PackedWeights {
  /// Reads all tensors of the plan's model and packs them.
  init(_ source: WeightSource, for plan: RunnablePlan) throws(ModelError) {
    let unused = try source.check(plan.layers.tensors, auxiliary: plan.auxiliary)
    let buffer = try AlignedBuffer(count: plan.description.weightFloats)
    try WeightPacker(
      source: source, layers: plan.layers, places: plan.places, steps: plan.steps, lanes: plan.description.lanes
    ).pack(into: buffer)
    self.init(buffer, notes: unused.isEmpty ? [] : [HeadTensors.note(unused)])
  }
}
