// Where the channels and pixels of each value lie, and which values are parts of larger ones.
internal import ResNetDSL

/// The layouts of a graph's values.
struct ValueLayouts {
  let layouts: [Layout]
  /// Of each convolution.
  let groupings: [GroupPlacement]
  /// Of each value that is a part of a concatenation: the outermost one, and the block at which it begins there.
  let wholes: [(value: NodeID, block: Int)?]

  /// Blocked, with the widest padding that any reader asks for as the halo; the image planar where only convolutions read
  /// its few channels. Parts of a concatenation have one halo, the widest.
  init(_ graph: Graph, lanes: Int) {
    let chosen = ChannelOrders(graph, lanes: lanes)
    groupings = chosen.groupings
    wholes = partsOfConcatenations(graph, chosen.orders, lanes: lanes)
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
      let planar = node.operation == .input && allowPlanar[index] && node.shape.channels <= 4
      let whole = wholes[index]?.value.index
      layouts.append(
        Layout(
          kind: planar ? .planar : .blocked(lanes: lanes), shape: node.shape, halo: halos[whole ?? index],
          order: chosen.orders[index], blocksOfWhole: whole.map { chosen.orders[$0].blocks(lanes: lanes) }))
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
