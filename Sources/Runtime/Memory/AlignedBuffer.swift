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

  private static let hugePage = 2 << 20
  /// The largest size in bytes that the allocator may serve.
  private static let smallPages = 1 << 20
  /// What was asked of the system, for a large buffer.
  private let mapping: UnsafeMutableRawBufferPointer?

  /// The first element.
  package var base: UnsafeMutablePointer<Float> { floats.baseAddress! }  // At least one element is always allocated.

  /// The number of floats asked for.
  package var count: Int { floats.count }

  /// Allocates `count` zeros.
  package init(count: Int) throws(ModelError) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    guard !overflow, bytes <= Int.max - 2 * Self.hugePage else { throw .outOfMemory(bytes: .max) }
    guard bytes > Self.smallPages else {
      // A whole number of cache lines, so that vectors may be loaded up to the end of the last.
      let size = (bytes + 63) / 64 * 64
      var memory: UnsafeMutableRawPointer?
      guard posix_memalign(&memory, 64, size) == 0, let memory else { throw .outOfMemory(bytes: bytes) }
      memset(memory, 0, size)
      mapping = nil
      floats = UnsafeMutableBufferPointer(
        start: memory.bindMemory(to: Float.self, capacity: size / MemoryLayout<Float>.stride), count: count)
      return
    }
    // Fresh from the system, whose pages are zero already. One huge page more than needed leaves room to align.
    let size = (bytes + Self.hugePage - 1) / Self.hugePage * Self.hugePage
    let reserved = size + Self.hugePage
    guard
      let start = mmap(nil, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0), start != MAP_FAILED
    else { throw .outOfMemory(bytes: bytes) }
    let memory = start.alignedUp(toMultipleOf: Self.hugePage)
    #if os(Linux)
      madvise(memory, size, 14)  // MADV_HUGEPAGE: a wish; where it is refused, small pages serve.
    #endif
    mapping = UnsafeMutableRawBufferPointer(start: start, count: reserved)
    floats = UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: Float.self, capacity: size / MemoryLayout<Float>.stride), count: count)
  }

  deinit {
    if let mapping {
      munmap(mapping.baseAddress, mapping.count)
    } else {
      free(floats.baseAddress)
    }
  }
}
