// SPDX-License-Identifier: Apache-2.0
// Threads that stay. A network runs in milliseconds, so its threads are started once, are handed work without
// allocation, and spin for a moment before they sleep. Part k of a job is thread k's to begin with, and as every kernel
// divides its rows in the same way, a thread finds the rows that it wrote in its own cache.

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A fixed set of threads that run the parts of one job at a time, the caller among them.
///
/// Callers on several threads take turns. A job must not call `run` of its own pool: it would wait for itself.
package final class ThreadPool: @unchecked Sendable {  // Immutable; a thread's handle is a pointer on some systems.
  /// What a thread does of a job: where lies what it is told, and the number of its part.
  package typealias Work = @convention(c) (UnsafeRawPointer?, Int) -> Void

  /// The most threads that a pool may have.
  package static let limit = 256

  /// The number of parts of every job, the caller's included.
  package let threads: Int

  private let workers: [pthread_t]
  private let isDismissed = Atomic<Bool>(false)
  private let desk = Desk()
  private let turns = Monitor()
  private let meetingPoint: Barrier
  /// Of jobs in stages.
  let claims: StageClaims

  /// Starts `threads` - 1 threads; none for 1.
  ///
  /// - Parameters:
  ///   - pinned: each stays on a processor of its own, as far as there are enough, leaving the first to the caller.
  ///   - skipped: How many processors are others'.
  package init(threads: Int, pinned: Bool = false, after skipped: Int = 0) throws(ModelError) {
    guard 1...Self.limit ~= threads else { throw .threadsOutOfRange(requested: threads, limit: Self.limit) }
    self.threads = threads
    meetingPoint = Barrier(parties: threads)
    claims = StageClaims(parts: threads)
    let processors = pinned ? usableProcessors() : []
    var workers: [pthread_t] = []
    do throws(ModelError) {
      for part in 1..<threads {
        let processor = processors.isEmpty ? nil : processors[(skipped + part) % processors.count]
        workers.append(try Worker(part: part, desk: desk, processor: processor).start())
      }
    } catch {
      desk.dismiss(workers)
      throw error
    }
    self.workers = workers
  }

  deinit { dismiss() }

  /// Sends the threads home and waits until they have gone. No job may follow.
  func dismiss() {
    guard !isDismissed.exchange(true, ordering: .relaxed) else { return }
    desk.dismiss(workers)
  }

  /// Runs `body(part)` for every part from 0 to `threads` - 1, part 0 on the calling thread, and returns when all are done.
  /// Inlined, this does not allocate; where the compiler cannot see the closure's origin, wrapping it to cross threads does.
  @inline(__always)
  package func run(_ body: (Int) -> Void) {
    guard threads > 1 else { return body(0) }
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) { pointer in
        runParts(JobWords(UnsafeMutableRawPointer(pointer))) { words, part in
          words?.load(as: UnsafeMutableRawPointer.self).assumingMemoryBound(to: ((Int) -> Void).self).pointee(part)
        }
      }
    }
  }

  package func runParts(_ words: JobWords, _ work: Work) {
    turns.withLock {
      let job = Desk.Job(kind: .parts, work: work, words: words)
      desk.post(job, to: workers.count)
      job.run(0)
      desk.waitUntilDone()
    }
  }

  /// Runs a job of so many stages, of which the calling thread does what the others do not, and returns when all stages
  /// have ended. Does not allocate.
  ///
  /// - Parameters:
  ///   - words: what the threads are told, given the first stage's number.
  ///   - work: takes pieces of `claims` until the last stage has ended. A thread that comes late may still be looking for
  ///     some when this has returned: without a piece it must touch nothing that lives only as long as the call.
  func runStages(_ words: (Int) -> JobWords, _ work: Work) {
    turns.withLock {
      let job = Desk.Job(kind: .stages, work: work, words: words(claims.stage))
      if threads > 1 { desk.post(job, to: 0) }
      job.run(0)
    }
  }

  /// Called by every part of a running job of parts: waits until all of them have called it.
  package func barrier() { meetingPoint.wait() }
}
