// SPDX-License-Identifier: Apache-2.0
// The two sides of handing over a job: the desk where a pool leaves it, and the threads that come for it.

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where one caller at a time leaves a job and waits until all workers have done their parts.
final class Desk: @unchecked Sendable {  // `current` is written before `posted` is, and read after it.
  struct Job {
    var work: ThreadPool.Work
    var context: UnsafeMutableRawPointer
  }

  /// The job on the desk; nothing tells the workers to go home.
  private var current: Job?
  private let posted = Atomic<Int>(0)
  // The workers spin on the word above while they report in the word below: different cache lines.
  private let padding: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)
  private let unfinished = Atomic<Int>(0)
  private let workersWait = Monitor()
  private let callerWaits = Monitor()

  /// Hands a job to `count` workers, who have all done the one before.
  func post(_ job: Job?, to count: Int) {
    current = job
    unfinished.store(count, ordering: .relaxed)
    posted.wrappingAdd(1, ordering: .sequentiallyConsistent)
    workersWait.wake()
  }

  /// Waits until the last worker has done its part.
  func waitUntilDone() {
    if spin(until: { unfinished.load(ordering: .acquiring) == 0 }) { return }
    callerWaits.sleep { unfinished.load(ordering: .sequentiallyConsistent) != 0 }
  }

  /// Sends the workers home and returns when they have gone.
  func dismiss(_ workers: [pthread_t]) {
    post(nil, to: 0)
    for worker in workers { pthread_join(worker, nil) }
  }

  /// A worker's side: waits for the job that follows the first `count` ones.
  func job(after count: Int) -> Job? {
    if !spin(until: { posted.load(ordering: .acquiring) != count }) {
      workersWait.sleep { posted.load(ordering: .sequentiallyConsistent) == count }
    }
    return current
  }

  /// A worker's side: reports that its part is done.
  func finish() {
    if unfinished.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue == 0 { callerWaits.wake() }
  }
}

/// A thread that does the same part of every job.
final class Worker: Sendable {
  private let part: Int
  private let desk: Desk

  init(part: Int, desk: Desk) {
    self.part = part
    self.desk = desk
  }

  /// Starts the thread, which lives until the desk dismisses it.
  func start() throws(ModelError) -> pthread_t { try startThread { self.loop() } }

  private func loop() {
    var count = 0
    while let job = desk.job(after: count) {
      count &+= 1
      job.work(job.context, part)
      desk.finish()
    }
  }
}
