// A network as Figure 3 of the paper draws it: a column of boxes, one for each layer, and beside it a curve for each
// residual block. Here is what is drawn; `DrawingLayout` says where, and `DrawingSVG` and `DrawingDOT` print it. As in the
// figure, norms and activations belong to what they follow, sums are where a curve ends, and dropout and softmax are left
// out.
internal import ResNetDSL

/// One network, ready to be laid out.
package struct Drawing: Sendable {
  let title: String
  let parameters: Int
  let macs: Int
  /// Names of the rows of the table.
  let stages: [String]
  /// In order of execution, the image first.
  var boxes: [DrawnBox]
  var shortcuts: [DrawnShortcut]
  /// Heads used in training only, beside the network.
  var heads: [DrawnHead] = []
}

/// A head used in training only: boxes below each other.
struct DrawnHead: Sendable {
  var name: String
  /// The box whose value it reads.
  var source: Int
  var boxes: [DrawnBox]
}

/// One layer; after folding, one for each of `repeats` equal blocks.
struct DrawnBox: Sendable {
  enum Kind: Hashable, Sendable { case image, convolution, pool, fullyConnected, other }

  var name: String
  var text: String
  var kind: Kind
  /// Index into `Drawing.stages`; the image has none.
  var stage: Int?
  /// Its colour: which of the rows with convolutions it belongs to. Pools and fully connected layers have none.
  var tint: Int?
  var block: String
  var output: Shape
  var cost: Cost
  var repeats = 1
  /// The boxes whose values it reads, sums aside.
  var sources: [Int] = []
  /// Boxes of rows further up that it reads as well: a line past all between.
  var taps: [Int] = []
  /// The box of the row above that it stands below, where it reads none there.
  var above: Int?
  /// Its place beside the boxes of other branches.
  var lane = Lane()
  /// Of what puts branches together: the places of those that have no box.
  var passes: [Lane] = []

  /// Places of equal width, counted from the left, of so many.
  struct Lane: Hashable, Sendable {
    var places = 0..<1
    var count = 1
    /// The output size of what the branches are put together in: boxes beside each other stand at one height.
    var size: Extent?
  }
}

/// What is added to the value of box `to`: the value of box `from`, sums included in both.
struct DrawnShortcut: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case identity, projection, zeroPadded
    /// No sum: box `to` reads it.
    case tap
  }

  var from: Int
  var to: Int
  var kind: Kind

  /// Dotted in the figure: the shape changes, or a projection stands there.
  var isDotted: Bool { kind == .projection || kind == .zeroPadded }
}

extension Drawing {
  package init(_ compilation: Compilation) {
    self.init(title: compilation.network.name.value, compilation.lowered, compilation.cost)
  }

  /// Of a graph as lowered, and its counts.
  init(title: String, _ graph: Graph, _ cost: CostReport) {
    self.title = title
    (parameters, macs) = (cost.parameters, cost.macs)
    stages = cost.stages.map(\.name)
    boxes = []
    shortcuts = []
    let tints = stageTints(cost.layers)
    var stage = 0
    var layers = cost.layers[...]
    // Where the boxes of the row that is being drawn begin.
    var rowStart = 0
    // By node: the box that its value is of, and what it is to a sum that adds it.
    var owners = [Int](repeating: 0, count: graph.nodes.count)
    var kinds = [DrawnShortcut.Kind](repeating: .identity, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      if let input = node.inputs.first { (owners[index], kinds[index]) = (owners[input.index], kinds[input.index]) }
      if case .input = node.operation {
        boxes.append(
          DrawnBox(name: node.name, text: "image", kind: .image, block: node.name, output: node.shape, cost: Cost()))
      }
      // A node without a row of its own belongs to what it follows.
      guard let layer = layers.first, layer.name == node.name else { continue }
      layers.removeFirst()
      kinds[index] = layer.kind == .projection ? .projection : layer.kind == .zeroPad ? .zeroPadded : .identity
      if case .add = node.operation, node.role == .layer {
        let from = node.inputs[1].index
        // A block may have nothing in it that is drawn.
        if owners[from] < owners[index] {
          shortcuts.append(DrawnShortcut(from: owners[from], to: owners[index], kind: kinds[from]))
        }
        continue
      }
      // A sum of some branches is drawn as that of all, and what is on a shortcut as a curve.
      guard node.role != .partialJoin, node.role != .shortcut else { continue }
      guard let (drawn, text) = layer.boxText(node.operation) else { continue }
      let kind = node.role == .gate ? .other : drawn
      let inputs = graph.joined(by: node)
      if let name = layer.stage, stages[stage] != name {
        stage = stages[stage...].firstIndex(of: name) ?? stage
        rowStart = boxes.count
      }
      var sources: [Int] = []
      for input in inputs where !sources.contains(owners[input.index]) { sources.append(owners[input.index]) }
      // What a row reads of rows further up than the one above.
      let taps = sources.filter { $0 < rowStart - 1 }
      sources.removeAll(where: taps.contains)
      let passes = node.role == .join ? putSideBySide(node, inputs, graph, owners, rowStart) : []
      owners[index] = boxes.count
      boxes.append(
        DrawnBox(
          name: layer.name, text: text, kind: kind, stage: stage,
          tint: kind == .convolution || kind == .other ? layer.stage.flatMap { tints[$0] } : nil, block: layer.block,
          output: layer.output, cost: layer.cost, sources: sources, taps: taps,
          above: taps.isEmpty || !sources.isEmpty ? nil : rowStart - 1, passes: passes))
      shortcuts += taps.map { DrawnShortcut(from: $0, to: boxes.count - 1, kind: .tap) }
      if node.role == .join {
        boxes[boxes.count - 1].lane.size = Extent(node.shape.height, node.shape.width)
      }
    }
    heads = zip(graph.auxiliary, cost.auxiliary).map { head, cost in
      DrawnHead(
        name: head.name, source: owners[head.source.index],
        boxes: head.graph.nodes.compactMap { node in
          guard let layer = cost.layers.first(where: { $0.name == node.name }),
            let (kind, text) = layer.boxText(node.operation)
          else { return nil }
          return DrawnBox(
            name: layer.name, text: text, kind: kind, block: layer.block, output: layer.output, cost: layer.cost)
        })
    }
  }

