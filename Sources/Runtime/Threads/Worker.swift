// SPDX-License-Identifier: Apache-2.0
// The two sides of handing over a job: the desk where a pool leaves it, and the threads that come for it.

import ResNetCPU
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the threads of a job are told: any value of a few words, copied.
package struct JobWords: Sendable {
  typealias Words = (Int, Int, Int, Int, Int, Int, Int, Int, Int)
  var words: Words = (0, 0, 0, 0, 0, 0, 0, 0, 0)

  package init<Value: BitwiseCopyable>(_ value: Value) {
    precondition(MemoryLayout<Value>.size <= MemoryLayout<Words>.size)
    withUnsafeMutableBytes(of: &words) { words in
      withUnsafeBytes(of: value) { words.copyMemory(from: $0) }
    }
  }
}

/// Where one caller at a time leaves a job. Of one kind every worker has a part, and the caller waits for all; of the other
/// there is work for whoever comes, and who comes late may find the next job here, or none.
final class Desk: @unchecked Sendable {  // The pointer is constant, what it points to is made for sharing.
  struct Job {
    enum Kind: Int { case home, parts, stages }
    var kind: Kind
    var work: ThreadPool.Work
    var words: JobWords

    func run(_ part: Int) { withUnsafeBytes(of: words.words) { work($0.baseAddress, part) } }
  }

  /// As a reader sees a job who may come while the next one is written: word by word, all of one job if `posted` was even
  /// and the same before and after.
  private struct Words: ~Copyable {
    let kind = Atomic<Int>(0)
    let work = Atomic<Int>(0)
    let w0 = Atomic<Int>(0), w1 = Atomic<Int>(0), w2 = Atomic<Int>(0), w3 = Atomic<Int>(0)
    let w4 = Atomic<Int>(0), w5 = Atomic<Int>(0), w6 = Atomic<Int>(0), w7 = Atomic<Int>(0), w8 = Atomic<Int>(0)
  }

  private let current = Words()
  /// Goes up by one while a job is written, and by one more when it is there.
  private let posted = Atomic<Int>(0)
  // The workers spin on the word above while they report in the word below: different cache lines.
  private let padding: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)
  private let unfinished = Atomic<Int>(0)
  private let workersWait = Monitor()
  private let callerWaits = Monitor()

  /// Leaves a job. Of one with parts `count` workers have one.
  func post(_ job: Job, to count: Int) {
    unfinished.store(job.kind == .parts ? count : 0, ordering: .relaxed)
    posted.wrappingAdd(1, ordering: .relaxed)
    // Releasing: who sees one of these sees that `posted` has gone up.
    current.kind.store(job.kind.rawValue, ordering: .releasing)
    current.work.store(unsafeBitCast(job.work, to: Int.self), ordering: .releasing)
    let words = job.words.words
    current.w0.store(words.0, ordering: .releasing)
    current.w1.store(words.1, ordering: .releasing)
    current.w2.store(words.2, ordering: .releasing)
    current.w3.store(words.3, ordering: .releasing)
    current.w4.store(words.4, ordering: .releasing)
    current.w5.store(words.5, ordering: .releasing)
    current.w6.store(words.6, ordering: .releasing)
    current.w7.store(words.7, ordering: .releasing)
    current.w8.store(words.8, ordering: .releasing)
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
    post(Job(kind: .home, work: { _, _ in }, words: JobWords(0)), to: 0)
    for worker in workers { pthread_join(worker, nil) }
  }

  /// A worker's side: waits until there is another job than number `seen`, and gives the newest and its number.
  func job(after seen: Int) -> (job: Job, number: Int) {
    while true {
      if !spin(until: { posted.load(ordering: .acquiring) != seen }) {
        workersWait.sleep { posted.load(ordering: .sequentiallyConsistent) == seen }
      }
      let number = posted.load(ordering: .acquiring)
      guard number % 2 == 0 else {
        resnet_cpu_pause()
        continue
      }
      let kind = current.kind.load(ordering: .acquiring)
      let work = current.work.load(ordering: .acquiring)
      var words = JobWords(0)
      words.words = (
        current.w0.load(ordering: .acquiring), current.w1.load(ordering: .acquiring),
        current.w2.load(ordering: .acquiring), current.w3.load(ordering: .acquiring),
        current.w4.load(ordering: .acquiring), current.w5.load(ordering: .acquiring),
        current.w6.load(ordering: .acquiring), current.w7.load(ordering: .acquiring),
        current.w8.load(ordering: .acquiring)
      )
      guard posted.load(ordering: .relaxed) == number, let kind = Job.Kind(rawValue: kind) else { continue }
      return (Job(kind: kind, work: unsafeBitCast(work, to: ThreadPool.Work.self), words: words), number)
    }
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
  /// The processor that it stays on, if it does.
  private let processor: Int?

  init(part: Int, desk: Desk, processor: Int?) {
    self.part = part
    self.desk = desk
    self.processor = processor
  }

  /// Starts the thread, which lives until the desk dismisses it.
  func start() throws(ModelError) -> pthread_t { try startThread { self.loop() } }

  private func loop() {
    if let processor { pinThread(to: processor) }
    var seen = 0
    while true {
      let (job, number) = desk.job(after: seen)
      if job.kind == .home { return }
      seen = number
      job.run(part)
      if job.kind == .parts { desk.finish() }
    }
  }
}
