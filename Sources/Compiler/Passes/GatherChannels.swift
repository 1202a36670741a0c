// Ranges and shuffles of channels are only other names for channels that are there. A chain of them becomes one gather,
// and a concatenation that only such read puts together what they come from, not what is between: in a ShuffleNet
//
//     split -> { identity | branch } -> concatenation -> shuffle -> split ...
//
// the values of all branches of a stage lie side by side, as a dense block's do, and all that is ever copied is the half of
// the channels that the next branch reads. ShuffleNetV2 1.0 so copies 0.51 million values an image, where shuffles by
// themselves would copy 0.82 and, with the halves that pass from one concatenation to the next, 1.15.
//
// Conversely what is so put together stays in memory, also channels that nobody reads any more: so it never has more than
// three times those that are meant; without a bound it would be 0.49 million.
internal import ResNetDSL

extension Pass {
  package static let gatherChannels = Pass(
    "gather-channels", "reads ranges and shuffles of channels where the channels come from"
  ) { graph in
    guard graph.nodes.contains(where: \.selectsChannels) else { return graph }
    var gathering = Gathering(graph)
    for index in graph.nodes.indices { gathering.add(NodeID(index)) }
    gathering.result.output = gathering.value(of: graph.output)
    for (index, output) in graph.named.enumerated() {
      gathering.result.named[index].node = gathering.value(of: output.node)
    }
    return gathering.result.withoutDeadNodes()
  }
}

private struct Gathering {
  /// A value of the old graph in the new one: channels of another, or all of it.
  private struct Selection {
    var source: NodeID
    /// `nil` for all of the source, in its order.
    var channels: [Int]?
    /// Where they have been gathered.
    var gathered: NodeID?
    /// The source has the old node's name.
    var isNamed = false
  }

  /// Beyond so many channels, or so many runs of them, chains are not followed, so that no graph takes long.
  private static let mostChannels = 4096
  private static let mostRuns = 64
  private static let mostKept = 3

  private let graph: Graph
  private let consumers: [[NodeID]]
  var result: Graph
  private var selections: [Selection] = []
  /// Of the new graph's concatenations.
  private var areParts: Set<NodeID> = []

  init(_ graph: Graph) {
    self.graph = graph
    consumers = graph.consumers()
    result = Graph(name: graph.name, nodes: [], output: NodeID(0), named: graph.named)
  }

  mutating func add(_ id: NodeID) {
    let node = graph[id]
    if let gather = node.selection {
      selections.append(select(gather, node))
    } else if node.operation.isConcatenation, let joined = join(id) {
      selections.append(joined)
    } else {
      var new = node
      new.inputs = node.inputs.map { value(of: $0) }
      selections.append(append(new))
    }
  }

  /// The node whose value is that of an old one, all channels in their order.
  mutating func value(of id: NodeID) -> NodeID {
    let selection = selections[id.index]
    guard let channels = selection.channels else { return selection.source }
    if let gathered = selection.gathered { return gathered }
    var node = graph[id]
    if selection.isNamed { node.name += ".channels" }
    node.operation = .gather(Gather(channels))
    node.inputs = [selection.source]
    let gathered = append(node).source
    selections[id.index].gathered = gathered
    return gathered
  }

  private mutating func select(_ gather: Gather, _ node: Node) -> Selection {
    let input = node.inputs[0]
    let (from, count) = (selections[input.index], node.shape.channels)
    if max(count, graph[input].shape.channels) <= Self.mostChannels {
      let own = gather.channels(count)
      let channels = from.channels.map { channels in own.map { channels[$0] } } ?? own
      if Gather(channels).runs.count <= Self.mostRuns { return Selection(source: from.source, channels: channels) }
    }
    var new = node
    new.operation = .gather(gather)
    new.inputs = [value(of: input)]
    return append(new)
  }

  /// What a concatenation's parts come from, put together; `nil` where those themselves had better be.
  private mutating func join(_ id: NodeID) -> Selection? {
    let node = graph[id]
    let parts = node.inputs.map { selections[$0.index] }
    guard parts.contains(where: { $0.channels != nil && $0.gathered == nil }), !graph.results.contains(id),
      !consumers[id.index].isEmpty, consumers[id.index].allSatisfy({ graph[$0].selectsChannels })
    else { return nil }
    var sources: [NodeID] = []
    var firsts: [NodeID: Int] = [:]
    var total = 0
    for source in parts.map(\.source) where firsts[source] == nil {
      // It would have to lie in two places.
      guard !areParts.contains(source) else { return nil }
      sources.append(source)
      firsts[source] = total
      total += result[source].shape.channels
    }
    guard total <= min(Self.mostChannels, Self.mostKept * node.shape.channels) else { return nil }
    let channels = parts.flatMap { part -> [Int] in
      let first = firsts[part.source] ?? 0
      return (part.channels ?? Array(0..<result[part.source].shape.channels)).map { first + $0 }
    }
    guard Gather(channels).runs.count <= Self.mostRuns else { return nil }
    guard sources.count > 1 else { return Selection(source: sources[0], channels: channels) }
    var joined = node
    joined.operation = .concatenate(sources.count)
    joined.inputs = sources
    joined.shape.channels = total
    return Selection(source: append(joined).source, channels: channels, isNamed: true)
  }

  private mutating func append(_ node: Node) -> Selection {
    result.nodes.append(node)
    if node.operation.isConcatenation { areParts.formUnion(node.inputs) }
    return Selection(source: NodeID(result.nodes.count - 1))
  }
}

extension Node {
  fileprivate var selectsChannels: Bool { selection != nil }

  /// The channels that it is of what it reads, if it only is that.
  fileprivate var selection: Gather? {
    switch operation {
    case .share(let share): share.gather
    case .shuffle(let shuffle): shuffle.gather(shape.channels)
    case .gather(let gather): gather
    default: nil
    }
  }
}
