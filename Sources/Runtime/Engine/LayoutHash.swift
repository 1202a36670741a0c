// SPDX-License-Identifier: Apache-2.0
// What tells one layout of packed weights from another, so that a file is never read by kernels that it was not packed
// for. Everything that `WeightPacker` reads is in here; what it does with that is `packingVersion`.

/// Raised with every change of the floats that `WeightPacker` makes of the same tables; a test holds their bits fast.
let packingVersion = 2

/// A hash of all that decides where which weight lies in the plan's packed weights, and how it is computed.
///
/// Of a step's line, the kernel, its units, their work and their grain, where the value lies and its halo decide nothing about weights, and may
/// differ between batches: one packed file serves all batches whose tiles agree. Any phrase that a later version adds to
/// the line counts.
func layoutHash(_ layers: StaticString, _ plan: PlanDescription) -> UInt64 {
  let layers = plan.layers ?? layers
  return layoutHash(
    UnsafeBufferPointer(start: layers.utf8Start, count: layers.utf8CodeUnitCount), TableLine.lines(of: plan.steps),
    lanes: plan.lanes, weightFloats: plan.weightFloats)
}

/// The same of tables in memory.
func layoutHash(
  _ layers: UnsafeBufferPointer<UInt8>, _ steps: [TableLine], lanes: Int, weightFloats: Int
) -> UInt64 {
  var hash = FNV1a()
  hash.add(packingVersion)
  hash.add(lanes)
  hash.add(weightFloats)
  hash.add(layers)
  for var line in steps {
    for key in ["kernel", "work", "grain", "at", "halo"] as [StaticString] { _ = line.take(key) }
    hash.add(line.text.utf8)
  }
  return hash.value
}
