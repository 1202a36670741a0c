// SPDX-License-Identifier: Apache-2.0
// Weights packed once, for every start after it: what loading does, written to a file.

/// What a packed file holds.
package struct PackedSummary: Sendable, Equatable {
  package let isa: ISA
  package let precision: Precision
  package let floats: Int
  /// As the file has them: `avx512`, `avx512-int8`.
  package var kernels: String { PackedHeader.kernels(isa, precision) }
  /// What there is to say of the tensors that it was made from.
  package var notes: [String] = []
  /// Of the whole file.
  package var bytes: Int { PackedHeader.size + floats * MemoryLayout<Float>.size }
}

extension ModelDescription {
  /// Packs weights for one instruction set and writes them to the file at `path`, all at once: until the new file is
  /// whole, the old one stays as it was. A file there that is not a packed one is not replaced.
  ///
  /// - Parameters:
  ///   - weights: a safetensors file with torchvision's tensor names, or `random:SEED`.
  ///   - isa: for which kernels; the best that the machine runs if `nil`.
  ///   - precision: what they multiply.
  ///   - ranges: of int8, what integers stand for; random weights do without.
  package func pack(
    weights: String, to path: String, isa: ISA?, precision: Precision = .float32, ranges: Ranges? = nil
  ) throws(ModelError) -> PackedSummary {
    // Before the work rather than after it.
    try checkTarget(path)
    let plan = try RunnablePlan(of: self, isa: isa, precision: precision)
    let source = try WeightSource(weights)
    var own = ranges
    if own == nil { own = try plan.ranges(nil, source, self, weights) }
    let notes = try writePacked(source, plan, own, to: path)
    // Read back from the disk: a disk that lost something shows now, and what stays in memory for the first start is in
    // huge pages, which reading fills and writing does not.
    dropCache(path)
    var summary = try check(packed: path, isa: plan.isa, precision: precision)
    summary.notes = notes
    return summary
  }

  /// Holds the packed weights only as long as it takes to write them; returns what there is to say of the tensors.
  private func writePacked(
    _ source: WeightSource, _ plan: RunnablePlan, _ ranges: Ranges?, to path: String
  ) throws(ModelError) -> [String] {
    let packed = try PackedWeights(source, for: plan, ranges: ranges)
    let header = PackedHeader(
      layout: layoutHash(layers, plan.description), lanes: plan.description.lanes, floats: packed.count,
      checksum: packed.checksum, isa: PackedHeader.kernels(plan.isa, plan.precision), model: name)
    try packed.write(header, to: path)
    return packed.notes
  }

  /// Checks everything about a packed file: that it serves this model, here, and that its weights are as they were
  /// written, for which it is read from beginning to end.
  package func check(
    packed path: String, isa: ISA?, precision: Precision? = nil
  ) throws(ModelError) -> PackedSummary {
    let file = try PackedFile(MappedFile(path, hugePages: true))
    let plan = try file.plan(of: self, isa: isa, precision: precision)
    let weights = PackedWeights(file)
    guard weights.checksum == file.header.checksum else { throw .packedWeights(path: path, .weightsDamaged) }
    return PackedSummary(isa: plan.isa, precision: plan.precision, floats: weights.count)
  }

  /// Nothing is there, or a packed file.
  private func checkTarget(_ path: String) throws(ModelError) {
    guard fileExists(path) else { return }
    let file = try MappedFile(path)
    let isOurs = withExtendedLifetime(file) { PackedHeader.begins(file.bytes) }
    guard isOurs else { throw .packedWeights(path: path, .foreignTarget) }
  }
}
