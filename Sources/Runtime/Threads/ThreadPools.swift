// SPDX-License-Identifier: Apache-2.0
// The threads of a model that several callers share. Each caller has threads of its own as long as there are processors for
// them; who comes when there are no more waits for its turn. So a model of two threads on eight processors serves four
// callers at once, and on two one after the other.

/// Pools of equally many threads, made when they are needed for the first time.
final class ThreadPools: @unchecked Sendable {  // What changes is read and written under the lock.
  let threads: Int
  private let isPinned: Bool
  private let most: Int
  private let lock = Monitor()
  private var idle: [ThreadPool] = []
  private var all: [ThreadPool] = []
  private var made = 0

  /// - Parameter processors: How many there are for the threads of all pools.
  init(threads: Int, pinned: Bool, processors: Int = processorCount()) throws(ModelError) {
    self.threads = threads
    isPinned = pinned
    most = max(1, processors / max(1, threads))
    let first = try ThreadPool(threads: threads, pinned: pinned)
    made = 1
    all = [first]
    idle = [first]
    // Nothing is allocated when a pool comes back.
    all.reserveCapacity(most)
    idle.reserveCapacity(most)
  }

  /// The first, which is always there.
  var first: ThreadPool {
    var pool: ThreadPool?
    lock.withLock { pool = all[0] }
    guard let pool else { preconditionFailure("a model without threads") }
    return pool
  }

  /// One for the calling thread alone, which must give it back.
  func take() throws(ModelError) -> ThreadPool {
    var pool: ThreadPool?
    var number = 0
    lock.sleep {
      pool = idle.popLast()
      guard pool == nil else { return false }
      guard made < most else { return true }
      number = made
      made += 1
      return false
    }
    if let pool { return pool }
    do throws(ModelError) {
      let pool = try ThreadPool(threads: threads, pinned: isPinned, after: number * threads)
      lock.withLock { all.append(pool) }
      return pool
    } catch {
      lock.withLock { made -= 1 }
      lock.wakeOne()
      throw error
    }
  }

  func give(back pool: ThreadPool) {
    lock.withLock { idle.append(pool) }
    lock.wakeOne()
  }

  /// Sends all threads home and waits until they have gone. No call may be running or follow.
  func dismiss() {
    for pool in all { pool.dismiss() }
  }
}
