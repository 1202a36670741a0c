// SPDX-License-Identifier: Apache-2.0
// A model for programs that live on Swift concurrency: any number of tasks call it and are suspended until they are
// answered, threads of its own compute, and calls that wait at one time share a batch.

/// Answers calls from any number of tasks, on threads of its own. Make one with a model's `makeService()`.
///
/// A call is suspended, and blocks no thread of Swift concurrency's. Calls are answered in the order in which they came;
/// where the package is compiled for batches, as many as wait are computed together, and none waits for others to come.
/// Answers are those of the model's own calls, to the last bit.
///
/// A task that is cancelled while its call waits gets `CancellationError` at once; what is being computed is finished, and
/// a call of several batches stops before the next.
public final class InferenceService: Sendable {
  /// What a call does when `waitingLimit` calls wait already.
  public enum WhenFull: Sendable {
    /// It waits too, suspended, behind the others.
    case wait
    /// It throws ``ModelError/serviceFull(waiting:)`` at once.
    case refuse
  }

  /// Threads that compute, each with a workspace of its own.
  public let workers: Int
  let networks: Ensemble
  let queue: RequestQueue

  /// - Parameters:
  ///   - workers: as many as the machine has processors for, if `nil`: a model of two threads gets one for every two.
  ///   - waiting: how many calls may wait before others are refused that ask for it.
  package init(_ networks: Ensemble, workers: Int?, waiting: Int) throws(ModelError) {
    let workers = workers ?? max(1, processorCount() / networks.first.threads)
    guard 1...ThreadPool.limit ~= workers, waiting > 0 else {
      throw .serviceSize(workers: workers, waiting: waiting)
    }
    self.networks = networks
    self.workers = workers
    queue = RequestQueue(limit: waiting, workers: workers)
    var all: [ServiceWorker] = []
    for _ in 0..<workers { all.append(try ServiceWorker(networks, queue)) }
    do throws(ModelError) {
      for worker in all { detachThread(try startThread { worker.loop() }) }
    } catch {
      queue.close(answersWaiting: false)
      throw error
    }
  }

  /// Whatever still waits has the error `serviceClosed`; the threads end by themselves.
  deinit { queue.close(answersWaiting: false) }

  /// Images that are computed together.
  public var batch: Int { networks.batch }
  /// Values that the network gives for one image; of an ensemble, its classes.
  public var outputCount: Int { networks.outputCount }
  /// The names of the classes that came with the source.
  public var labels: Labels? { networks.labels }
  /// Calls that wait at the moment, those aside that are being computed.
  public var waiting: Int { queue.count }
  /// How many may wait before a call is refused that asks for it.
  public var waitingLimit: Int { queue.limit }

  /// Whether it was shut down.
  public var isShutDown: Bool { queue.isShut }

  /// Takes no more calls, which throw ``ModelError/serviceClosed`` from now on, and returns when the last one is answered
  /// and all threads have ended.
  ///
  /// - Parameter answersWaiting: whether calls that wait are answered first; else they throw the same error.
  public func shutdown(answersWaiting: Bool = true) async {
    queue.close(answersWaiting: answersWaiting)
    await withUnsafeContinuation { queue.whenEnded($0) }
  }

  /// Puts a request into the queue, and is suspended until it ends. Whoever calls gives the request away: held by anybody
  /// else, its array would be copied when the answer is written.
  func answer(_ request: consuming Request, _ whenFull: WhenFull) async -> Response {
    let ticket = queue.ticket()
    var pending: Request? = consume request
    pending?.ticket = ticket
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        pending?.continuation = continuation
        queue.add(&pending, refusesWhenFull: whenFull == .refuse)
        // The handler may have been called before there was anything to cancel.
        if Task.isCancelled { queue.cancel(ticket) }
      }
    } onCancel: {
      queue.cancel(ticket)
    }
  }
}
