// SPDX-License-Identifier: Apache-2.0
// How a window lies on a map: its steps, and the zeros around the map that it may see.

/// From row to row, and from column to column.
struct WindowStride: Sendable, ExpressibleByIntegerLiteral {
  let rows: Int
  let columns: Int

  init(_ both: Int) { (rows, columns) = (both, both) }
  init(integerLiteral both: Int) { self.init(both) }

  /// `stride 2`, `stride 2x1`, or nothing for 1.
  init(_ line: inout TableLine) throws(ModelError) {
    (rows, columns) = try line.size("stride", default: 1)
    guard rows > 0, columns > 0 else { throw .invalidPlan(reason: "a stride of \(rows)x\(columns)") }
  }
}

struct WindowPadding: Sendable {
  let top: Int
  let left: Int
  let bottom: Int
  let right: Int

  init(_ height: Int, _ width: Int) { (top, left, bottom, right) = (height, width, height, width) }

  /// `pad 1x1`, `pad 0 0 1 1` for top, left, bottom and right, or nothing.
  init(_ line: inout TableLine) throws(ModelError) {
    let words = line.take("pad") ?? ["0"]
    if words.count == 4 {
      (top, left) = (try number(words[0]), try number(words[1]))
      (bottom, right) = (try number(words[2]), try number(words[3]))
    } else {
      guard words.count == 1 else { throw .invalidPlan(reason: "'pad' in a table says not one thing") }
      let (height, width) = try tableSize(words[0])
      (top, left, bottom, right) = (height, width, height, width)
    }
  }
}
