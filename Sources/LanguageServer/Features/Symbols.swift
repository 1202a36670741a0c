// Document symbols: the network, and in it its settings, its blocks, its columns and its rows, in the file's order.
import ResNetCompiler
import ResNetDSL

/// A symbol, before it is put in the protocol's terms.
struct Symbol {
  var name: String
  var detail: String?
  var kind: LSP.SymbolKind
  var span: Span
  var selection: Span
}

extension Reading {
  /// The network and what it is made of; `nil` for a file without a model line.
  func symbols() -> (network: Symbol, parts: [Symbol])? {
    guard let model, !model.name.value.isEmpty else { return nil }
    let whole = Span(source.contentStart, source.bytes.count)
    let network = Symbol(
      name: model.name.value, detail: model.keyword.value.rawValue, kind: .class, span: whole,
      selection: model.name.span)
    var parts = model.header.keys.filter { $0.value != "model" }.map { key in
      let line = line(from: key.span.start)
      let value = source.text(Span(min(key.span.end, line.end), line.end)).drop { $0 == " " || $0 == "\t" }
      return Symbol(name: key.value, detail: String(value), kind: .property, span: line, selection: key.span)
    }
    parts += model.blocks.map { block in
      let parameters = block.parameters.map(\.value).joined(separator: ", ")
      return Symbol(
        name: block.name.value, detail: parameters.isEmpty ? nil : "(\(parameters))", kind: .function, span: block.span,
        selection: block.name.span)
    }
    parts += model.columns.filter { !$0.value.isEmpty }.map {
      Symbol(name: $0.value, kind: .variable, span: $0.span, selection: $0.span)
    }
    parts += model.rows.map { row in
      Symbol(
        name: row.name.value, detail: variants.first?.rows[row.name.value]?.output.text ?? row.size?.value.text,
        kind: .array, span: row.span,
        selection: row.name.span)
    }
    return (network, parts.sorted { $0.span.start < $1.span.start })
  }

  /// From an offset to the last token of its line.
  private func line(from start: Int) -> Span {
    let contents = source.contents(ofLine: source.line(at: start))
    let last = lineTokens(before: contents.end).last { !$0.kind.endsLine }
    return Span(start, max(start, last?.span.end ?? start))
  }
}
