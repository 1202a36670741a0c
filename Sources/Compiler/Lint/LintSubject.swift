// What rules look at: the file as written, and each network that it describes with all shapes decided.
import ResNetDSL

/// A file and its syntax tree.
struct LintedText: Sendable {
  let source: SourceFile
  let model: SourceModel
  /// What stands in rows, one element for a block or a reference.
  let written: [Syntax.Element]
  /// Every layer, block and reference as written, those of definitions included.
  let elements: [Syntax.Element]
  /// Parts could not be read or mean nothing, so that what seems to be missing may only be lost.
  let isDamaged: Bool
  private let bySpan: [Span: Syntax.Element]

  init(_ source: SourceFile, _ model: SourceModel, errors: Diagnostics) {
    (self.source, self.model) = (source, model)
    isDamaged = errors.all.contains { $0.severity == .error }
    let cells = model.rows.flatMap(\.cells).flatMap { cell -> [Syntax.Element] in
      if case .elements(let elements) = cell.kind { elements } else { [] }
    }
    written = cells
    elements = (written + model.blocks.flatMap(\.body)).flatMap(\.withInner)
    bySpan = Dictionary(elements.map { ($0.span, $0) }) { first, _ in first }
  }

  /// The attributes of the layer that stands here.
  func attributes(of layer: Span) -> [Syntax.Attribute] { bySpan[layer]?.attributes ?? [] }

  /// Takes an attribute out, with the comma before it; `nil` where none stands there.
  func removal(of attribute: Span) -> FixIt.Edit? {
    var start = attribute.start
    while start > 0, " \t".utf8.contains(source.bytes[start - 1]) { start -= 1 }
    guard start > 0, source.bytes[start - 1] == UInt8(ascii: ",") else { return nil }
    return FixIt.Edit(Span(start - 1, attribute.end), "")
  }

  /// The layers of a row's first cell, or of any list, with those of definitions in place of their names.
  func expanded(_ elements: [Syntax.Element]) -> [Syntax.Element] {
    // Definitions may double each other; nobody writes so many layers by hand.
    var budget = 10_000
    func walk(_ elements: [Syntax.Element], _ depth: Int) -> [Syntax.Element] {
      elements.flatMap { element -> [Syntax.Element] in
        budget -= 1
        guard budget > 0, depth < Limits.nesting else { return [] }
        guard case .reference(let name, _) = element.kind else { return [element] }
        return walk(model.blocks.first { $0.name.value == name.value }?.body ?? [], depth + 1)
      }
    }
    return walk(elements, 0)
  }

  /// The first cell of each row.
  var firstCells: [(row: String, elements: [Syntax.Element])] {
    model.rows.compactMap { row in
      if case .elements(let elements)? = row.cells.first?.kind { (row.name.value, elements) } else { nil }
    }
  }

  /// Takes a line out, with its end.
  func removal(ofLineAt offset: Int) -> FixIt.Edit {
    let line = source.line(at: offset)
    let end = line + 1 < source.lineStarts.count ? source.lineStarts[line + 1] : source.contents(ofLine: line).end
    return FixIt.Edit(Span(source.contents(ofLine: line).start, end), "")
  }
}

/// One network of the file.
struct LintedNetwork: Sendable {
  let text: LintedText
  let compilation: Compilation
  /// Rows with all their shapes.
  let stages: [SizedStage]
  /// Heads used in training only.
  let auxiliary: [SizedStage]

  var network: Network { compilation.network }
  var name: String { network.name.value }
  /// Rows with what enters and leaves them.
  let passages: [Passage]

  struct Passage: Sendable {
    let stage: Stage
    let items: [SizedItem]
    let input: Shape
    let output: Shape
  }

  init(_ text: LintedText, _ compilation: Compilation) {
    (self.text, self.compilation) = (text, compilation)
    var unused = Diagnostics()
    let sized = sizeNetwork(compilation.network, &unused)
    (stages, auxiliary) = (sized.stages, sized.auxiliary)
    let image = compilation.network.input.value
    var entering = Shape(image.channels, image.height, image.width)
    var rows: [String: Shape] = [:]
    passages = stages.map { sized in
      let input = sized.stage.source.flatMap { rows[$0.value] } ?? entering
      entering = sized.output ?? input
      rows[sized.stage.name.value] = entering
      return Passage(stage: sized.stage, items: sized.items, input: input, output: entering)
    }
  }

  /// Every block with its row, repetitions that are alike included.
  var blocks: [(stage: Stage, block: Block, repetitions: [Repetition])] {
    stages.flatMap { sized in
      sized.items.compactMap { item in
        if case .block(let block, let repetitions) = item { (sized.stage, block, repetitions) } else { nil }
      }
    }
  }

  /// Every layer once where it is written, with the row and the shapes of its first use.
  var layers: [(stage: Stage, layer: SizedLayer)] {
    (stages + auxiliary).flatMap { sized in
      sized.items.flatMap { item -> [(Stage, SizedLayer)] in
        switch item {
        case .layer(let layer): layer.single.map { (sized.stage, $0) }
        case .block(_, let repetitions):
          (repetitions.first?.layers ?? []).flatMap(\.single).map { (sized.stage, $0) }
        }
      }
    }
  }

  /// Something leads past layers: residual blocks, gates, a branch without layers, as in DenseNet, or one that reads a row
  /// above.
  var hasShortcuts: Bool {
    hasResidualBlocks || network.stages.flatMap(\.items).flatMap(\.layers).contains(where: \.isLedPast)
  }

  var hasResidualBlocks: Bool {
    blocks.contains { $0.block.kind == .residual && ($0.block.shortcut ?? network.shortcut.value) != .none }
  }

  /// Convolutions and fully connected layers, projections not counted, as the paper counts.
  var depth: Int { depths(of: network).last ?? 0 }

  /// The same by the shortest way, as a gradient may take it.
  var leastDepth: Int { depths(of: network) { $0.min() }.last ?? 0 }
}

extension Layer {
  fileprivate var isLedPast: Bool {
    if case .gate = kind { return true }
    guard case .branches(let branches, _) = kind else { return false }
    return branches.contains {
      $0.allSatisfy(\.isBegin) || $0.first?.source != nil || $0.contains(where: \.isLedPast)
    }
  }
}
