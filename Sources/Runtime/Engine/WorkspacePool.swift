// SPDX-License-Identifier: Apache-2.0
// Workspaces for calls that bring none: the memory of calls that have ended, for those that follow.

/// Memory of workspaces that nobody uses at the moment.
final class WorkspacePool: @unchecked Sendable {  // `buffers` is behind the monitor.
  private let monitor = Monitor()
  private var buffers: [AlignedBuffer] = []
  /// As many are kept as calls can run at once; what more of them needed goes.
  private let limit = processorCount()

  init() { buffers.reserveCapacity(limit) }

  func take() -> AlignedBuffer? {
    var buffer: AlignedBuffer?
    monitor.withLock { buffer = buffers.popLast() }
    return buffer
  }

  func put(_ buffer: AlignedBuffer) {
    monitor.withLock { if buffers.count < limit { buffers.append(buffer) } }
  }
}

extension Engine {
  /// Calls `body` with a workspace that an earlier call has left, or a new one.
  package func withWorkspace<Result>(
    _ body: (inout Workspace) throws(ModelError) -> Result
  ) throws(ModelError) -> Result {
    let buffer: AlignedBuffer
    if let left = idle.take() { buffer = left } else { buffer = try makeWorkspace().buffer }
    defer { idle.put(buffer) }
    var workspace = Workspace(owner: self, buffer)
    return try body(&workspace)
  }
}
