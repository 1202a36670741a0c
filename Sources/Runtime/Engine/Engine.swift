// SPDX-License-Identifier: Apache-2.0
// Runs a generated network: reads its tables, packs its weights for the instruction set at hand, then, for every batch,
// calls one kernel after the other. Immutable after loading; calls share it freely.

/// What the compiler emits for one model.
package struct ModelDescription: Sendable {
  package let name: String
  /// Images in a batch.
  package let batch: Int
  /// What the network ends in.
  package let answer: Answer
  package let layers: StaticString
  /// What is returned; empty for the last layer's value.
  package let outputs: [ModelOutput]
  /// Tensors of heads used in training only, one a line: weights may hold them, and nothing reads them.
  package let auxiliary: StaticString
  /// In order of preference.
  package let plans: [PlanDescription]
  /// `nil` where the input is not an image of one or three channels.
  package let preprocess: Preprocess?
  /// Class names that came with the source, one a line; empty without.
  package let labels: StaticString
  /// The file of weights that the package was generated with; empty without one. Of an ensemble one for each member, with
  /// commas.
  package let weights: String
  /// Of an ensemble, the networks whose scores are averaged; then what stands above is said of the first.
  package let members: [ModelDescription]

  package init(
    name: String, batch: Int, answer: Answer, layers: StaticString, outputs: [ModelOutput] = [],
    auxiliary: StaticString = "", plans: [PlanDescription],
    preprocess: Preprocess?, labels: StaticString = "", weights: String = "", members: [ModelDescription] = []
  ) {
    self.name = name
    self.batch = batch
    self.answer = answer
    self.layers = layers
    self.outputs = outputs
    self.auxiliary = auxiliary
    self.plans = plans
    self.preprocess = preprocess
    self.labels = labels
    self.weights = weights
    self.members = members
  }

  /// An ensemble as what its command is told of.
  ///
  /// - Parameter members: at least two, which go together.
  package init(ensemble name: String, of members: [ModelDescription], weights: String = "") {
    precondition(members.count > 1)
    let first = members[0]
    let labels = members.first { $0.labels.utf8CodeUnitCount > 0 }?.labels ?? ""
    self.init(
      name: name, batch: first.batch, answer: first.answer, layers: first.layers, outputs: first.outputs, plans: [],
      preprocess: first.preprocess, labels: labels, weights: weights, members: members)
  }

  /// What is run: the network itself, or the members of an ensemble.
  package var networks: [ModelDescription] { members.isEmpty ? [self] : members }

  /// Whether the package was built with kernels for `isa` on this architecture.
  package func has(_ isa: ISA) -> Bool { plans.contains { $0.isa == isa && $0.kernels != nil } }
  /// Whether it was built with kernels of a precision that run here.
  func has(_ precision: Precision) -> Bool { !RunnablePlan.usable(of: self, computing: precision).isEmpty }
}

/// A network ready to run.
package final class Engine: Sendable {
  package let description: ModelDescription
  package let isa: ISA
  package let precision: Precision
  package let threads: Int
  package let layers: [LayerRecord]
  let outputs: [OutputPlace]
  let places: [ValuePlace]
  let steps: [StepRecord]
  let table: StageTable
  let arenaFloats: Int
  let scratchFloats: Int
  let weights: PackedWeights
  package let labels: Labels?
  let kernels: KernelFunction
  let pools: ThreadPools
  let idle = Pool<AlignedBuffer>()

  /// - Parameters:
  ///   - weights: a safetensors file with torchvision's tensor names, a packed file, or `random:SEED`.
  ///   - threads: how many threads a call uses, the caller's included.
  ///   - isa: which kernels; if `nil` those that a packed file was packed for, or else the best that the machine runs.
  ///   - precision: what they multiply; if `nil` what a packed file was packed for, or else float32.
  ///   - ranges: of an int8 plan and tensors, the file that says what integers stand for. Random weights do without.
  package init(
    _ description: ModelDescription, weights: String, threads: Threads, isa: ISA?, precision: Precision? = nil,
    ranges: String? = nil
  ) throws(ModelError) {
    let count = threads.count
    guard 1...ThreadPool.limit ~= count else {
      throw .threadsOutOfRange(requested: count, limit: ThreadPool.limit)
    }
    self.description = description
    let plan: RunnablePlan
    switch try WeightInput(weights) {
    case .packed(let file):
      plan = try file.plan(of: description, isa: isa, precision: precision)
      self.weights = PackedWeights(file)
    case .tensors(let source):
      plan = try RunnablePlan(of: description, isa: isa, precision: precision ?? .float32)
      let ranges = try plan.ranges(ranges, source, description, weights)
      self.weights = try PackedWeights(source, for: plan, ranges: ranges)
    }
    self.isa = plan.isa
    self.precision = plan.precision
    self.threads = count
    kernels = plan.kernels
    layers = plan.layers
    outputs = plan.outputs
    places = plan.places
    steps = plan.steps
    table = StageTable(plan, batch: description.batch, threads: count)
    arenaFloats = plan.description.arenaFloats
    scratchFloats = plan.description.scratchFloats
    labels = Labels(lines: description.labels)
    pools = try ThreadPools(threads: count, pinned: threads.isPinned)
  }

  /// A thread that came late to the last call may still be looking at what this holds.
  deinit { pools.dismiss() }

  /// Threads for other work than calls.
  var pool: ThreadPool { pools.first }

  /// Images in a batch.
  package var batch: Int { description.batch }
  /// Of one image.
  package var inputShape: LayerShape { layers[0].shape }
  /// What whoever gave the weights should know of them, in sentences without a full stop; mostly nothing.
  package var notes: [String] { weights.notes }

  package func makeWorkspace() throws(ModelError) -> Workspace {
    try Workspace(owner: self)
  }

  /// Runs one batch, or less than one: the rest of it is computed for zeros.
  ///
  /// - Parameters:
  ///   - input: 1 to `batch` images, NCHW.
  ///   - output: a row of `outputCount` for each: what is returned, channel by channel.
  package func run(
    _ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>,
    using workspace: inout Workspace
  ) throws(ModelError) {
    let images = try images(input, for: workspace)
    guard output.count == images.count * outputCount else {
      throw .outputSize(expected: images.count * outputCount, found: output.count)
    }
    let memory = workspace.memory
    if threads == 1 {
      let control = FloatControl.forKernels()
      defer { control.restore() }
      load(images, into: memory, 0, inputUnits)
      for step in steps where step.kernel >= 0 { call(step, memory) }
    } else {
      try share(images, memory, stamps: nil)
    }
    unpackOutputs(from: workspace, into: output, images: images.count)
  }

  /// Computes a whole step on this thread, as a pass does.
  func callAlone(_ step: StepRecord, _ memory: WorkspaceMemory) {
    let control = FloatControl.forKernels()
    defer { control.restore() }
    call(step, memory)
  }

  /// The same where the thread is set up for kernels.
  @inline(__always)
  func call(_ step: StepRecord, _ memory: WorkspaceMemory) {
    memory.clearNotes(of: 0)
    call(step.call, memory, part: 0, 0, step.units)
  }

  /// Units of a step. The thread is set up for kernels, and its notes are clear or of this step.
  @inline(__always)
  func call(_ step: KernelCall, _ memory: WorkspaceMemory, part: Int, _ begin: Int, _ end: Int) {
    let arena = memory.arena
    kernels(
      step.kernel, arena + step.source0, arena + step.source1, arena + step.residual, arena + step.output,
      weights.base + step.weights, memory.scratch + part * memory.pitch, begin, end)
  }
}
