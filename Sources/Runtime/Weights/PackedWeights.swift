// SPDX-License-Identifier: Apache-2.0
// Weights where kernels read them: packed into memory when the model was loaded, or mapped from a file that was packed
// before, without a copy. Processes that map the same file share its pages.

/// The packed weights of one plan; they live as long as this does.
struct PackedWeights: @unchecked Sendable {  // Written by nobody once it exists.
  let base: UnsafePointer<Float>
  let count: Int
  /// What there is to say of the tensors that they were packed from.
  let notes: [String]
  private let owner: Owner

  private enum Owner {
    case buffer(AlignedBuffer)
    case file(MappedFile)
  }

  init(_ buffer: AlignedBuffer, notes: [String]) {
    self.notes = notes
    base = UnsafePointer(buffer.base)
    count = buffer.count
    owner = .buffer(buffer)
  }

  init(_ packed: PackedFile) {
    notes = []
    base = packed.floats
    count = packed.header.floats
    owner = .file(packed.file)
  }

  /// A hash of all of them.
  var checksum: UInt64 {
    withExtendedLifetime(owner) {
      var hash = FNV1a()
      hash.add(UnsafeBufferPointer(start: base, count: count))
      return hash.value
    }
  }

  /// Writes a packed file.
  func write(_ header: PackedHeader, to path: String) throws(ModelError) {
    try withExtendedLifetime(owner) { () throws(ModelError) in
      try header.encoded().withUnsafeBufferPointer { page throws(ModelError) in
        let floats = UnsafeRawBufferPointer(UnsafeBufferPointer(start: base, count: count))
        try writeFileAtomically(path, parts: [UnsafeRawBufferPointer(page), floats], toDisk: true)
      }
    }
  }
}

/// A packed file, mapped, its header sound.
struct PackedFile: Sendable {
  let file: MappedFile
  let header: PackedHeader

  init(_ file: MappedFile) throws(ModelError) {
    self.file = file
    do throws(PackedFault) {
      header = try PackedHeader(file.bytes)
    } catch {
      throw .packedWeights(path: file.path, error)
    }
  }

  /// The first float; the header made sure that the file reaches beyond it.
  fileprivate var floats: UnsafePointer<Float> {
    // A file with the header's magic is never empty.
    (file.bytes.baseAddress! + PackedHeader.size).assumingMemoryBound(to: Float.self)
  }

  /// The plan of `model` that the file serves, of `isa` and `precision` if those are given; throws what speaks against it.
  func plan(
    of model: ModelDescription, isa: ISA?, precision wanted: Precision? = nil
  ) throws(ModelError) -> RunnablePlan {
    func refuse(_ fault: PackedFault) -> ModelError { .packedWeights(path: file.path, fault) }
    guard sameBytes(header.model, PackedHeader.modelField(model.name)) else {
      throw refuse(.otherModel(found: header.model, expected: model.name))
    }
    let precision = wanted ?? header.precision
    guard precision == header.precision else {
      throw refuse(.otherPrecision(found: header.isa, asked: precision, model: model.name))
    }
    guard model.precisions.contains(precision) else {
      throw .unsupportedPrecision(precision, model: model.name, built: model.precisions)
    }
    func kernels(_ isa: ISA) -> String { PackedHeader.kernels(isa, precision) }
    let plan: RunnablePlan
    if let isa {
      plan = try RunnablePlan(of: model, isa: isa, precision: precision)
      guard header.isa == kernels(isa) else {
        throw refuse(.otherISA(found: header.isa, expected: kernels(isa), model: model.name))
      }
    } else {
      let usable = RunnablePlan.usable(of: model, computing: precision)
      guard let own = usable.first(where: { kernels($0) == header.isa }) else {
        throw refuse(.isaNotHere(found: header.isa, available: usable.map(kernels), model: model.name))
      }
      plan = try RunnablePlan(of: model, isa: own, precision: precision)
    }
    guard header.layout == layoutHash(model.layers, plan.description), header.lanes == plan.description.lanes,
      header.floats == plan.description.weightFloats
    else { throw refuse(.otherLayout(model: model.name)) }
    return plan
  }
}

/// What was given as weights.
enum WeightInput: Sendable {
  case tensors(WeightSource)
  case packed(PackedFile)

  /// A safetensors file, a packed file, or `random:SEED`.
  init(_ text: String) throws(ModelError) {
    guard !text.hasPrefix("random:") else {
      self = .tensors(try WeightSource(text))
      return
    }
    let file = try MappedFile(text, hugePages: true)
    if PackedHeader.begins(file.bytes) {
      self = .packed(try PackedFile(file))
    } else {
      self = .tensors(try WeightSource(file))
    }
  }
}
