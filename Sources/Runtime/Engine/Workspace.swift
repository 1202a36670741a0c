// SPDX-License-Identifier: Apache-2.0
// What one call writes. Its owner is the caller, so any number of threads may share a model's weights, each with a
// workspace of its own.

/// The memory that a model's calls write: all activations of one batch. Make one with the model's `makeWorkspace()` and
/// use it again for every call; a call allocates nothing.
///
/// A workspace belongs to one call at a time, which Swift sees to: it cannot be copied, and calls take it `inout`.
public struct Workspace: ~Copyable, @unchecked Sendable {
  let arena: AlignedBuffer
  /// The engine that it was made for, whose plan it fits.
  let owner: Engine

  init(owner: Engine) throws(ModelError) {
    arena = try AlignedBuffer(count: owner.arenaFloats)
    self.owner = owner
  }

  /// Bytes of activations, halo and padding included.
  public var byteCount: Int { arena.count * MemoryLayout<Float>.size }
}
