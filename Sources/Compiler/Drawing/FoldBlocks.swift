// Deep networks are mostly repetition: conv4_x of ResNet-152 has 35 blocks in a row that differ in nothing but their name.
// Folded, they are drawn once, with `x 35` beside them.

/// How repeated blocks are drawn.
package enum DrawnBlocks: String, CaseIterable, Sendable {
  /// Each by itself.
  case all
  /// Equal neighbours once.
  case folded
}

extension Drawing {
  /// A network of more boxes is folded unless told otherwise: at 60, ResNet-50 is the deepest of Table 1 to be drawn in full.
  package static let fullBoxes = 60

  /// As asked for, or else as suits the depth.
  package func shown(_ blocks: DrawnBlocks?) -> Drawing {
    blocks ?? (boxes.count > Drawing.fullBoxes ? .folded : .all) == .folded ? folded() : self
  }

  /// The same network, neighbours that are equal blocks of one row drawn once.
  func folded() -> Drawing {
    var result = self
    result.boxes = []
    result.shortcuts = []
    var places = [Int](repeating: 0, count: boxes.count)
    var endings: [Int: DrawnShortcut] = [:]
    for shortcut in shortcuts where shortcut.kind != .tap { endings[shortcut.to] = shortcut }
    var last: (block: Range<Int>, place: Int)?
    var start = 0
    while start < boxes.count {
      let end = boxes[start...].firstIndex { $0.block != boxes[start].block } ?? boxes.count
      let block = start..<end
      if let last, areEqual(last.block, block, endings) {
        for index in block {
          places[index] = last.place + index - start
          result.boxes[places[index]].repeats += 1
        }
      } else {
        last = (block, result.boxes.count)
        for index in block {
          places[index] = result.boxes.count
          result.boxes.append(boxes[index])
          result.boxes[places[index]].sources = boxes[index].sources.map { places[$0] }
          result.boxes[places[index]].taps = boxes[index].taps.map { places[$0] }
          result.boxes[places[index]].above = boxes[index].above.map { places[$0] }
          result.shortcuts += boxes[index].taps.map { DrawnShortcut(from: places[$0], to: places[index], kind: .tap) }
          guard let shortcut = endings[index] else { continue }
          result.shortcuts.append(DrawnShortcut(from: places[shortcut.from], to: places[index], kind: shortcut.kind))
        }
      }
      start = end
    }
    for index in result.heads.indices { result.heads[index].source = places[heads[index].source] }
    return result
  }

  /// Whether two blocks differ in nothing but their names.
  private func areEqual(_ a: Range<Int>, _ b: Range<Int>, _ endings: [Int: DrawnShortcut]) -> Bool {
    guard a.count == b.count, boxes[a.lowerBound].stage == boxes[b.lowerBound].stage else { return false }
    return zip(a, b).allSatisfy { i, j in
      let (x, y) = (boxes[i], boxes[j])
      return x.text == y.text && x.output == y.output && x.cost == y.cost && x.lane == y.lane
        && x.sources.map { i - $0 } == y.sources.map { j - $0 } && x.taps.isEmpty && y.taps.isEmpty
        && endings[i]?.kind == endings[j]?.kind && endings[i].map { i - $0.from } == endings[j].map { j - $0.from }
    }
  }
}
