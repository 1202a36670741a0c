// Where the bytes of tensors lie: in the mapped file, or in memory where a file had to be unpacked or put together. Nothing
// is copied until a tensor is read.
package import ResNetRuntime

/// A run of bytes that tensors share.
package enum StorageBytes: Sendable {
  case mapped(MappedFile, Range<Int>)
  case memory([UInt8])

  var count: Int {
    switch self {
    case .mapped(_, let range): range.count
    case .memory(let bytes): bytes.count
    }
  }

  /// Calls `body` with the bytes, which are valid as long as it runs.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    switch self {
    case .mapped(let file, let range): body(UnsafeRawBufferPointer(rebasing: file.bytes[range]))
    case .memory(let bytes): bytes.withUnsafeBytes(body)
    }
  }

  /// Lets go of the pages that reading took, of what can be read again from the file.
  func release() {
    if case .mapped(let file, let range) = self { file.release(UnsafeRawBufferPointer(rebasing: file.bytes[range])) }
  }
}
