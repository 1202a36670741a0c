// The numbers of a network as small Markdown tables: those of rows, and those of layers and blocks that one piece of
// source stands for. Variants that are many, and repeats that are equal, share lines.
import ResNetCompiler
import ResNetDSL

/// A Markdown table; numbers stand at the right.
struct MarkdownTable {
  var head: [String]
  /// How many of the first columns hold words.
  var words: Int
  var lines: [[String]] = []
  private static let maximum = 16

  var text: String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    let rule = head.indices.map { $0 < words ? ":--" : "--:" }
    var result = [line(head), line(rule)] + lines.prefix(Self.maximum).map(line)
    if lines.count > Self.maximum { result.append("\n... and \(lines.count - Self.maximum) more") }
    return result.joined(separator: "\n")
  }
}

extension Reading {
  /// A row of the table in every variant; `nil` if no variant resolves.
  func table(ofRow name: String) -> String? {
    let isFamily = model?.variants.isEmpty == false
    var table = MarkdownTable(
      head: (isFamily ? ["variant"] : []) + ["output", "parameters", "MACs", "receptive field", "activations"],
      words: isFamily ? 2 : 1)
    for variant in variants {
      guard let stage = variant.rows[name] else { continue }
      table.lines.append(
        (isFamily ? [variant.name ?? ""] : []) + [
          stage.output.text, grouped(stage.parameters), grouped(stage.macs), stage.receptiveField.text,
          grouped(stage.activations),
        ])
    }
    return table.lines.isEmpty ? nil : table.text
  }

  /// The network in every variant, or in one.
  func networkTable(only name: String? = nil) -> String? {
    var table = MarkdownTable(head: ["network", "output", "parameters", "MACs", "activations"], words: 2)
    for variant in variants where name == nil || variant.name == name {
      table.lines.append(
        [
          variant.graph.name, variant.graph[variant.graph.output].shape.text, grouped(variant.cost.parameters),
          grouped(variant.cost.macs), grouped(variant.cost.activations),
        ])
    }
    return table.lines.isEmpty ? nil : table.text
  }

  /// The layers that one piece of source stands for.
  func table(ofLayer span: Span) -> String? {
    table("layer") { variant in
      var lines: [LayerLine] = []
      let costs = variant.costs
      for graph in [variant.graph] + variant.graph.auxiliary.map(\.graph) {
        for (index, node) in graph.nodes.enumerated() where node.origin == span {
          guard let cost = costs[node.name] else { continue }
          lines.append(
            LayerLine(
              name: node.name, computes: graph.description(at: index), output: cost.output, cost: cost.cost,
              sees: cost.receptiveField))
        }
      }
      return lines
    }
  }

  /// The repetitions of a residual block.
  func table(ofBlock span: Span) -> String? {
    table("block") { variant in
      let sums: [(name: String, shortcut: String)] = variant.graph.nodes.compactMap { node in
        guard case .add = node.operation, node.origin == span, let shortcut = node.inputs.last else { return nil }
        return (String(node.name.prefix { $0 != "." }), "shortcut: \(variant.graph.shortcut(from: shortcut))")
      }
      guard !sums.isEmpty else { return [] }
      let all = variant.cost.sums(of: variant.cost.layers, by: \.block)
      let blocks = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
      return sums.compactMap { sum in
        blocks[sum.name].map {
          LayerLine(
            name: sum.name, computes: sum.shortcut, output: $0.output, cost: $0.cost, sees: $0.receptiveField)
        }
      }
    }
  }

  /// One line of a table, or several that say the same.
  private struct LayerLine {
    var name: String
    var computes: String
    var output: Shape
    var cost: Cost
    var sees: Extent
    var last: String?

    func says(_ other: Self) -> Bool {
      computes == other.computes && output == other.output && cost == other.cost
    }
  }

  private func table(_ what: String, _ lines: (Variant) -> [LayerLine]) -> String? {
    let isFamily = model?.variants.isEmpty == false
    var table = MarkdownTable(
      head: (isFamily ? ["variant"] : []) + [what, "computes", "output", "parameters", "MACs", "receptive field"],
      words: isFamily ? 4 : 3)
    for variant in variants {
      var merged: [LayerLine] = []
      for line in lines(variant) {
        if let last = merged.last, last.says(line) {
          merged[merged.count - 1].last = line.name
          merged[merged.count - 1].sees = line.sees
        } else {
          merged.append(line)
        }
      }
      table.lines += merged.map { line in
        let each = line.last == nil ? "" : "each "
        return (isFamily ? [variant.name ?? ""] : []) + [
          line.last.map { "\(line.name) to \($0)" } ?? line.name, line.computes, line.output.text,
          each + grouped(line.cost.parameters), each + grouped(line.cost.macs), line.sees.text,
        ]
      }
    }
    return table.lines.isEmpty ? nil : table.text
  }
}

extension Reading.Variant {
  /// By layer.
  fileprivate var costs: [String: LayerCost] {
    Dictionary((cost.layers + cost.auxiliary.flatMap(\.layers)).map { ($0.name, $0) }) { first, _ in first }
  }
}

extension Extent {
  /// `3x3`.
  var text: String { "\(height)x\(width)" }
}

extension Graph {
  /// What a layer does, its norm and activation included: `3x3 convolution, stride 2, padding 1x1, batch norm, relu`.
  fileprivate func description(at index: Int) -> String {
    let followers = nodes[(index + 1)...].prefix(2).prefix { $0.role == .follower }
    let leaders = nodes[..<index].suffix(2).filter { $0.role == .leader }
    return (leaders + [nodes[index]] + followers).flatMap(\.operation.description).joined(separator: ", ")
  }

  /// What a block adds to its last layer's value.
  fileprivate func shortcut(from id: NodeID) -> String {
    switch self[id].role {
    case .layer, .gate, .join, .partialJoin, .carried: return "identity"
    // The norm of a projection, or the end of the block before.
    case .follower, .leader: return self[id].inputs.first.map(shortcut) ?? "identity"
    case .shortcut:
      if case .zeroPad = self[id].operation { return "zeros for new channels" }
      if let input = self[id].inputs.first, self[input].role == .shortcut { return "average pool, projection" }
      return "projection"
    }
  }
}
