// Names of layers, as the paper has them: `conv1`, `pool1`; `conv3_1.2` is the second layer of the first block of
// conv3_x.
import ResNetDSL

/// The names of one row's parts.
struct LayerNames {
  private let row: String
  private let prefix: String
  private var blocks = 0
  private var suffixes: [String]
  private let isSingle: Bool

  init(_ stage: Stage) {
    row = stage.name.value
    prefix = row.hasSuffix("_x") ? String(row.dropLast(2)) : row
    let layers = stage.items.compactMap { item in
      if case .layer(let layer) = item { layer } else { nil }
    }
    isSingle = stage.items.count == 1
    suffixes = Self.suffixes(layers).reversed()
  }

  /// The next layer outside blocks.
  mutating func nextLayer() -> String {
    guard let suffix = suffixes.popLast() else { return row }
    return isSingle ? row : "\(row).\(suffix)"
  }

  /// The next block, and its layers.
  mutating func nextBlock(_ block: Block) -> (block: String, layers: [String]) {
    blocks += 1
    let name = "\(prefix)_\(blocks)"
    if block.kind == .plain, block.layers.count == 1 { return (name, [name]) }
    return (name, Self.suffixes(block.layers).map { "\(name).\($0)" })
  }

  /// The layers of a branch.
  static func inBranch(_ layers: [Layer], _ name: String) -> [String] {
    layers.count == 1 && !layers[0].isShare ? [name] : suffixes(layers).map { "\(name).\($0)" }
  }

  /// Convolutions are numbered; the others bear their kind, numbered where there are several.
  private static func suffixes(_ layers: [Layer]) -> [String] {
    let kinds = layers.map(\.lowering.suffix)
    var totals: [String?: Int] = [:]
    for kind in kinds { totals[kind, default: 0] += 1 }
    var numbers: [String?: Int] = [:]
    return kinds.map { kind in
      let number = numbers[kind, default: 0] + 1
      numbers[kind] = number
      guard let kind else { return String(number) }
      return totals[kind] == 1 ? kind : "\(kind)\(number)"
    }
  }
}
