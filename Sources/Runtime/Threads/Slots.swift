// SPDX-License-Identifier: Apache-2.0
// Results that threads make side by side, in an order that does not depend on them.

import Synchronization

/// Places that threads fill, each its own.
final class Slots<Element>: @unchecked Sendable {
  private let places: UnsafeMutableBufferPointer<Element?>

  init(count: Int) {
    places = .allocate(capacity: count)
    places.initialize(repeating: nil)
  }

  deinit {
    places.deinitialize()
    places.deallocate()
  }

  subscript(index: Int) -> Element? {
    get { places[index] }
    set { places[index] = newValue }
  }
}

extension ThreadPool {
  /// What `body` gives for 0 to `count` - 1, in this order; each thread takes the next that nobody has begun.
  func map<Value: Sendable>(
    _ count: Int, _ body: (Int) throws(ModelError) -> Value
  ) -> [Result<Value, ModelError>] {
    let slots = Slots<Result<Value, ModelError>>(count: count)
    let next = Atomic<Int>(0)
    run { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { break }
        do throws(ModelError) {
          slots[index] = .success(try body(index))
        } catch {
          slots[index] = .failure(error)
        }
      }
    }
    return (0..<count).compactMap { slots[$0] }
  }

  /// The same, which throws the first error.
  func mapAll<Value: Sendable>(
    _ count: Int, _ body: (Int) throws(ModelError) -> Value
  ) throws(ModelError) -> [Value] {
    var values: [Value] = []
    for result in map(count, body) { values.append(try result.get()) }
    return values
  }
}
