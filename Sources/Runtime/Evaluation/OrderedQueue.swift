// SPDX-License-Identifier: Apache-2.0
// Threads finish in any order; whoever reads sees the order of the images.

import Synchronization

/// Takes numbered elements from any thread and hands them on by their numbers, from 0, one at a time.
final class OrderedQueue<Element: Sendable>: @unchecked Sendable {  // All but `next` is behind the monitor.
  private let monitor = Monitor()
  private let window: Int
  private let deliver: (Int, Element) -> Void
  private var waiting: [Int: Element] = [:]
  private let next = Atomic<Int>(0)

  /// - Parameter window: how far ahead of what is handed on others may be, which bounds what waits.
  init(window: Int, _ deliver: @escaping (Int, Element) -> Void) {
    self.window = window
    self.deliver = deliver
  }

  /// Hands on the element, and those that waited for it, on this thread.
  func put(_ index: Int, _ element: Element) {
    monitor.withLock {
      waiting[index] = element
      var first = next.load(ordering: .relaxed)
      while let ready = waiting.removeValue(forKey: first) {
        deliver(first, ready)
        first += 1
      }
      next.store(first, ordering: .sequentiallyConsistent)
    }
    monitor.wake()
  }

  /// Whether the element of this number is too far ahead.
  func isFull(at index: Int) -> Bool { index - next.load(ordering: .sequentiallyConsistent) >= window }

  /// Sleeps while it is.
  func waitUntilNotFull(at index: Int) {
    if isFull(at: index) { monitor.sleep { isFull(at: index) } }
  }
}
