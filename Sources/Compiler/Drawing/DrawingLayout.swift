// Where everything of a drawing lies. Each network is a column; boxes run down it at an even pitch, curves bulge to the
// right, marks of repetition stand to the left. Several networks stand side by side as in Figure 3: layers of one output
// size begin at one height, so that a network which has fewer of them waits for the others. Networks that go through
// other sizes each stand by themselves.
internal import ResNetDSL

/// Positions of a drawing, in pixels from the upper left.
package struct DrawingLayout: Sendable {
  var columns: [Column] = []
  var labels: [Label] = []
  private(set) var width = 0
  private(set) var height = 0

  struct Rectangle: Hashable, Sendable {
    var x, y, width, height: Int
    var right: Int { x + width }
    var bottom: Int { y + height }
    var centre: Int { x + width / 2 }
  }

  /// A network.
  struct Column: Sendable {
    var centre: Int
    var heading: [String]
    var boxes: [Box] = []
    var shortcuts: [Shortcut] = []
    var repeats: [Repeats] = []
    var heads: [Head] = []
  }

  /// A head used in training only, to the right of the network; a line comes from the side of the box that it reads.
  struct Head: Sendable {
    var name: String
    var source: Rectangle
    var boxes: [Box]
  }

  struct Box: Sendable {
    var box: DrawnBox
    var frame: Rectangle
    /// The middles of the lanes through which it is reached past all other boxes.
    var passes: [Int]
  }

  /// A curve from the arrow below one box to the arrow below another, past the right side of the boxes.
  struct Shortcut: Hashable, Sendable {
    var start, end: Int
    var centre, side: Int
    /// Where it arrives: the centre, or a box in a lane that reads what is further up.
    var target: Int
    var isDotted: Bool
  }

  /// A bracket to the left of a block that stands for several.
  struct Repeats: Hashable, Sendable {
    var x, top, bottom: Int
    var text: String
  }

  /// An output size, to the left of the first box that has it; its right end and its middle.
  struct Label: Hashable, Sendable {
    var x, y: Int
    var text: String
  }

  /// What the eye wants, in pixels; text is twelve of them high.
  enum Metric {
    static let margin = 16
    static let heading = 64
    static let box = 22
    static let gap = 18
    static let pitch = box + gap
    /// Below a box, where a curve arrives and where the next one leaves.
    static let arrival = 5
    static let departure = 9
    static let bulge = 30
    static let bracket = 52
    /// Wide enough for a letter of any font in use.
    static let letter = 7
    static let nameLetter = 9
  }

  package init(_ drawings: [Drawing]) {
    let runs = drawings.map(\.sizes)
    let shared = Self.sharedRows(runs.map { $0.map(\.size) })
    let top = Metric.margin + Metric.heading
    let labelWidth = (runs.joined().map { Self.text($0.size).count }.max() ?? 0) * Metric.letter
    var places: [Extent: Int] = [:]
    if let shared {
      // The tallest column decides where the next size begins.
      var counts: [Extent: Int] = [:]
      for run in runs.joined() { counts[run.size] = max(counts[run.size] ?? 0, run.rows.count) }
      for (size, place) in zip(shared, Self.tops(shared.map { counts[$0] ?? 0 }, from: top)) {
        places[size] = place
        labels.append(label(size, right: Metric.margin + labelWidth, top: place))
      }
    }
    var x = Metric.margin
    height = top
    for (drawing, runs) in zip(drawings, runs) {
      let tops =
        shared == nil ? Self.tops(runs.map(\.rows.count), from: top) : runs.map { places[$0.size] ?? top }
      if shared == nil { labels += zip(runs, tops).map { label($0.size, right: x + labelWidth, top: $1) } }
      // Where columns agree, the first has room for the sizes of all.
      let isLabelled = shared == nil || columns.isEmpty
      x = add(drawing, runs, tops: tops, from: x + (isLabelled ? labelWidth + Metric.margin : 0))
    }
    width = x - Metric.gap + Metric.margin
    height += Metric.margin
  }

  private static func tops(_ counts: [Int], from top: Int) -> [Int] {
    var next = top
    return counts.map { count in
      defer { next += count * Metric.pitch }
      return next
    }
  }

  /// The sizes of the network that has most of them, if the others have theirs in the same order.
  private static func sharedRows(_ columns: [[Extent]]) -> [Extent]? {
    guard let rows = columns.max(by: { $0.count < $1.count }), Set(rows).count == rows.count else { return nil }
    let areShared = columns.allSatisfy { sizes in
      var rest = rows[...]
      return sizes.allSatisfy { size in
        guard let index = rest.firstIndex(of: size) else { return false }
        rest = rest[(index + 1)...]
        return true
      }
    }
    return areShared ? rows : nil
  }

  /// Adds a column from `x` on; the next may begin where it ends.
  private mutating func add(_ drawing: Drawing, _ runs: [SizeRun], tops: [Int], from x: Int) -> Int {
    let left = x + (drawing.boxes.contains { $0.repeats > 1 } ? Metric.bracket : 0)
    let heading = [
      drawing.title, "\(drawing.depth) layer\(drawing.depth == 1 ? "" : "s"), \(scaled(drawing.parameters)) params",
      "\(scaled(drawing.macs)) MACs",
    ]
    let boxWidth = (drawing.boxes.map(\.text.count).max() ?? 0) * Metric.letter + 20
    let lane = boxWidth + Metric.gap
    // Half of the widest row of boxes.
    let reach = (boxWidth + ((drawing.boxes.map(\.lane.count).max() ?? 1) - 1) * lane) / 2
    let headingWidth = max(
      drawing.title.count * Metric.nameLetter, (heading.map(\.count).max() ?? 0) * Metric.letter)
    let half = max(2 * reach, headingWidth + 20) / 2
    let side = max(half, reach + (drawing.shortcuts.isEmpty ? 0 : Metric.bulge))
    var column = Column(centre: left + half, heading: heading)
    let rows = drawing.rows
    for (run, top) in zip(runs, tops) {
      for index in run.boxes {
        let (box, row) = (drawing.boxes[index], rows[index] - run.rows.lowerBound)
        func offset(_ place: DrawnBox.Lane) -> Int {
          (place.places.lowerBound + place.places.upperBound - place.count) * lane / 2
        }
        let frame = Rectangle(
          x: column.centre - boxWidth / 2 + offset(box.lane), y: top + row * Metric.pitch, width: boxWidth,
          height: Metric.box)
        column.boxes.append(Box(box: box, frame: frame, passes: box.passes.map { column.centre + offset($0) }))
        height = max(height, frame.bottom)
      }
    }
    let frames = column.boxes.map(\.frame)
    column.shortcuts = drawing.shortcuts.map { shortcut in
      Shortcut(
        start: frames[shortcut.from].bottom + Metric.departure,
        end: shortcut.kind == .tap
          ? frames[shortcut.to].y - Metric.arrival - 1 : frames[shortcut.to].bottom + Metric.arrival,
        centre: column.centre, side: column.centre + reach,
        target: shortcut.kind == .tap ? frames[shortcut.to].centre : column.centre, isDotted: shortcut.isDotted)
    }
    for block in drawing.foldedBlocks {
      column.repeats.append(
        Repeats(
          x: column.centre - reach - 14, top: frames[block.lowerBound].y,
          bottom: frames[block.upperBound - 1].bottom,
          text: "x \(drawing.boxes[block.lowerBound].repeats)"))
    }
    // A curve may end below the last box.
    height = max(height, column.shortcuts.map(\.end).max() ?? 0)
    var right = column.centre + side + Metric.gap
    if !drawing.heads.isEmpty {
      let headWidth = (drawing.heads.flatMap(\.boxes).map(\.text.count).max() ?? 0) * Metric.letter + 20
      var free = 0
      for head in drawing.heads {
        let source = frames[head.source]
        let top = max(free, source.y + Metric.pitch)
        let boxes = head.boxes.enumerated().map { index, box in
          Box(
            box: box,
            frame: Rectangle(x: right, y: top + index * Metric.pitch, width: headWidth, height: Metric.box), passes: [])
        }
        // Below it stands its name.
        free = top + (boxes.count + 1) * Metric.pitch
        height = max(height, free - Metric.pitch + Metric.gap)
        column.heads.append(Head(name: head.name, source: source, boxes: boxes))
      }
      right += headWidth + Metric.gap
    }
    columns.append(column)
    return right
  }

  private func label(_ size: Extent, right: Int, top: Int) -> Label {
    Label(x: right, y: top + Metric.box / 2, text: Self.text(size))
  }

  /// In the words of the figure.
  private static func text(_ size: Extent) -> String {
    "output size: " + (size.height == size.width ? "\(size.height)" : "\(size.height)x\(size.width)")
  }
}

