// SPDX-License-Identifier: Apache-2.0
// A mutex and a condition variable of POSIX, which every platform has and which the thread sanitizer understands.

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A lock, and a place to sleep until a condition changes.
final class Monitor: @unchecked Sendable {  // The two pointers are constant, what they point to is made for sharing.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let sleepers = Atomic<Int>(0)

  init() {
    // Both fail only for want of memory, which on these systems they do not need.
    let results = (pthread_mutex_init(mutex, nil), pthread_cond_init(changed, nil))
    precondition(results == (0, 0))
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` while no other thread holds the lock.
  func withLock(_ body: () -> Void) {
    pthread_mutex_lock(mutex)
    body()
    pthread_mutex_unlock(mutex)
  }

  /// Sleeps as long as `condition` holds. It reads, sequentially consistent, what the waking thread writes in that way.
  func sleep(while condition: () -> Bool) {
    withLock {
      sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
      while condition() { pthread_cond_wait(changed, mutex) }
      sleepers.wrappingSubtract(1, ordering: .relaxed)
    }
  }

  /// The same, but not for longer than so many nanoseconds, below a second.
  func sleep(atMost nanoseconds: Int, while condition: () -> Bool) {
    var end = timespec()
    clock_gettime(CLOCK_REALTIME, &end)
    let sum = Int(end.tv_nsec) + nanoseconds
    end.tv_sec += sum / 1_000_000_000
    end.tv_nsec = sum % 1_000_000_000
    withLock {
      sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
      var isInTime = true
      while isInTime, condition() { isInTime = pthread_cond_timedwait(changed, mutex, &end) == 0 }
      sleepers.wrappingSubtract(1, ordering: .relaxed)
    }
  }

  /// Wakes all sleepers to look again; costs a load if there are none. Either a thread on its way to sleep sees what was
  /// written before this, or this sees the sleeper: one of the two comes first in the single order of all four accesses.
  func wake() {
    guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    withLock { _ = pthread_cond_broadcast(changed) }
  }

  /// The same where any one of the sleepers will do.
  func wakeOne() {
    guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    withLock { _ = pthread_cond_signal(changed) }
  }
}
