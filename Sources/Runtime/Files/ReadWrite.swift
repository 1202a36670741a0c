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
  let file = try PendingFile(path)
  fill { part in file.write(part) }
  try file.finish(toDisk: toDisk)
}
