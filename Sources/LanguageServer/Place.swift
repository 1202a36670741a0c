// What stands at an offset: the smallest part of the syntax tree that holds it. Hover and definition begin here.
import ResNetDSL

enum Place {
  /// The key of a line of the head.
  case key(HeaderKey)
  /// A word after a key, or between others: an option, a step of the input pipeline.
  case option(HeaderKey, String)
  case modelName
  case column(Int)
  /// The name or the size of a row.
  case row(Syntax.Row)
  /// `same`, in a cell of a row.
  case same(Syntax.Row, cell: Int)
  /// A layer or a bracket.
  case element(Syntax.Element)
  case attribute(Syntax.Attribute, of: Syntax.Element)
  /// The name of a block where it is used.
  case reference(Located<String>)
  /// The name of a row behind `from` or `output`.
  case rowName(Located<String>)
  /// `aux`, `from` before a row's name, `identity` for a branch without layers.
  case word(String, help: String)
  /// The name of a block where it is defined.
  case definition(Syntax.BlockDefinition)
  /// The name of a parameter, where it is defined or used; inside a block's line its own come first.
  case parameter(Located<String>, in: Syntax.BlockDefinition?)
}

extension Reading {
  /// What stands at an offset, and its token.
  func place(at offset: Int) -> (place: Place, token: Token)? {
    guard let model, let token = token(at: offset) else { return nil }
    guard let place = place(of: token, in: model) else { return nil }
    // The tree has no element for a branch without layers.
    if case .element(let braces) = place, case .branches = braces.kind,
      source.text(token.span) == Vocabulary.identity.word
    {
      return (.word(Vocabulary.identity.word, help: Vocabulary.identity.help), token)
    }
    return (place, token)
  }

  private func place(of token: Token, in model: SourceModel) -> Place? {
    let at = token.span.start
    if let index = model.columns.firstIndex(where: { $0.span.contains(at) }) { return .column(index) }
    if let row = model.rows.first(where: { $0.span.contains(at) }) { return place(at, in: row) }
    if model.name.span.contains(at) { return .modelName }
    let line = lineTokens(before: token.span.end)
    guard let first = line.first, let key = HeaderKey(rawValue: source.text(first.span)) else { return nil }
    if first.span == token.span { return .key(key) }
    if let block = model.blocks.first(where: { $0.span.contains(at) }) { return place(at, in: block) }
    if let row = model.header.outputs.first(where: { $0.span.contains(at) }) { return .rowName(row) }
    let names = model.parameters.flatMap { [$0.name] + $0.value.names } + model.header.expressions.flatMap(\.names)
    if let name = names.first(where: { $0.span.contains(at) }) { return .parameter(name, in: nil) }
    return token.kind == .word ? .option(key, source.text(token.span)) : nil
  }

  private func place(_ at: Int, in row: Syntax.Row) -> Place? {
    if let word = row.auxiliary, word != row.name.span, word.contains(at) {
      return .word(Vocabulary.auxiliary.word, help: Vocabulary.auxiliary.help)
    }
    if row.name.span.contains(at) || row.size?.span.contains(at) == true { return .row(row) }
    guard let index = row.cells.firstIndex(where: { $0.span.contains(at) }) else { return nil }
    switch row.cells[index].kind {
    case .same: return .same(row, cell: index)
    case .elements(let elements): return place(at, in: elements, of: nil)
    case .empty: return nil
    }
  }

  private func place(_ at: Int, in block: Syntax.BlockDefinition) -> Place? {
    if block.name.span.contains(at) { return .definition(block) }
    if let name = block.parameters.first(where: { $0.span.contains(at) }) { return .parameter(name, in: block) }
    return place(at, in: block.body, of: block)
  }

  private func place(_ at: Int, in elements: [Syntax.Element], of block: Syntax.BlockDefinition?) -> Place? {
    guard let element = elements.first(where: { $0.span.contains(at) }) else { return nil }
    for attribute in element.attributes where attribute.span.contains(at) {
      let name = attribute.expressions.flatMap(\.names).first { $0.span.contains(at) }
      return name.map { .parameter($0, in: block) } ?? .attribute(attribute, of: element)
    }
    if let name = element.expressions.flatMap(\.names).first(where: { $0.span.contains(at) }) {
      return .parameter(name, in: block)
    }
    if case .reference(let name, _) = element.kind { return .reference(name) }
    if case .source(let row) = element.kind {
      return row.span.contains(at)
        ? .rowName(row) : .word(Vocabulary.source.word, help: Vocabulary.source.help)
    }
    return place(at, in: element.inner, of: block) ?? .element(element)
  }
}

extension Span {
  func contains(_ offset: Int) -> Bool { start <= offset && offset < end }

  func contains(_ other: Span) -> Bool { start <= other.start && other.end <= end }
}

// MARK: Parts of the tree

extension Syntax.Header {
  fileprivate var expressions: [Syntax.Expression] {
    let size = input.map { [$0.value.channels, $0.value.height, $0.value.width] } ?? []
    return size + (preprocess?.expressions ?? []) + [depth].compactMap { $0 }
  }
}

extension SourceModel {
  /// The elements of all rows and definitions, at any depth.
  var elements: [Syntax.Element] {
    let cells = rows.flatMap(\.cells).flatMap { cell -> [Syntax.Element] in
      if case .elements(let elements) = cell.kind { elements } else { [] }
    }
    return (cells + blocks.flatMap(\.body)).flatMap(\.withInner)
  }

  /// The cell that `same` repeats.
  static func repeated(by cell: Int, of row: Syntax.Row) -> Syntax.Cell? {
    row.cells[..<cell].last { $0.kind != .same }
  }
}
