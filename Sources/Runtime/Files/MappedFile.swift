// SPDX-License-Identifier: Apache-2.0
// A file as memory. Weights are mapped rather than read: nothing is copied until a kernel's own layout is filled, and
// processes that serve the same model share the pages.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A read-only view of a whole file, unmapped when the last reference goes. The file must not be cut short meanwhile.
package final class MappedFile: @unchecked Sendable {  // Immutable after init.
  /// The path as it was given, for error messages.
  package let path: String
  /// The file's contents; empty for an empty file. Valid as long as this object lives.
  package let bytes: UnsafeRawBufferPointer

  /// Maps the regular file at `path`.
  package init(_ path: String) throws(ModelError) {
    self.path = path
    let (descriptor, size) = try openRegularFile(path)
    defer { close(descriptor) }
    guard size > 0 else {  // mmap refuses a length of zero.
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
      throw .cannotRead(path: path, reason: systemReason())
    }
    bytes = UnsafeRawBufferPointer(start: base, count: size)
  }

  deinit {
    guard let base = bytes.baseAddress else { return }
    munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
  }
}

/// Opens a regular file for reading; the caller closes the descriptor. A directory opens well and fails to map with an
/// obscure reason, and a pipe without a writer would block, so anything but a regular file is refused here.
package func openRegularFile(_ path: String) throws(ModelError) -> (descriptor: Int32, size: Int) {
  guard !path.utf8.contains(0) else { throw .cannotOpen(path: path, reason: "the path holds a NUL character") }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw .cannotOpen(path: path, reason: systemReason()) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    let reason = systemReason()
    close(descriptor)
    throw .cannotOpen(path: path, reason: reason)
  }
  guard status.st_mode & S_IFMT == S_IFREG else {
    close(descriptor)
    let reason = status.st_mode & S_IFMT == S_IFDIR ? "it is a directory; pass a file" : "it is not a regular file"
    throw .cannotOpen(path: path, reason: reason)
  }
  return (descriptor, Int(status.st_size))
}

/// Whether there is anything at `path`, followed where it is a link.
func fileExists(_ path: String) -> Bool {
  !path.utf8.contains(0) && access(path, F_OK) == 0
}