  /// Convolutions and fully connected layers, as depth is counted; of branches, the deepest.
  var depth: Int {
    var depths: [Int] = []
    for box in boxes {
      let isCounted = box.kind == .convolution || box.kind == .fullyConnected
      depths.append(((box.sources + box.taps).map { depths[$0] }.max() ?? 0) + (isCounted ? box.repeats : 0))
    }
    return depths.last ?? 0
  }

  /// Gives lanes to the boxes of the branches that `node` puts together; its own are the places of those without any.
  private mutating func putSideBySide(
    _ node: Node, _ inputs: [NodeID], _ graph: Graph, _ owners: [Int], _ rowStart: Int
  ) -> [DrawnBox.Lane] {
    let ends = inputs.map(\.index)
    guard let first = ends.min(), let last = ends.max(), first < last else { return [] }
    // What all branches read: a second branch reads it, or is it.
    let fork = graph.nodes[(first + 1)...last].flatMap(\.inputs).map(\.index).min().map { min($0, first) } ?? first
    var placed: Set<Int> = []
    let branches = ends.map { end in
      // Of what lies in rows above, a branch that reads it has no box here; of what another branch leaves, neither.
      let own = boxes(from: owners[fork], to: owners[end]).filter { $0 >= rowStart && !placed.contains($0) }
      placed.formUnion(own)
      return own
    }
    // Where nothing stands side by side, there are no lanes.
    guard branches.contains(where: { !$0.isEmpty }) else { return [] }
    // A row that reads another is drawn with a line from there, not with a lane past all between.
    let passing = ends.map { owners[$0] >= rowStart - 1 }
    let widths = branches.map { $0.map { boxes[$0].lane.count }.max() ?? 1 }
    let count = widths.reduce(0, +)
    let size = Extent(node.shape.height, node.shape.width)
    var passes: [DrawnBox.Lane] = []
    var place = 0
    for ((branch, width), isPassing) in zip(zip(branches, widths), passing) {
      if branch.isEmpty, isPassing { passes.append(DrawnBox.Lane(places: place..<place + 1, count: count)) }
      for index in branch {
        let own = boxes[index].lane
        // A box that stood alone has its branch's whole width.
        let places = own.count == 1 ? 0..<width : own.places
        boxes[index].lane = DrawnBox.Lane(
          places: place + places.lowerBound..<place + places.upperBound, count: count, size: size)
        for pass in boxes[index].passes.indices {
          let places = boxes[index].passes[pass].places
          boxes[index].passes[pass].places = place + places.lowerBound..<place + places.upperBound
          boxes[index].passes[pass].count = count
        }
      }
      place += width
    }
    return passes
  }

  /// What is read, from box to box, between the value of one box and that of another, this one included.
  private func boxes(from fork: Int, to end: Int) -> [Int] {
    var found: Set<Int> = []
    var next = [end]
    while let box = next.popLast() {
      if box > fork, found.insert(box).inserted { next += boxes[box].sources }
    }
    return found.sorted()
  }
}

extension Graph {
  /// The values of the branches that become one in a node: what sums on the way to it add is added there.
  fileprivate func joined(by node: Node) -> [NodeID] {
    guard let first = node.inputs.first, self[first].role == .partialJoin,
      node.role == .join || node.role == .partialJoin
    else { return node.inputs }
    return joined(by: self[first]) + node.inputs.dropFirst()
  }
}

/// The rows with convolutions, numbered: what is coloured alike.
func stageTints(_ layers: [LayerCost]) -> [String: Int] {
  var tints: [String: Int] = [:]
  for layer in layers where layer.kind == .convolution {
    if let stage = layer.stage, tints[stage] == nil { tints[stage] = tints.count }
  }
  return tints
}
