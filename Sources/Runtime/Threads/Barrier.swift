// SPDX-License-Identifier: Apache-2.0
// A point that no thread passes before all have reached it: what separates the steps of a network.

import Synchronization

/// A barrier for a fixed number of threads, to be used any number of times. All that a thread wrote before it is seen
/// by every thread after it.
package final class Barrier: Sendable {
  private let parties: Int
  private let arrived = Atomic<Int>(0)
  // Keeps the word that the waiting threads read off the cache line that the arriving threads write.
  private let padding: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)
  /// The number of times that all have met; its lowest bit is the sense of the textbooks.
  private let meetings = Atomic<Int>(0)

  /// A barrier for `parties` threads, at least one.
  package init(parties: Int) {
    precondition(parties > 0)
    self.parties = parties
  }

  /// Waits until all parties have called this.
  package func wait() {
    guard parties > 1 else { return }
    // Cannot change before this thread has arrived, too.
    let meeting = meetings.load(ordering: .relaxed)
    if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == parties {
      arrived.store(0, ordering: .relaxed)
      meetings.store(meeting &+ 1, ordering: .releasing)
    } else {
      spinOrYield { meetings.load(ordering: .acquiring) != meeting }
    }
  }
}
