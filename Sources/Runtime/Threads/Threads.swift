// SPDX-License-Identifier: Apache-2.0
// How many threads a model's calls use, as its users say it.

/// How many threads a call uses, the caller's included.
public struct Threads: Sendable, Hashable {
  enum Number: Sendable, Hashable {
    case automatic
    case exactly(Int)
  }
  var number: Number
  var isPinned = false

  /// As many as there are processors that this process may use: those of its affinity mask, or fewer where the quota of its
  /// container pays for fewer.
  public static var automatic: Threads { Threads(number: .automatic) }

  /// 1 to 256.
  public static func exactly(_ count: Int) -> Threads { Threads(number: .exactly(count)) }

  /// The same, and each but the caller's stays on a processor of its own, which is worth it where nothing else runs on
  /// them. The first processor is left to the caller. On Linux; elsewhere it changes nothing.
  public var pinned: Threads {
    var threads = self
    threads.isPinned = true
    return threads
  }

  /// The number, found out where it is automatic.
  package var count: Int {
    switch number {
    case .automatic: min(processorCount(), ThreadPool.limit)
    case .exactly(let count): count
    }
  }
}

extension Threads: ExpressibleByIntegerLiteral {
  /// `4` is `.exactly(4)`.
  public init(integerLiteral count: Int) { self = .exactly(count) }
}
