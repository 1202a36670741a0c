// Measures this machine with the loops of `resnet_peak.h`, as `bench --per-layer` does (`PerLayerMachine.swift` in the
// runtime, which the compiler does not stand on): the best of many bursts that all threads begin together.
import Foundation
import ResNetCPU
import ResNetCompiler
import Synchronization

/// The loops for one instruction set.
private struct PeakLoops: Sendable {
  /// Multiply-adds of a round.
  let width: Int
  let multiplyAdd: @Sendable (Int, Float) -> Float
  let stream: @Sendable (UnsafePointer<Float>, Int) -> Float

  /// - Parameter target: one that runs here.
  init(_ target: Target) {
    switch target {
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

/// Floats that all threads read.
private struct Buffer: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int
}

/// Owns what it measures with.
final class MachineMeter {
  private let target: Target
  private let threads: Int
  private let loops: PeakLoops
  private let buffer: Buffer

  var bufferBytes: Int { buffer.count * 4 }

  /// Takes 224 MiB, or the eighth of a small machine's memory. Written, since pages that nobody wrote are all one page of
  /// zeros in a cache.
  init(target: Target, threads: Int) throws(CommandError) {
    self.target = target
    self.threads = threads
    loops = PeakLoops(target)
    let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    let bytes = min(224 << 20, max(1 << 20, memory / 8)) & ~0xFFFF
    var address: UnsafeMutableRawPointer?
    guard posix_memalign(&address, 64, bytes) == 0, let address else {
      throw .failed("There is no room for \(binarySize(bytes)) to measure memory with.")
    }
    buffer = Buffer(base: address.bindMemory(to: Float.self, capacity: bytes / 4), count: bytes / 4)
    buffer.base.initialize(repeating: 1, count: buffer.count)
  }

  deinit { free(buffer.base) }

  /// Rates rounded to three digits: more are noise.
  func measure(_ sizes: CacheSizes, seconds: Double) -> Machine {
    // The middle of each level, far from both of its ends, where it makes sense at all.
    let (near, middle) = (sizes.l1 / 2 * threads, sizes.l2 / 2 * threads)
    let far = min(max(4 * middle, min(sizes.l3 / 4, 64 << 20)), bufferBytes)
    let share = seconds / 5
    return Machine(
      target: target, threads: threads, gflops: rounded(flops(seconds: share)),
      l1: Machine.Cache(bytes: sizes.l1, gbps: rounded(bandwidth(bytes: near, seconds: share))),
      l2: Machine.Cache(bytes: sizes.l2, gbps: rounded(bandwidth(bytes: middle, seconds: share))),
      l3: Machine.Cache(bytes: sizes.l3, gbps: rounded(bandwidth(bytes: far, seconds: share))),
      memoryGbps: rounded(bandwidth(bytes: bufferBytes, seconds: share)))
  }

  private func flops(seconds: Double) -> Double {
    // A burst takes some fifth of a millisecond: long beside the barriers, short beside what disturbs it.
    let rounds = 15_000
    let loops = loops
    let time = best(of: seconds) { loops.multiplyAdd(rounds, Float($0 + 1)) }
    return Double(2 * rounds * loops.width * threads) / time
  }

  /// Of reading the first `bytes` of the buffer again and again, each thread its part.
  private func bandwidth(bytes: Int, seconds: Double) -> Double {
    let (loops, buffer, threads) = (loops, buffer, threads)
    // Pieces of 128 floats, as the loops read.
    let pieces = max(threads, min(bytes, bufferBytes) / 512)
    // A small part is read several times a burst, 4 MB in all.
    let repeats = max(1, (4 << 20) / (pieces * 512))
    let time = best(of: seconds) { part in
      let (begin, end) = (pieces * part / threads, pieces * (part + 1) / threads)
      var sum: Float = 0
      for _ in 0..<repeats { sum += loops.stream(buffer.base + begin * 128, (end - begin) * 128) }
      return sum
    }
    return Double(pieces * 512 * repeats) / time
  }

  /// The shortest burst, in seconds, after a first that does not count.
  private func best(of seconds: Double, _ body: @escaping @Sendable (Int) -> Float) -> Double {
    let team = Team(threads: threads)
    for part in 0..<threads where part > 0 {
      Thread { while team.burst(part, body) != nil {} }.start()
    }
    var shortest = Double.infinity
    var bursts = 0
    let end = now() + seconds
    repeat {
      let time = team.burst(0, body) ?? .infinity
      if bursts > 0 { shortest = min(shortest, time) }
      bursts += 1
    } while now() < end || bursts < 4
    team.dismiss()
    return max(shortest, 1e-9)
  }

  /// Within what a description may hold, whatever the clock said.
  private func rounded(_ rate: Double) -> Double {
    let value = rate * 1e-9
    let scale = value >= 100 ? 1.0 : value >= 10 ? 10.0 : 100.0
    return min(max((value * scale).rounded() / scale, 0.01), 1e6)
  }
}

/// Threads that begin and end their bursts together.
private final class Team: Sendable {
  private let threads: Int
  private let arrived = Atomic<Int>(0)
  private let turn = Atomic<Int>(0)
  private let isOver = Atomic<Bool>(false)
  /// Takes all results, so that none is for nothing.
  private let sink = Atomic<UInt32>(0)

  init(threads: Int) { self.threads = threads }

  /// Waits for all, does one's part, waits for all again: how long that took, or `nil` where it is over.
  func burst(_ part: Int, _ body: @Sendable (Int) -> Float) -> Double? {
    wait()
    if isOver.load(ordering: .acquiring) { return nil }
    let begin = now()
    sink.bitwiseXor(body(part).bitPattern, ordering: .relaxed)
    wait()
    return now() - begin
  }

  /// Sends those home who wait for the next burst. For the first part, between two of them.
  func dismiss() {
    isOver.store(true, ordering: .releasing)
    wait()
  }

  private func wait() {
    let mine = turn.load(ordering: .acquiring)
    if arrived.add(1, ordering: .acquiringAndReleasing).newValue == threads {
      arrived.store(0, ordering: .relaxed)
      turn.store(mine + 1, ordering: .releasing)
      return
    }
    // There may be more threads than cores; but who yields early to a busy neighbour waits for its whole turn, and two
    // threads that never run together measured the eightieth of the second level's bandwidth.
    var spins = 0
    while turn.load(ordering: .acquiring) == mine {
      spins += 1
      if spins > 50_000 { sched_yield() }
    }
  }
}

/// Seconds, from some moment on.
private func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
