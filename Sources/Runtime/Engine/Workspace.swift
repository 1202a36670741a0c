// SPDX-License-Identifier: Apache-2.0
// What one call writes. Its owner is the caller, so any number of threads may share a model's weights, each with a
// workspace of its own.

/// The memory that a model's calls write: all activations of one batch. Make one with the model's `makeWorkspace()` and
/// use it again for every call; a call allocates nothing.
///
/// A workspace belongs to one call at a time, which Swift sees to: it cannot be copied, and calls take it `inout`.
public struct Workspace: ~Copyable, @unchecked Sendable {
  /// The arena, then each thread's scratch.
  let buffer: AlignedBuffer
  /// The engine that it was made for, whose plan it fits.
  let owner: Engine

  init(owner: Engine) throws(ModelError) {
    let places = WorkspacePlaces(arenaFloats: owner.arenaFloats, scratchFloats: owner.scratchFloats)
    buffer = try AlignedBuffer(count: places.floats(threads: owner.threads))
    self.owner = owner
  }

  /// Around memory that a workspace of this engine has left.
  init(owner: Engine, _ buffer: AlignedBuffer) {
    self.buffer = buffer
    self.owner = owner
  }

  /// Bytes of activations, halo and padding included, and of the scratch memory of all threads.
  public var byteCount: Int { buffer.count * MemoryLayout<Float>.size }

  /// What the engine's steps are given.
  var memory: WorkspaceMemory {
    let places = WorkspacePlaces(arenaFloats: owner.arenaFloats, scratchFloats: owner.scratchFloats)
    return WorkspaceMemory(arena: buffer.base, scratch: buffer.base + places.scratch, pitch: places.pitch)
  }
}

/// Addresses within a workspace.
struct WorkspaceMemory {
  let arena: UnsafeMutablePointer<Float>
  /// The first thread's.
  let scratch: UnsafeMutablePointer<Float>
  /// From one thread's scratch to the next one's, in floats.
  let pitch: Int

  /// Before a step: what kernels noted at the beginning of a thread's scratch for their next call was of another one.
  @inline(__always)
  func clearNotes(of part: Int) { (scratch + part * pitch).update(repeating: 0, count: 4) }
}

/// How a workspace is divided. Pages are not shared: two threads that write the same line would pass it to and fro.
private struct WorkspacePlaces {
  let scratch: Int
  let pitch: Int

  init(arenaFloats: Int, scratchFloats: Int) {
    func pages(_ floats: Int) -> Int { (floats + 1023) / 1024 * 1024 }
    scratch = pages(arenaFloats)
    // Room for notes, if for nothing else.
    pitch = pages(max(scratchFloats, 16))
  }

  func floats(threads: Int) -> Int { scratch + threads * pitch }
}
