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
  ///
  /// - Parameter hugePages: a wish for a file that is read from end to end time and again. Where the file system has huge
  ///   pages they are what it is read into from the disk, and 50 faults map what 1,500 did: 2 ms less at each start, and
  ///   3 % less for a pass of ResNet-50 whose weights no longer wear out the TLB.
  package init(_ path: String, hugePages: Bool = false) throws(ModelError) {
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
    #if os(Linux)
      if hugePages { madvise(base, size, 14) }  // MADV_HUGEPAGE; where it is refused, small pages serve.
    #endif
    bytes = UnsafeRawBufferPointer(start: base, count: size)
  }

  /// Lets go of the memory that a part of `bytes` has taken so far. It can be read again, from the file.
  package func release(_ part: UnsafeRawBufferPointer) {
    #if os(Linux)
      let page = sysconf(Int32(_SC_PAGESIZE))
      guard let start = bytes.baseAddress, let first = part.baseAddress, page > 0 else { return }
      let (low, high) = ((first - start + page - 1) / page * page, (first - start + part.count) / page * page)
      if high > low { madvise(UnsafeMutableRawPointer(mutating: start + low), high - low, 4) }  // MADV_DONTNEED
    #endif
  }

  deinit {
    guard let base = bytes.baseAddress else { return }
    munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
  }
}

/// Opens a regular file for reading; the caller closes the descriptor. A directory opens well and fails to map with an
/// obscure reason, and a pipe without a writer would block, so anything but a regular file is refused here.
package func openRegularFile(_ path: String) throws(ModelError) -> (descriptor: Int32, size: Int) {
  guard !path.isEmpty else { throw .cannotOpen(path: path, reason: "the name is empty") }
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

/// Drops what the system keeps of a file in memory, as far as it is on the disk: the next reader reads it from there.
func dropCache(_ path: String) {
  #if os(Linux)
    guard let (descriptor, _) = try? openRegularFile(path) else { return }
    posix_fadvise(descriptor, 0, 0, 4)  // POSIX_FADV_DONTNEED
    close(descriptor)
  #endif
}

/// Whether there is anything at `path`, followed where it is a link.
func fileExists(_ path: String) -> Bool {
  !path.utf8.contains(0) && access(path, F_OK) == 0
}
