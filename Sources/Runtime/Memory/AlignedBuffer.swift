// SPDX-License-Identifier: Apache-2.0
// Float storage for packed weights and for arenas. Rows start on cache lines (64 bytes, the width of an AVX-512
// register), and large buffers ask for huge pages: a 100 MB set of weights spans 25,000 small pages, far more than a
// TLB holds.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A fixed number of floats at an address that is a multiple of 64 bytes (2 MB if larger than 1 MB), zero at first.
///
/// Sendable in the way a pointer to shared memory is: whoever writes it makes sure that nobody else uses it meanwhile.
package final class AlignedBuffer: @unchecked Sendable {
  /// The storage. Valid as long as this object lives.
  package let floats: UnsafeMutableBufferPointer<Float>

  /// The first element.
  package var base: UnsafeMutablePointer<Float> { floats.baseAddress! }  // At least one element is always allocated.

  /// The number of floats asked for.
  package var count: Int { floats.count }

  /// Allocates `count` zeros.
  package init(count: Int) throws(ModelError) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    guard !overflow, bytes <= Int.max - (2 << 20) else { throw .outOfMemory(bytes: .max) }
    let large = bytes > 1 << 20
    // A whole number of cache lines (of huge pages if large), so that vectors may be loaded up to the end of the last.
    let alignment = large ? 2 << 20 : 64
    let size = (bytes + alignment - 1) / alignment * alignment
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, alignment, size) == 0, let memory else { throw .outOfMemory(bytes: bytes) }
    #if os(Linux)
      if large { madvise(memory, size, 14) }  // MADV_HUGEPAGE: a wish; where it is refused, small pages serve.
    #endif
    memset(memory, 0, size)
    floats = UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: Float.self, capacity: size / MemoryLayout<Float>.stride), count: count)
  }

  deinit { free(floats.baseAddress) }
}
