// What the language has a place for and nobody builds yet: read, checked, then refused.

struct SpatialPyramidPoolElement: ElementDefinition {
  var levels: [Syntax.Expression]

  var expressions: [Syntax.Expression] { levels }
  var noun: String { "a spatial pyramid pool" }
  var notBuilt: String? { "a spatial pyramid pool" }
  func help(in model: SourceModel) -> String? { LayerWord.spatial.help }
}

// MARK: Words

extension LayerWord {
  static let spatial = LayerWord(
    "spatial", tail: ["pyramid", "pool"], "`spatial pyramid pool 7 3 2 1`. Not built yet.",
    template: "spatial pyramid pool ${1:7 3 2 1}"
  ) { parser, _ in parser.spatialPyramidPool() }
}

extension Parser {
  fileprivate mutating func spatialPyramidPool() -> Element.Kind? {
    guard take(word: "pyramid") else {
      expected("'pyramid'")
      return nil
    }
    guard pool(), let first = dimension() else { return nil }
    var levels = [first]
    while case .integer = current.kind, let next = dimension() { levels.append(next) }
    return .spatialPyramidPool(levels)
  }
}
