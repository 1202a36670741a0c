// SPDX-License-Identifier: Apache-2.0
// First in, first out, in memory that is used again and again: in the steady state nothing is allocated.

/// A queue. It grows when it is full, and never shrinks.
struct Ring<Element> {
  private var places: [Element?]
  private var head = 0
  private(set) var count = 0

  init(capacity: Int) { places = Array(repeating: nil, count: max(1, capacity)) }

  /// The element that has waited longest.
  var first: Element? { count == 0 ? nil : places[head] }

  mutating func append(_ element: consuming Element) {
    if count == places.count { grow() }
    places[(head + count) % places.count] = element
    count += 1
  }

  /// Takes out the element that has waited longest. Nothing else holds it then.
  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = places[head].take()
    head = (head + 1) % places.count
    count -= 1
    return element
  }

  /// Takes out the first element that is meant; those behind it move up.
  mutating func remove(where isMeant: (Element) -> Bool) -> Element? {
    for index in 0..<count {
      guard let element = places[(head + index) % places.count], isMeant(element) else { continue }
      for later in index..<count - 1 {
        places.swapAt((head + later) % places.count, (head + later + 1) % places.count)
      }
      count -= 1
      return places[(head + count) % places.count].take()
    }
    return nil
  }

  private mutating func grow() {
    let old = places
    let first = head
    places = Array(repeating: nil, count: 2 * old.count)
    for index in 0..<count { places[index] = old[(first + index) % old.count] }
    head = 0
  }
}
