// Where the channels and pixels of each value lie, and which values are parts of larger ones.
internal import ResNetDSL

/// The layouts of a graph's values.
struct ValueLayouts {
  let layouts: [Layout]
  /// Of each convolution.
  let groupings: [GroupPlacement]
  /// Of each value that is a part of another, a concatenation or one that it is cut from: the outermost one, and the block
  /// at which it begins there.
  let wholes: [(value: NodeID, block: Int)?]
  /// Values that others are parts of.
  let hosts: Set<NodeID>
  /// Gathers that are parts of what they read, so that nothing has to be done.
  let cuts: Set<NodeID>

  /// Blocked, with the widest padding that any reader asks for as the halo; the image planar where only convolutions read
  /// its few channels; of whole numbers in blocks of four. Parts of a concatenation have one halo, the widest.
  init(_ graph: Graph, target: Target) {
    let lanes = target.lanes
    let chosen = ChannelOrders(graph, lanes: lanes)
    groupings = chosen.groupings
    var wholes = partsOfConcatenations(graph, chosen.orders, lanes: lanes)
    var cuts: Set<NodeID> = []
    for (index, node) in graph.nodes.enumerated() where wholes[index] == nil {
      guard case .gather(let gather) = node.operation, let input = node.inputs.first,
        let block = gather.blockWithin(chosen.orders[input.index], chosen.orders[index], lanes: lanes)
      else { continue }
      let (whole, first) = wholes[input.index] ?? (input, 0)
      wholes[index] = (whole, first + block)
      cuts.insert(NodeID(index))
    }
    self.cuts = cuts
    self.wholes = wholes
    hosts = Set(wholes.compactMap { $0?.value })
    var halos = [Extent](repeating: Extent(0, 0), count: graph.nodes.count)
    var allowPlanar = [Bool](repeating: true, count: graph.nodes.count)
    for node in graph.nodes {
      let operation = node.operation.definition
      for (position, input) in node.inputs.enumerated() {
        let access = operation.access(toInput: position)
        let whole = wholes[input.index]?.value.index ?? input.index
        halos[whole] = Extent(
          max(halos[whole].height, access.halo.height), max(halos[whole].width, access.halo.width))
        allowPlanar[input.index] = allowPlanar[input.index] && access.allowsPlanar
      }
    }
    var layouts: [Layout] = []
    for (index, node) in graph.nodes.enumerated() {
      let isImage = node.operation == .input && allowPlanar[index] && node.shape.channels <= 4
      let whole = wholes[index]?.value.index
      let kind: Layout.Kind =
        isImage ? node.number == .float32 ? .planar : .blocked(lanes: 4) : .blocked(lanes: lanes)
      layouts.append(
        Layout(
          kind: kind, shape: node.shape, halo: halos[whole ?? index], order: chosen.orders[index],
          blocksOfWhole: whole.map { chosen.orders[$0].blocks(lanes: lanes) }, number: node.number,
          products: target.products))
    }
    self.layouts = layouts
  }

  /// Where each value lies, as far as another decides it.
  ///
  /// - Parameter inPlace: for each node, an input whose place its value may take.
  func placements(inPlace: [NodeID?]) -> [Arena.Placement] {
    layouts.indices.map { index in
      if let whole = wholes[index] {
        return .part(of: whole.value, offset: whole.block * layouts[index].blockPitch)
      }
      return inPlace[index].map { .inPlace(of: $0) } ?? .own
    }
  }
}

private func partsOfConcatenations(
  _ graph: Graph, _ orders: [ChannelOrder], lanes: Int
) -> [(value: NodeID, block: Int)?] {
  var wholes = [(value: NodeID, block: Int)?](repeating: nil, count: graph.nodes.count)
  // A part of a part belongs to the outermost, which comes last.
  for index in graph.nodes.indices.reversed() where graph.nodes[index].operation.isConcatenation {
    let (whole, first) = wholes[index] ?? (NodeID(index), 0)
    var block = first
    for input in graph.nodes[index].inputs {
      precondition(wholes[input.index] == nil, "the passes leave no value in two concatenations")
      wholes[input.index] = (whole, block)
      block += orders[input.index].blocks(lanes: lanes)
    }
  }
  return wholes
}

extension Gather {
  /// The block at which a value lies in the one that it is channels of, if each of its lanes holds there what it has to
  /// hold: a range whose ends fall between vectors, in the same order.
  fileprivate func blockWithin(_ source: ChannelOrder, _ own: ChannelOrder, lanes: Int) -> Int? {
    let from = channels(own.channels)
    let (held, wanted) = (source.channelsOfLanes(lanes), own.channelsOfLanes(lanes))
    guard let first = wanted.first, first >= 0, let at = held.firstIndex(of: from[first]), at % lanes == 0,
      at + wanted.count <= held.count
    else { return nil }
    let fits = wanted.indices.allSatisfy { lane in
      held[at + lane] == (wanted[lane] < 0 ? -1 : from[wanted[lane]])
    }
    return fits ? at / lanes : nil
  }
}
