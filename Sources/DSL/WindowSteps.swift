// How a window lies on a map: the zeros around the map that it sees, and its steps.

/// Zeros around a map.
package struct Padding: Hashable, Sendable {
  package var top: Int
  package var left: Int
  package var bottom: Int
  package var right: Int

  package init(top: Int, left: Int, bottom: Int, right: Int) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }

  /// The same above and below, left and right.
  package init(_ height: Int, _ width: Int) { self.init(top: height, left: width, bottom: height, right: width) }

  package static let zero = Padding(0, 0)
  package var isEven: Bool { top == bottom && left == right }
}

/// Padding as a source states it.
package enum WrittenPadding: Hashable, Sendable {
  case sides(Padding)
  /// TensorFlow's, which depends on the map: as much as makes the size that of the map divided by the stride, rounded up,
  /// the smaller half of it before.
  case same

  /// The same above and below, left and right.
  package static func even(_ height: Int, _ width: Int) -> Self { .sides(Padding(height, width)) }
}

/// The step of a window, from row to row and from column to column.
package struct Stride: Hashable, Sendable, ExpressibleByIntegerLiteral {
  package var rows: Int
  package var columns: Int

  package init(_ rows: Int, _ columns: Int) { (self.rows, self.columns) = (rows, columns) }
  /// The same in both directions.
  package init(_ both: Int) { self.init(both, both) }
  package init(integerLiteral both: Int) { self.init(both) }

  /// The step in both directions; `nil` where they differ.
  package var both: Int? { rows == columns ? rows : nil }
  /// As it is written: `2`, or `2x1`.
  package var text: String { both.map { "\($0)" } ?? "\(rows)x\(columns)" }
}
