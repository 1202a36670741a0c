// SPDX-License-Identifier: Apache-2.0
// What this machine can do, measured: multiply-adds, and bytes from where a network's data lie. Best of several bursts,
// as the best of a layer's times is held against it.

import ResNetCPU

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rates of all threads together. Reading stands for writing too, which is never faster.
struct MachineLimits: Sendable, Equatable {
  /// Floating-point operations a second, a multiply-add counted as two, with the instructions of the kernels.
  var flops: Double
  /// Bytes a second from memory: read once, from a buffer that no cache holds. `nil` if there was no room for it.
  var memory: Double?
  /// Bytes a second from a buffer as large as what one pass reads, weights and activations: where weights come from.
  var weights: Double?
  /// Bytes a second from a buffer as large as the activations.
  var values: Double?
}

/// The loops of `resnet_peak.h` for one instruction set.
private struct PeakLoops: Sendable {
  /// Multiply-adds of a round.
  let width: Int
  let multiplyAdd: @Sendable (Int, Float) -> Float
  let stream: @Sendable (UnsafePointer<Float>, Int) -> Float

  init(_ isa: ISA) {
    switch isa {
    #if arch(x86_64)
      case .avx512:
        width = resnet_peak_width_avx512()
        multiplyAdd = { resnet_peak_avx512($0, $1) }
        stream = { resnet_stream_avx512($0, $1) }
      case .avx2:
        width = resnet_peak_width_avx2()
        multiplyAdd = { resnet_peak_avx2($0, $1) }
        stream = { resnet_stream_avx2($0, $1) }
    #elseif arch(arm64)
      case .neon:
        width = resnet_peak_width_neon()
        multiplyAdd = { resnet_peak_neon($0, $1) }
        stream = { resnet_stream_neon($0, $1) }
    #endif
    default:
      width = resnet_peak_width_portable()
      multiplyAdd = { resnet_peak_portable($0, $1) }
      stream = { resnet_stream_portable($0, $1) }
    }
  }
}

/// Measures with a pool's threads.
package struct LimitsMeter {
  let pool: ThreadPool
  private let loops: PeakLoops
  /// Keeps results alive; one a thread.
  private let sink: AlignedBuffer

  package init(isa: ISA, pool: ThreadPool) throws(ModelError) {
    self.pool = pool
    loops = PeakLoops(isa)
    sink = try AlignedBuffer(count: pool.threads * 16)
  }

  /// - Parameters:
  ///   - passBytes: weights and activations of one pass.
  ///   - valueBytes: its activations.
  func measure(passBytes: Int, valueBytes: Int) -> MachineLimits {
    var limits = MachineLimits(flops: flops())
    guard let buffer = Self.streamBuffer(bytes: 256 << 20) else { return limits }
    limits.memory = bandwidth(buffer, bytes: buffer.count * 4, seconds: 0.05)
    limits.weights = bandwidth(buffer, bytes: passBytes, seconds: 0.05)
    limits.values = bandwidth(buffer, bytes: valueBytes, seconds: 0.05)
    return limits
  }

  /// Floating-point operations a second, the best of so many seconds.
  package func flops(seconds: Double = 0.05) -> Double {
    // A burst takes a fifth of a millisecond: long beside the barriers, short beside what disturbs it.
    let rounds = 15_000
    let (loops, sink, threads) = (loops, sink.base, pool.threads)
    let time = best(of: seconds) { part in
      sink[part * 16] += loops.multiplyAdd(rounds, Float(part + 1))
    }
    return Double(2 * rounds * loops.width * threads) / time
  }

  /// So much, the eighth of a small machine's memory, or nothing. Written, since pages that nobody wrote are all one page
  /// of zeros in a cache: read like that, memory seemed three times as fast as it is.
  package static func streamBuffer(bytes wanted: Int) -> AlignedBuffer? {
    let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    let bytes = min(wanted, memory / 8)
    guard bytes > 1 << 20 else { return nil }
    guard let buffer = try? AlignedBuffer(count: bytes / 4) else { return nil }
    buffer.floats.update(repeating: 1)
    return buffer
  }

  /// Bytes a second, the best of so many seconds, of reading the first `bytes` of `buffer` again and again, each thread
  /// its part.
  package func bandwidth(_ buffer: AlignedBuffer, bytes: Int, seconds: Double) -> Double {
    let (loops, sink, base, threads) = (loops, sink.base, buffer.base, pool.threads)
    // Pieces of 128 floats, as the loops read.
    let pieces = max(threads, min(bytes, buffer.count * 4) / 512)
    // A small buffer is read several times a burst, 4 MB in all.
    let repeats = max(1, (4 << 20) / (pieces * 512))
    let time = best(of: seconds) { part in
      let (begin, end) = (pieces * part / threads, pieces * (part + 1) / threads)
      for _ in 0..<repeats { sink[part * 16] += loops.stream(base + begin * 128, (end - begin) * 128) }
    }
    return Double(pieces * 512 * repeats) / time
  }

  /// The shortest time from the moment when all threads are ready until all have done `body`, after a first that does not
  /// count.
  private func best(of budget: Double, _ body: (Int) -> Void) -> Double {
    let pool = pool
    var shortest = Double.infinity
    var bursts = 0
    let end = now() + budget
    repeat {
      var begin = 0.0
      var done = 0.0
      pool.run { part in
        pool.barrier()
        if part == 0 { begin = now() }
        body(part)
        pool.barrier()
        if part == 0 { done = now() }
      }
      if bursts > 0 { shortest = min(shortest, done - begin) }
      bursts += 1
    } while now() < end || bursts < 4
    return max(shortest, 1e-9)
  }
}
