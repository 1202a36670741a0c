// The body of a `forward`: nodes as statements, what follows a layer alone in the same one, and names that are used again once
// nobody needs their value.
internal import ResNetDSL

struct PyTorchForward {
  /// Something that is computed.
  enum Step {
    case node(NodeID)
    /// Blocks that were made modules: how they are called, what enters and what leaves.
    case call(String, [PyTorchModule], input: NodeID, output: NodeID)
  }

  let graph: Graph
  /// Taken off the paths of modules.
  let prefix: [Substring]
  /// The variable that values are put into, where nothing better is known.
  let variable: String
  private(set) var lines: [String] = []
  /// In the order in which they are called.
  private(set) var modules: [PyTorchModule] = []
  private var texts: [NodeID: String] = [:]
  private var rows: Set<NodeID> = []
  /// Which value a variable holds.
  private var bindings: [String: NodeID] = [:]
  private var lastUses: [NodeID: Int] = [:]

  /// - Parameters:
  ///   - inputs: Values that are there, and what they are called.
  ///   - results: What is returned, by names where there are several.
  init(
    _ graph: Graph, _ steps: [Step], inputs: [NodeID: String], results: [(name: String, node: NodeID)],
    prefix: [Substring] = [], variable: String
  ) throws(PyTorchFault) {
    (self.graph, self.prefix, self.variable, texts) = (graph, prefix, variable, inputs)
    for (node, name) in inputs { bindings[name] = node }
    for (index, step) in steps.enumerated() { for input in Self.reads(step, graph) { lastUses[input] = index } }
    for result in results { lastUses[result.node] = steps.count }
    for (index, step) in steps.enumerated() { try add(step, at: index, of: steps) }
    lines.append("return \(returned(results))")
  }

  private static func reads(_ step: Step, _ graph: Graph) -> [NodeID] {
    switch step {
    case .node(let id): graph[id].inputs
    case .call(_, _, let input, _): [input]
    }
  }

  private mutating func add(_ step: Step, at index: Int, of steps: [Step]) throws(PyTorchFault) {
    switch step {
    case .call(let module, let blocks, let input, let output):
      modules += blocks
      bind(output, "\(module)(\(texts[input] ?? "x"))", at: index, name: variable)
    case .node(let id):
      let node = graph[id]
      let isRow = node.inputs.contains(where: rows.contains)
      let value = try node.operation.definition.pytorch(
        PyTorchPlace(name: node.name, shape: node.shape, isRow: isRow))
      if value.isRow { rows.insert(id) }
      var access = ""
      if let module = value.module {
        let path = module.path.split(separator: ".", omittingEmptySubsequences: false).dropFirst(prefix.count)
        guard let first = path.first, isPythonName(first) else {
          throw PyTorchFault(layer: node.name, reason: "a module called '\(module.path)'")
        }
        modules.append(
          PyTorchModule(path: path.joined(separator: "."), constructor: module.constructor))
        access = PyTorchModuleTree.access(Array(path))
      }
      let text = value.expression(access, node.inputs.map { texts[$0] ?? "x" })
      if isPartOfNext(id, at: index, of: steps) {
        texts[id] = text
        // What it reads must last as long.
        for input in node.inputs { lastUses[input] = max(lastUses[input] ?? 0, index + 1) }
      } else {
        bind(id, text, at: index, name: name(of: node))
      }
    }
  }

  /// A norm or an activation is written around what it alone reads, and around those before a convolution the convolution.
  private func isPartOfNext(_ id: NodeID, at index: Int, of steps: [Step]) -> Bool {
    guard index + 1 < steps.count, case .node(let next) = steps[index + 1], lastUses[id] == index + 1,
      graph[next].inputs == [id]
    else { return false }
    switch graph[next].operation {
    case .batchNorm, .sampleNorm, .activation: return true
    case .convolution(let convolution): return graph[id].role == .leader && convolution.terms[0].padding.isEven
    default: return false
    }
  }

  private func name(of node: Node) -> String {
    switch node.role {
    case .shortcut: "shortcut"
    case .gate: "gate"
    default: node.name.contains(".shortcut") ? "shortcut" : variable
    }
  }

  private mutating func bind(_ id: NodeID, _ text: String, at index: Int, name: String) {
    var number = 1
    var chosen = name
    // A value that is read later keeps its variable.
    while let bound = bindings[chosen], (lastUses[bound] ?? -1) > index {
      number += 1
      chosen = "\(name)\(number)"
    }
    bindings[chosen] = id
    texts[id] = chosen
    lines.append("\(chosen) = \(text)")
  }

  private mutating func returned(_ results: [(name: String, node: NodeID)]) -> String {
    func row(_ id: NodeID) -> String {
      let (text, shape) = (texts[id] ?? "x", graph[id].shape)
      // What a block gives is read on as the map that it is.
      return prefix.isEmpty && shape.height * shape.width == 1 && !rows.contains(id) ? "\(text).flatten(1)" : text
    }
    if results.count == 1 { return row(results[0].node) }
    return "{" + results.map { "\"\($0.name)\": \(row($0.node))" }.joined(separator: ", ") + "}"
  }
}

/// Whether a module can be an attribute of that name.
func isPythonName(_ text: Substring) -> Bool {
  guard let first = text.utf8.first, !(0x30...0x39 ~= first) else { return false }
  let words = [
    "class", "def", "for", "from", "global", "if", "import", "in", "is", "lambda", "pass", "return", "type",
  ]
  return !words.contains(String(text))
    && text.utf8.allSatisfy {
      0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 || $0 == UInt8(ascii: "_")
    }
}
