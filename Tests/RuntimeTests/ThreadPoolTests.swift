// The pool's promises: every part once, a barrier that separates steps, callers that take turns, no thread left behind,
// no allocation. Run with --sanitize=thread too.

import Foundation
import ResNetRuntime
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 7]) func everyPartRunsOnce(threads: Int) throws {
    let pool = try ThreadPool(threads: threads)
    let counts = try AlignedBuffer(count: threads)
    for round in 1...500 {
      pool.run { part in counts.floats[part] += 1 }
      #expect(counts.floats.allSatisfy { $0 == Float(round) })
    }
  }

  @Test func theCallerIsPartZero() throws {
    let pool = try ThreadPool(threads: 3)
    let caller = pthread_self()
    let mistakes = Atomic<Int>(0)
    pool.run { part in
      if (pthread_equal(pthread_self(), caller) != 0) != (part == 0) { mistakes.add(1, ordering: .relaxed) }
    }
    #expect(mistakes.load(ordering: .relaxed) == 0)
  }

  /// Each step shifts the array by one part; a thread that ran ahead or lagged would read a wrong step's value.
  @Test(arguments: [2, 3, 5]) func barrierSeparatesSteps(threads: Int) throws {
    let pool = try ThreadPool(threads: threads)
    let steps = 400
    let values = try AlignedBuffer(count: 2 * threads)
    pool.run { part in
      values.floats[part] = Float(part)
      pool.barrier()
      for step in 0..<steps {
        let (from, to) = (step % 2 * threads, (step + 1) % 2 * threads)
        values.floats[to + part] = values.floats[from + (part + 1) % threads] + 1
        pool.barrier()
      }
    }
    for part in 0..<threads {
      #expect(values.floats[part] == Float((part + steps) % threads + steps))
    }
  }

  @Test func callersTakeTurns() throws {
    let pool = try ThreadPool(threads: 2)
    let busy = Atomic<Int>(0)
    let overlaps = Atomic<Int>(0)
    let runs = Atomic<Int>(0)
    let callers = (0..<4).map { _ in
      Thread {
        for _ in 0..<100 {
          pool.run { part in
            if part == 0 {
              if busy.add(1, ordering: .sequentiallyConsistent).newValue != 1 { overlaps.add(1, ordering: .relaxed) }
              busy.subtract(1, ordering: .sequentiallyConsistent)
            }
            pool.barrier()
          }
          runs.add(1, ordering: .sequentiallyConsistent)
        }
      }
    }
    for caller in callers { caller.start() }
    let deadline = Date(timeIntervalSinceNow: 60)
    while runs.load(ordering: .sequentiallyConsistent) < 400, Date() < deadline { usleep(1000) }
    #expect(runs.load(ordering: .relaxed) == 400)
    #expect(overlaps.load(ordering: .relaxed) == 0)
  }

  @Test func wakesFromSleep() throws {
    let pool = try ThreadPool(threads: 3)
    let sum = Atomic<Int>(0)
    for _ in 0..<5 {
      usleep(20_000)  // Longer than the workers spin.
      pool.run { part in
        if part > 0 { usleep(5_000) }  // Longer than the caller spins.
        sum.add(part, ordering: .relaxed)
      }
    }
    #expect(sum.load(ordering: .relaxed) == 15)
  }

  #if os(Linux)
    @Test func leavesNoThreadsBehind() throws {
      for _ in 0..<50 {
        let pool = try ThreadPool(threads: 4)
        pool.run { _ in }
      }
      // Joined threads leave no task of the process; other tests may run a few meanwhile.
      let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
      #expect(tasks.count < 100)
    }
  #endif

  @Test(arguments: [0, -1, ThreadPool.limit + 1]) func refusesNumbersOutOfRange(threads: Int) {
    #expect(throws: ModelError.threadsOutOfRange(requested: threads, limit: ThreadPool.limit)) {
      _ = try ThreadPool(threads: threads)
    }
  }
}
