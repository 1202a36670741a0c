// SPDX-License-Identifier: Apache-2.0
// What this machine can do, measured: multiply-adds, and bytes from where a network's data lie. Best of several bursts,
// as the best of a layer's times is held against it.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rates of all threads together. Reading stands for writing too, which is never faster.
struct MachineLimits: Sendable, Equatable {
  /// Operations a second on each type of numbers, a multiply-add counted as two, with the instructions of the kernels: of
  /// those that were asked for.
  var peaks: [Multiplicand: Double]
  /// Bytes a second from memory: read once, from a buffer that no cache holds. `nil` if there was no room for it.
  var memory: Double?
  /// Bytes a second from a buffer as large as what one pass reads, weights and activations: where weights come from.
  var weights: Double?
  /// Bytes a second from a buffer as large as the activations.
  var values: Double?
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
  ///   - multiplicands: what a network multiplies.
  ///   - passBytes: weights and activations of one pass.
  ///   - valueBytes: its activations.
  func measure(_ multiplicands: [Multiplicand] = [.float32], passBytes: Int, valueBytes: Int) -> MachineLimits {
    var limits = MachineLimits(peaks: [:])
    for multiplicand in multiplicands { limits.peaks[multiplicand] = peak(multiplicand) }
    guard let buffer = Self.streamBuffer(bytes: 256 << 20) else { return limits }
    limits.memory = bandwidth(buffer, bytes: buffer.count * 4, seconds: 0.05)
    limits.weights = bandwidth(buffer, bytes: passBytes, seconds: 0.05)
    limits.values = bandwidth(buffer, bytes: valueBytes, seconds: 0.05)
    return limits
  }

  /// Whether these kernels do, on this processor.
  package func multiplies(_ multiplicand: Multiplicand) -> Bool { loops[multiplicand] != nil }

  /// Operations a second, the best of so many seconds; `nil` of what these kernels do not multiply.
  package func peak(_ multiplicand: Multiplicand, seconds: Double = 0.05) -> Double? {
    guard let loop = loops[multiplicand] else { return nil }
    // A burst takes a fifth of a millisecond: long beside the barriers, short beside what disturbs it.
    let rounds = 15_000
    let (sink, threads) = (sink.base, pool.threads)
    let time = best(of: seconds) { part in
      sink[part * 16] += loop.run(rounds, Float(part + 1))
    }
    return Double(2 * rounds * loop.width * threads) / time
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
