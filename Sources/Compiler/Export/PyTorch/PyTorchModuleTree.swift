// Modules by their paths as PyTorch nests them: attributes of a module, below them dictionaries, and sequences where blocks run
// one after another. So a state dict has the names that the network's tensors have.

struct PyTorchModuleTree {
  private var children: [(key: String, tree: PyTorchModuleTree)] = []
  private var constructor: String?
  private var isSequence = false

  /// Puts a module at a path; what stands there already is the same one.
  mutating func insert(_ path: ArraySlice<Substring>, _ text: String, inSequence: Bool = false) {
    guard let first = path.first else {
      constructor = text
      return
    }
    if inSequence, path.count == 1 { isSequence = true }
    let key = String(first)
    let place = children.firstIndex { $0.key == key }
    if place == nil { children.append((key, PyTorchModuleTree())) }
    children[place ?? children.count - 1].tree.insert(path.dropFirst(), text, inSequence: inSequence)
  }

  /// The lines that make all of it attributes of `self`.
  var attributes: [String] {
    children.flatMap { child in
      var lines = child.tree.lines
      lines[0] = "self.\(child.key) = \(lines[0])"
      return lines
    }
  }

  private var lines: [String] {
    if let constructor { return [constructor] }
    let (open, close) = isSequence ? ("nn.Sequential(", ")") : ("nn.ModuleDict({", "})")
    let inner = children.flatMap { child in
      var lines = child.tree.lines
      if !isSequence { lines[0] = "\"\(child.key)\": \(lines[0])" }
      lines[lines.count - 1] += ","
      return lines.map { "    \($0)" }
    }
    return [open] + inner + [close]
  }

  /// How a module is reached: `self.layer1`, `self.downsample["0"]`.
  static func access(_ path: some Collection<Substring>) -> String {
    "self." + (path.first.map(String.init) ?? "") + path.dropFirst().map { "[\"\($0)\"]" }.joined()
  }
}
