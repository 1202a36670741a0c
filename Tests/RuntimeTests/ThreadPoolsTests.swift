// Callers that share a model: threads of their own as far as there are processors, and turns beyond that.

import Foundation
import Synchronization
import Testing

@testable import ResNetRuntime

@Suite struct ThreadPoolsTests {
  @Test func eachHasItsOwnAsLongAsThereAreProcessors() throws {
    let pools = try ThreadPools(threads: 2, pinned: false, processors: 6)
    let taken = [try pools.take(), try pools.take(), try pools.take()]
    #expect(Set(taken.map { ObjectIdentifier($0) }).count == 3)
    #expect(taken[0] === pools.first && taken.allSatisfy { $0.threads == 2 })
    pools.give(back: taken[1])
    #expect(try pools.take() === taken[1])
    for pool in taken { pools.give(back: pool) }
    pools.dismiss()
  }

  /// At least one, of however many threads.
  @Test(arguments: [1, 3, 7]) func whoComesWhenThereAreNoMoreWaits(threads: Int) throws {
    let pools = try ThreadPools(threads: threads, pinned: true, processors: 2)
    let most = max(1, 2 / threads)
    let running = Atomic<Int>(0)
    let peak = Atomic<Int>(0)
    let calls = Atomic<Int>(0)
    for _ in 0..<4 {
      Thread {
        for _ in 0..<50 {
          guard let pool = try? pools.take() else { continue }
          let now = running.add(1, ordering: .sequentiallyConsistent).newValue
          peak.max(now, ordering: .sequentiallyConsistent)
          pool.run { _ in }
          running.subtract(1, ordering: .sequentiallyConsistent)
          pools.give(back: pool)
          calls.add(1, ordering: .sequentiallyConsistent)
        }
      }.start()
    }
    let deadline = Date(timeIntervalSinceNow: 60)
    while calls.load(ordering: .sequentiallyConsistent) < 200, Date() < deadline { usleep(1000) }
    #expect(calls.load(ordering: .relaxed) == 200)
    #expect(1...most ~= peak.load(ordering: .relaxed))
    pools.dismiss()
  }

  /// Threads that cannot be started are an error, and nobody waits for them.
  @Test func numbersOutOfRange() {
    #expect(throws: ModelError.threadsOutOfRange(requested: 0, limit: ThreadPool.limit)) {
      _ = try ThreadPools(threads: 0, pinned: false, processors: 0)
    }
  }
}
