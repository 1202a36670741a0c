// Measures this machine with what `bench --per-layer` measures with: the runtime's threads, and the loops of
// `resnet_peak.h`.
import ResNetCompiler
import ResNetRuntime

/// Owns what it measures with.
struct MachineMeter {
  private let target: Target
  private let threads: Int
  private let meter: LimitsMeter
  /// With the instructions that some precisions have more than others.
  private let others: [LimitsMeter]
  private let buffer: AlignedBuffer

  var bufferBytes: Int { buffer.count * 4 }

  /// Takes 224 MiB, or the eighth of a small machine's memory.
  ///
  /// - Parameter target: One that runs here.
  init(target: Target, threads: Int) throws(CommandError) {
    self.target = target
    self.threads = threads
    do throws(ModelError) {
      let pool = try ThreadPool(threads: threads)
      meter = try LimitsMeter(isa: try ISA.named(target.name), pool: pool)
      var others: [LimitsMeter] = []
      for isa in target.richer.filter(\.isAvailable) { others.append(try LimitsMeter(isa: isa, pool: pool)) }
      self.others = others
    } catch {
      throw .failed("\(error)")
    }
    guard let buffer = LimitsMeter.streamBuffer(bytes: 224 << 20) else {
      throw .failed("There is no room to measure memory with.")
    }
    self.buffer = buffer
  }

  /// Rates rounded to three digits: more are noise.
  func measure(_ sizes: CacheSizes, seconds: Double) -> Machine {
    // The middle of each level, far from both of its ends, where it makes sense at all.
    let (near, middle) = (sizes.l1 / 2 * threads, sizes.l2 / 2 * threads)
    let far = min(max(4 * middle, min(sizes.l3 / 4, 64 << 20)), bufferBytes)
    let types = ResNetRuntime.Multiplicand.allCases.filter { type in
      type != .float32 && ([meter] + others).contains { $0.multiplies(type) }
    }
    let share = seconds / Double(5 + types.count)
    var peaks: [ResNetCompiler.Multiplicand: Double] = [:]
    for type in types {
      guard let name = ResNetCompiler.Multiplicand(rawValue: type.rawValue) else { continue }
      peaks[name] = ([meter] + others).lazy.compactMap { $0.peak(type, seconds: share) }.first.map(rounded)
    }
    func gbps(_ bytes: Int) -> Double { rounded(meter.bandwidth(buffer, bytes: bytes, seconds: share)) }
    return Machine(
      target: target, threads: threads, gflops: rounded(meter.peak(.float32, seconds: share) ?? 0),
      l1: Machine.Cache(bytes: sizes.l1, gbps: gbps(near)), l2: Machine.Cache(bytes: sizes.l2, gbps: gbps(middle)),
      l3: Machine.Cache(bytes: sizes.l3, gbps: gbps(far)), memoryGbps: gbps(bufferBytes),
      otherPeaks: peaks)
  }

  /// Within what a description may hold, whatever the clock said.
  private func rounded(_ rate: Double) -> Double {
    let value = rate * 1e-9
    let scale = value >= 100 ? 1.0 : value >= 10 ? 10.0 : 100.0
    return min(max((value * scale).rounded() / scale, 0.01), 1e6)
  }
}

extension Target {
  /// The instruction sets that are this one with more products of bytes or halves.
  fileprivate var richer: [ISA] {
    ResNetCompiler.Precision.allCases.flatMap { computing(in: $0) }.filter { $0.name != name }.compactMap {
      ISA(rawValue: $0.name)
    }
  }
}
