// SPDX-License-Identifier: Apache-2.0
// Threads that stay. A network runs in milliseconds, so its threads are started once, are handed work without
// allocation, and spin for a moment before they sleep. Work is split statically: part k goes to thread k, and as every
// kernel divides its rows in the same way, a thread finds the rows that it wrote in its own cache.

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
  /// One part of a job: a context that the caller keeps alive, and the number of the part.
  package typealias Work = @convention(c) (UnsafeMutableRawPointer, Int) -> Void

  /// The most threads that a pool may have.
  package static let limit = 256

  /// The number of parts of every job, the caller's included.
  package let threads: Int

  private let workers: [pthread_t]
  private let desk = Desk()
  private let turns = Monitor()
  private let meetingPoint: Barrier

  /// Starts `threads` - 1 threads; none for 1.
  package init(threads: Int) throws(ModelError) {
    guard 1...Self.limit ~= threads else { throw .threadsOutOfRange(requested: threads, limit: Self.limit) }
    self.threads = threads
    meetingPoint = Barrier(parties: threads)
    var workers: [pthread_t] = []
    do throws(ModelError) {
      for part in 1..<threads { workers.append(try Worker(part: part, desk: desk).start()) }
    } catch {
      desk.dismiss(workers)
      throw error
    }
    self.workers = workers
  }

  deinit { desk.dismiss(workers) }

  /// Runs `work(context, part)` for every part from 0 to `threads` - 1, part 0 on the calling thread, and returns when
  /// all are done. Does not allocate.
  package func run(_ context: UnsafeMutableRawPointer, _ work: Work) {
    guard threads > 1 else { return work(context, 0) }
    turns.withLock {
      desk.post(Desk.Job(work: work, context: context), to: workers.count)
      work(context, 0)
      desk.waitUntilDone()
    }
  }

  /// Runs `body(part)` for every part, as above. Inlined, this does not allocate either; where the compiler cannot see
  /// the closure's origin, wrapping it to cross threads does, and the form with a context is the one to use.
  @inline(__always)
  package func run(_ body: (Int) -> Void) {
    guard threads > 1 else { return body(0) }
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) { pointer in
        run(UnsafeMutableRawPointer(pointer)) { context, part in
          context.assumingMemoryBound(to: ((Int) -> Void).self).pointee(part)
        }
      }
    }
  }

  /// Called by every part of a running job: waits until all of them have called it.
  package func barrier() { meetingPoint.wait() }
}
