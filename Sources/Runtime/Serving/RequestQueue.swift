// SPDX-License-Identifier: Apache-2.0
// Where calls wait for a service's threads: in the order in which they came, suspended, so that they hold no thread.

import Synchronization

/// The requests that wait, and the threads that are there for them.
final class RequestQueue: @unchecked Sendable {  // All variables are behind the monitor.
  /// Beyond so many a call that asks for it is refused.
  let limit: Int
  private let monitor = Monitor()
  private let tickets = Atomic<UInt64>(0)
  private var waiting: Ring<Request>
  private var isClosed = false
  private var workers: Int
  /// Who waits until the last worker has ended.
  private var leavers: [UnsafeContinuation<Void, Never>] = []

  init(limit: Int, workers: Int) {
    self.limit = limit
    self.workers = workers
    // A limit may be large, and is mostly not reached.
    waiting = Ring(capacity: min(limit, 256))
  }

  /// Requests that no worker has taken yet.
  var count: Int {
    var count = 0
    monitor.withLock { count = waiting.count }
    return count
  }

  /// Whether it takes no more requests.
  var isShut: Bool {
    var isShut = false
    monitor.withLock { isShut = isClosed }
    return isShut
  }

  /// A number that no other request has.
  func ticket() -> UInt64 { tickets.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Puts a request behind the others, or ends it at once: where the service is closed, or full and the request is not
  /// to wait. Leaves `nil` behind, so that nobody but the queue holds it.
  func add(_ request: inout Request?, refusesWhenFull: Bool) {
    var refusal: ModelError?
    monitor.withLock {
      if isClosed {
        refusal = .serviceClosed
      } else if refusesWhenFull, waiting.count >= limit {
        refusal = .serviceFull(waiting: waiting.count)
      } else if let taken = request.take() {
        waiting.append(taken)
      }
    }
    if let refusal { request?.finish(.failed(refusal)) } else { monitor.wakeOne() }
  }

  /// Ends a request as cancelled if it still waits; one that a worker has taken is answered.
  func cancel(_ ticket: UInt64) {
    var cancelled: Request?
    monitor.withLock { cancelled = waiting.remove { $0.ticket == ticket } }
    cancelled?.finish(.cancelled)
  }

  /// A worker's side: waits for requests, and takes the first of them, as many as have room for their images.
  ///
  /// - Returns: `false` where there will never be one again.
  func take(_ requests: inout [Request], room: Int) -> Bool {
    var free = room
    monitor.sleep {
      while let first = waiting.first, first.images <= free, let request = waiting.popFirst() {
        free -= request.images
        requests.append(request)
      }
      return requests.isEmpty && !isClosed
    }
    return !requests.isEmpty
  }

  /// Takes no more requests; those that wait are answered first or, if so asked, end now.
  func close(answersWaiting: Bool) {
    var left: [Request] = []
    monitor.withLock {
      isClosed = true
      while !answersWaiting, let request = waiting.popFirst() { left.append(request) }
    }
    monitor.wake()
    for index in left.indices { left[index].finish(.failed(.serviceClosed)) }
  }

  /// Called by each worker as the last that it does.
  func workerEnded() {
    var leavers: [UnsafeContinuation<Void, Never>] = []
    monitor.withLock {
      workers -= 1
      if workers == 0 { swap(&leavers, &self.leavers) }
    }
    for leaver in leavers { leaver.resume() }
  }

  /// Wakes `leaver` when all workers have ended.
  func whenEnded(_ leaver: UnsafeContinuation<Void, Never>) {
    var hasEnded = false
    monitor.withLock {
      hasEnded = workers == 0
      if !hasEnded { leavers.append(leaver) }
    }
    if hasEnded { leaver.resume() }
  }
}
