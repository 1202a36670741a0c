// SPDX-License-Identifier: Apache-2.0
// What calls need while they run, kept for those that follow.

/// Things that nobody uses at the moment.
package final class Pool<Element: AnyObject & Sendable>: @unchecked Sendable {  // `elements` is behind the monitor.
  private let monitor = Monitor()
  private var elements: [Element] = []
  /// As many are kept as calls can run at once; what more of them needed goes.
  private let limit = processorCount()

  package init() { elements.reserveCapacity(limit) }

  func take() -> Element? {
    var element: Element?
    monitor.withLock { element = elements.popLast() }
    return element
  }

  func put(_ element: Element) {
    monitor.withLock { if elements.count < limit { elements.append(element) } }
  }
}