/// Neighbours of one output size.
struct SizeRun {
  var size: Extent
  var boxes: Range<Int>
  /// Of the drawing; boxes of several branches share some.
  var rows: Range<Int>
}

extension Drawing {
  fileprivate var sizes: [SizeRun] {
    var runs: [SizeRun] = []
    let rows = rows
    for (index, box) in boxes.enumerated() {
      let size = box.lane.size ?? Extent(box.output.height, box.output.width)
      if runs.last?.size != size {
        runs.append(SizeRun(size: size, boxes: index..<index, rows: rows[index]..<rows[index]))
      }
      let last = runs.count - 1
      runs[last].boxes = runs[last].boxes.lowerBound..<(index + 1)
      runs[last].rows = runs[last].rows.lowerBound..<max(runs[last].rows.upperBound, rows[index] + 1)
    }
    return runs
  }

  /// By box: how many stand above it.
  var rows: [Int] {
    var rows: [Int] = []
    for box in boxes { rows.append(((box.sources + [box.above].compactMap { $0 }).map { rows[$0] }.max() ?? -1) + 1) }
    return rows
  }

  /// The boxes of each block that stands for several.
  var foldedBlocks: [Range<Int>] {
    var blocks: [Range<Int>] = []
    for (index, box) in boxes.enumerated() where box.repeats > 1 {
      if let last = blocks.last, last.upperBound == index, boxes[last.lowerBound].block == box.block {
        blocks[blocks.count - 1] = last.lowerBound..<(index + 1)
      } else {
        blocks.append(index..<(index + 1))
      }
    }
    return blocks
  }
}
