// Names found by their bytes. Swift compares strings by canonical equivalence, which would take two names of a file for one.
import ResNetRuntime

/// The places of names in a list.
package struct NameIndex: Sendable {
  private let names: [String]
  /// In the order of the names' bytes.
  private let order: [Int]

  package init(_ names: [String]) {
    self.names = names
    order = names.indices.sorted { precedes(names[$0], names[$1]) || sameBytes(names[$0], names[$1]) && $0 < $1 }
  }

  /// Where a name stands; the last place where there are several.
  package func find(_ name: String) -> Int? {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if precedes(name, names[order[middle]]) { high = middle } else { low = middle + 1 }
    }
    guard low > 0, sameBytes(names[order[low - 1]], name) else { return nil }
    return order[low - 1]
  }

  /// A name that stands at two places.
  package var duplicate: String? {
    zip(order, order.dropFirst()).first { sameBytes(names[$0], names[$1]) }.map { names[$0.0] }
  }
}
