// SPDX-License-Identifier: Apache-2.0
// A file that is being written under another name beside its own, which it takes when it is whole.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file to be; gone, and whatever has its name untouched, if it is let go before `finish`. For one thread at a time.
final class PendingFile {
  private let path: String
  private let temporary: String
  private var descriptor: Int32
  /// Of the first call that failed; what comes after it is dropped.
  private var failure: Int32 = 0

  init(_ path: String) throws(ModelError) {
    guard !path.isEmpty else { throw .cannotWrite(path: path, reason: "the name is empty") }
    guard !path.utf8.contains(0) else { throw .cannotWrite(path: path, reason: "the path holds a NUL character") }
    // O_EXCL keeps writers apart; a name may also be taken by what an interrupted process left behind.
    var temporary = ""
    var descriptor: Int32 = -1
    for attempt in 0..<100 {
      temporary = "\(path).\(getpid()).\(attempt).tmp"
      descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      if descriptor >= 0 || errno != EEXIST { break }
    }
    guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: systemReason()) }
    (self.path, self.temporary, self.descriptor) = (path, temporary, descriptor)
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporary)
  }

  /// Adds bytes at the end.
  func write(_ bytes: UnsafeRawBufferPointer) {
    var written = 0
    while failure == 0, written < bytes.count, let base = bytes.baseAddress {
      let count = systemWrite(descriptor, base + written, bytes.count - written)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { failure = errno } else { written += count }
    }
  }

  /// Goes back, so that what is written next replaces what stands at the beginning.
  func rewind() { if failure == 0 && lseek(descriptor, 0, SEEK_SET) != 0 { failure = errno } }

  /// Gives the file its name, or throws and removes it.
  ///
  /// - Parameter toDisk: whether its contents must be on the disk before.
  func finish(toDisk: Bool = false) throws(ModelError) {
    if toDisk && failure == 0 && fsync(descriptor) != 0 { failure = errno }
    if close(descriptor) != 0 && failure == 0 { failure = errno }
    descriptor = -1
    if failure == 0 && rename(temporary, path) != 0 { failure = errno }
    guard failure == 0 else {
      unlink(temporary)
      throw .cannotWrite(path: path, reason: systemReason(failure))
    }
  }
}

/// The C library's, whose name a member has taken.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
