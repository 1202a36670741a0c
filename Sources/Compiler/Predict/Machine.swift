// What a processor can do, in the few numbers that bound a network's time: multiply-adds a second, and bytes a second
// from each level of its memory. `resnetc calibrate` measures them and writes them down as a small text file:
//
//     resnetc machine 1, avx512, threads 1
//     # made by resnetc 0.1.0 on some machine
//     peak gflops: 180.0
//     l1 bytes: 49152
//     l1 gbps: 170.0
//     ...
//     memory gbps: 12.0
//     peak int8 gops: 720.0
//
// `ReadMachine` reads it.

/// Rates of all threads together, with the instructions of one target.
package struct Machine: Hashable, Sendable {
  /// A level of cache.
  package struct Cache: Hashable, Sendable {
    /// Of one core's in the first and the second level, of the last one as a whole.
    package var bytes: Int
    /// 10^9 bytes a second.
    package var gbps: Double

    package init(bytes: Int, gbps: Double) {
      self.bytes = bytes
      self.gbps = gbps
    }
  }

  /// Where bytes come from.
  package enum Level: Int, Hashable, Sendable, CaseIterable {
    case l1, l2, l3, memory

    /// As people write it.
    package var name: String { ["L1", "L2", "L3", "memory"][rawValue] }
  }

  package var target: Target
  package var threads: Int
  /// 10^9 floating-point operations a second, a multiply-add counted as two.
  package var gflops: Double
  package var l1: Cache
  package var l2: Cache
  package var l3: Cache
  /// Of memory, 10^9 bytes a second.
  package var memoryGbps: Double
  /// 10^9 operations a second on other numbers than single precision: of those that the machine has instructions for, and
  /// that somebody measured.
  package var otherPeaks: [Multiplicand: Double]

  package init(
    target: Target, threads: Int, gflops: Double, l1: Cache, l2: Cache, l3: Cache, memoryGbps: Double,
    otherPeaks: [Multiplicand: Double] = [:]
  ) {
    self.target = target
    self.threads = threads
    self.gflops = gflops
    self.l1 = l1
    self.l2 = l2
    self.l3 = l3
    self.memoryGbps = memoryGbps
    self.otherPeaks = otherPeaks
  }

  /// One core of an Ice Lake server at 2.8 GHz, in round figures of docs/performance.md: for who has measured no machine.
  package static let reference = Machine(
    target: .avx512, threads: 1, gflops: 180, l1: Cache(bytes: 48 << 10, gbps: 170),
    l2: Cache(bytes: 1280 << 10, gbps: 100), l3: Cache(bytes: 32 << 20, gbps: 35), memoryGbps: 12,
    otherPeaks: [.int8: 720, .int16: 360])

  /// 10^9 operations a second, a multiply-add counted as two; `nil` where they are not known.
  package func peak(_ multiplicand: Multiplicand) -> Double? {
    multiplicand == .float32 ? gflops : otherPeaks[multiplicand]
  }

  /// Of the ways to compute in a precision, best first, the first whose arithmetic this machine has.
  package func best(of plans: [Plan]) -> Plan? {
    plans.first { plan in plan.multiplicands.allSatisfy { peak($0) != nil } }
  }

  /// The nearest level that holds so many bytes, which threads share between them: each has an L1 and an L2 of its own.
  package func level(of bytes: Int) -> Level {
    switch bytes {
    case ...(l1.bytes * threads): .l1
    case ...(l2.bytes * threads): .l2
    case ...l3.bytes: .l3
    default: .memory
    }
  }

  package func gbps(_ level: Level) -> Double {
    switch level {
    case .l1: l1.gbps
    case .l2: l2.gbps
    case .l3: l3.gbps
    case .memory: memoryGbps
    }
  }
}

// MARK: The file

extension Machine {
  package static let head = "resnetc machine"
  static let version = 1
  /// The largest file, in bytes.
  package static let fileLimit = 1 << 16

  /// Rates that a file may hold, in 10^9 a second. Swift prints such numbers without an exponent.
  static let rates = 0.001...1e6
  /// Sizes of caches: the largest is far beyond any.
  static let sizes = 1024...1 << 40

  /// What a line of the file says.
  enum Key: String, CaseIterable {
    case peak = "peak gflops"
    case l1Bytes = "l1 bytes"
    case l1Rate = "l1 gbps"
    case l2Bytes = "l2 bytes"
    case l2Rate = "l2 gbps"
    case l3Bytes = "l3 bytes"
    case l3Rate = "l3 gbps"
    case memoryRate = "memory gbps"
    case float16Peak = "peak float16 gflops"
    case int8Peak = "peak int8 gops"
    case int16Peak = "peak int16 gops"

    /// Of what not every machine has, and not every file says.
    var multiplicand: Multiplicand? {
      switch self {
      case .float16Peak: .float16
      case .int8Peak: .int8
      case .int16Peak: .int16
      default: nil
      }
    }
    /// Sizes are whole numbers.
    var isSize: Bool { [.l1Bytes, .l2Bytes, .l3Bytes].contains(self) }
  }

  /// The file, each comment on a line of its own.
  package func text(comments: [String]) -> String {
    var lines: [(Key, String)] = [
      (.peak, "\(gflops)"), (.l1Bytes, "\(l1.bytes)"), (.l1Rate, "\(l1.gbps)"), (.l2Bytes, "\(l2.bytes)"),
      (.l2Rate, "\(l2.gbps)"), (.l3Bytes, "\(l3.bytes)"), (.l3Rate, "\(l3.gbps)"), (.memoryRate, "\(memoryGbps)"),
    ]
    for key in Key.allCases {
      if let peak = key.multiplicand.flatMap({ otherPeaks[$0] }) { lines.append((key, "\(peak)")) }
    }
    return "\(Self.head) \(Self.version), \(target.name), threads \(threads)\n"
      + comments.map { "# \($0)\n" }.joined() + lines.map { "\($0.rawValue): \($1)\n" }.joined()
  }
}

extension Plan {
  /// What its kernels multiply.
  package var multiplicands: [Multiplicand] {
    let found = kernels.reduce(into: Set<Multiplicand>()) { $0.formUnion($1.issued(target).keys) }
    return Multiplicand.allCases.filter(found.contains)
  }
}
