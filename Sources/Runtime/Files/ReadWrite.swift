// SPDX-License-Identifier: Apache-2.0
// Whole files in and out. Writing goes through a temporary file beside the target, so that a reader never sees half a
// file and a failure leaves the old one as it was.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The contents of a regular file, at most `limit` bytes of it: a larger one is refused before anything is allocated.
package func readFile(_ path: String, limit: Int = 1 << 30) throws(ModelError) -> [UInt8] {
  let (descriptor, size) = try openRegularFile(path)
  defer { close(descriptor) }
  guard size <= limit else {
    throw .cannotRead(path: path, reason: "it has \(size) bytes where at most \(limit) are expected")
  }
  var failure: Int32 = 0
  let contents = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    while count < size {
      let got = read(descriptor, buffer.baseAddress! + count, size - count)
      if got < 0 && errno == EINTR { continue }
      if got < 0 { failure = errno }
      if got <= 0 { break }  // An error, or a file that became shorter meanwhile.
      count += got
    }
  }
  guard failure == 0 else { throw .cannotRead(path: path, reason: systemReason(failure)) }
  return contents
}

/// Replaces the file at `path` with `bytes`, or leaves it untouched and throws.
package func writeFileAtomically(_ path: String, _ bytes: UnsafeRawBufferPointer) throws(ModelError) {
  try writeFileAtomically(path, parts: [bytes], toDisk: false)
}

/// The same with `parts`, one after the other.
///
/// - Parameter toDisk: whether the file's contents must be on the disk before it takes its name, so that even a power
///   failure leaves the old file or the new one.
package func writeFileAtomically(
  _ path: String, parts: [UnsafeRawBufferPointer], toDisk: Bool
) throws(ModelError) {
  try writeFileAtomically(path, toDisk: toDisk) { write in for part in parts { write(part) } }
}

/// The same with what `fill` hands on, piece by piece; after a failure pieces are dropped.
package func writeFileAtomically(
  _ path: String, toDisk: Bool, fill: (_ write: (UnsafeRawBufferPointer) -> Void) -> Void
) throws(ModelError) {
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
  var failure: Int32 = 0
  fill { part in if failure == 0 { failure = writeAll(part, to: descriptor) } }
  if toDisk && failure == 0 && fsync(descriptor) != 0 { failure = errno }
  if close(descriptor) != 0 && failure == 0 { failure = errno }
  if failure == 0 && rename(temporary, path) != 0 { failure = errno }
  guard failure == 0 else {
    unlink(temporary)
    throw .cannotWrite(path: path, reason: systemReason(failure))
  }
}

/// Writes to an open file; returns 0 or the error's number.
private func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
  var written = 0
  while written < bytes.count, let base = bytes.baseAddress {
    let count = write(descriptor, base + written, bytes.count - written)
    if count < 0 && errno == EINTR { continue }
    if count < 0 { return errno }
    written += count
  }
  return 0
}
