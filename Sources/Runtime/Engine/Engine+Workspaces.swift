// SPDX-License-Identifier: Apache-2.0
// Workspaces for calls that bring none: the memory of calls that have ended, for those that follow.

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
