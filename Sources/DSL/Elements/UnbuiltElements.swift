// What the language has a place for and nobody builds yet: read, checked, then refused.

struct GateElement: ElementDefinition {
  var inner: [Syntax.Element]

  var noun: String { "a gate" }
  var notBuilt: String? { "a gate" }
  func help(in model: SourceModel) -> String? { LayerWord.gate.help }
}

struct SpatialPyramidPoolElement: ElementDefinition {
  var levels: [Syntax.Expression]

  var expressions: [Syntax.Expression] { levels }
  var noun: String { "a spatial pyramid pool" }
  var notBuilt: String? { "a spatial pyramid pool" }
  func help(in model: SourceModel) -> String? { LayerWord.spatial.help }
}

// MARK: Words

extension LayerWord {
  static let gate = LayerWord(
    "gate", "`gate(3x3, 16)`: a Highway network's gate. Not built yet.", template: "gate(${1:3x3, 16})"
  ) { parser, _ in parser.gate() }

  static let spatial = LayerWord(
    "spatial", tail: ["pyramid", "pool"], "`spatial pyramid pool 7 3 2 1`. Not built yet.",
    template: "spatial pyramid pool ${1:7 3 2 1}"
  ) { parser, _ in parser.spatialPyramidPool() }
}

extension Parser {
  fileprivate mutating func gate() -> Element.Kind? {
    let opener = current
    guard opener.kind == .leftParen else {
      expected("'('")
      return nil
    }
    let elements = nested(opener) { parser in
      parser.advance()
      let elements = parser.body()
      return parser.close(opener) ? elements : nil
    }
    guard let elements else { return nil }
    guard current.kind == .times else { return .gate(elements) }
    return repeats(.plain, [Element(kind: .gate(elements), span: opener.span.union(previous.span))])
  }

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
