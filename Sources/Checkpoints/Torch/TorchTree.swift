// A checkpoint is a dictionary with a network's tensors somewhere in it: `state_dict` beside an optimizer and the number of
// epochs, `model` beside `model_ema`. This finds the dictionaries, chooses one, and says so.
import ResNetRuntime

/// A dictionary that holds tensors by name.
struct TensorDictionary {
  /// Where it stands: `checkpoint.state_dict`; empty for the file's own.
  var path: String
  /// Names, and what they stand for: tensors, or arrays of NumPy's.
  var entries: [(name: String, value: PickleValue)]
}

/// Finds dictionaries with tensors in what a pickle holds.
struct TorchTree {
  private let result: PickleResult
  private var visits = 0
  private(set) var found: [TensorDictionary] = []

  init(_ result: PickleResult) throws(CheckpointFault) {
    self.result = result
    try walk(result.root, path: "", depth: 0)
  }

  /// The dictionary that `key` names, or the one that is most likely meant, with a sentence where there was a choice.
  func choose(_ key: String?) throws(CheckpointFault) -> (TensorDictionary, note: String?) {
    if let key {
      guard let chosen = found.first(where: { sameBytes($0.path, key) }) else {
        throw .keyMissing(key: key, available: found.prefix(8).map(\.path).filter { !$0.isEmpty })
      }
      return (chosen, nil)
    }
    let most = found.map(\.entries.count).max() ?? 0
    guard most > 0 else { throw .noTensors(within: topLevel) }
    // Figures such as the best accuracy can be tensors too.
    let full = found.filter { 2 * $0.entries.count >= most }
    let ranks = full.map { Self.rank($0.path) }
    guard let best = ranks.indices.min(by: { ranks[$0] < ranks[$1] }) else { throw .noTensors(within: topLevel) }
    let chosen = full[best]
    let others = full.map(\.path).filter { $0 != chosen.path }
    if chosen.path.isEmpty && others.isEmpty { return (chosen, nil) }
    let count = chosen.entries.count
    var note =
      (chosen.path.isEmpty ? "took the \(count) tensors outside all dictionaries" : "took \(quotedName(chosen.path))")
      + (chosen.path.isEmpty ? "" : ", \(count) tensors")
    if !others.isEmpty {
      let list = others.prefix(4).map { "--key \($0)" }.joined(separator: ", ")
      note += "; there is also \(list)"
    }
    return (chosen, note)
  }

  /// Averages come last: what was trained is what most people mean, and the note names the others.
  private static func rank(_ path: String) -> Int {
    let usual = ["", "state_dict", "model_state_dict", "model", "net", "network", "weights", "params"]
    let last = path.split(separator: ".").last.map(String.init) ?? ""
    let isAverage = path.lowercased().contains("ema") || path.lowercased().contains("averag")
    return (usual.firstIndex(of: last) ?? usual.count) + (isAverage ? usual.count + 1 : 0)
  }

  /// The keys of the file's own dictionary.
  private var topLevel: [String] {
    guard case .node(let index) = result.root, result.nodes[index].kind == .dictionary else { return [] }
    return pairs(result.nodes[index]).prefix(6).map(\.name)
  }

  private mutating func walk(_ value: PickleValue, path: String, depth: Int) throws(CheckpointFault) {
    visits += 1
    guard depth <= CheckpointLimits.depth, visits <= CheckpointLimits.visits, case .node(let index) = value else {
      return
    }
    let node = result.nodes[index]
    visits += node.kind == .dictionary ? node.items.count : 0
    func below(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    switch node.kind {
    case .dictionary:
      var entries: [(String, PickleValue)] = []
      let place = found.count
      for (name, value) in pairs(node) {
        if isTensor(value) {
          entries.append((name, value))
        } else if !name.lowercased().contains("optim") {
          try walk(value, path: below(name), depth: depth + 1)
        }
      }
      if !entries.isEmpty { found.insert(TensorDictionary(path: path, entries: entries), at: place) }
    case .list, .tuple:
      for (number, item) in node.items.enumerated() where number < 64 {
        try walk(item, path: below(String(number)), depth: depth + 1)
      }
    case .module:
      var entries: [(String, PickleValue)] = []
      try flatten(node, prefix: "", into: &entries, depth: 0)
      if !entries.isEmpty { found.append(TensorDictionary(path: path, entries: entries)) }
    case .parameter, .numpyType, .array: break
    }
  }

  /// A module's tensors and those of the modules in it, by the names that PyTorch gives them.
  private mutating func flatten(
    _ node: PickleNode, prefix: String, into entries: inout [(String, PickleValue)], depth: Int
  ) throws(CheckpointFault) {
    guard depth <= 2 * CheckpointLimits.depth else { throw .pickle(.tooDeep(limit: 2 * CheckpointLimits.depth)) }
    visits += node.items.count
    for (name, value) in pairs(node) {
      guard visits <= CheckpointLimits.visits else { throw .tooManyTensors(limit: CheckpointLimits.tensors) }
      if isTensor(value) {
        entries.append((prefix + name, value))
      } else if case .node(let index) = value, result.nodes[index].kind == .module {
        try flatten(result.nodes[index], prefix: prefix + name + ".", into: &entries, depth: depth + 1)
      }
    }
  }

  private func isTensor(_ value: PickleValue) -> Bool {
    if case .node(let index) = value { return result.nodes[index].kind == .array }
    return value.isTensor
  }

  /// Those of a node's entries whose key is text.
  private func pairs(_ node: PickleNode) -> [(name: String, value: PickleValue)] {
    var pairs: [(String, PickleValue)] = []
    for index in stride(from: 0, to: node.items.count - 1, by: 2) {
      guard case .text(let name) = node.items[index] else { continue }
      var value = node.items[index + 1]
      // A parameter is its tensor.
      if case .node(let inner) = value, result.nodes[inner].kind == .parameter {
        value = result.nodes[inner].items.first ?? .none
      }
      pairs.append((name, value))
    }
    return pairs
  }
}
