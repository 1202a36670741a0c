// The methods: from the protocol's terms to offsets, to a feature, and back.
import ResNetDSL

extension LanguageServer {
  // MARK: Documents

  mutating func open(_ parameters: LSP.OpenParameters) {
    let item = parameters.textDocument
    documents[item.uri] = Document(
      uri: item.uri, version: item.version, text: item.text, encoding: encoding, lintSettings: lintSettings)
  }

  mutating func change(_ parameters: LSP.ChangeParameters) throws(ResponseError) {
    let id = parameters.textDocument
    guard documents[id.uri] != nil else { throw notOpen(id.uri) }
    documents[id.uri]?.change(parameters.contentChanges, version: id.version)
  }

  mutating func close(_ parameters: LSP.DocumentParameters) {
    guard documents.removeValue(forKey: parameters.textDocument.uri) != nil else { return }
    closed.append(parameters.textDocument.uri)
  }

  /// What is wrong with documents that have changed; nothing is, with those that were closed.
  mutating func stalePublications() -> [LSP.PublishDiagnostics] {
    var result = closed.filter { documents[$0] == nil }.map { LSP.PublishDiagnostics(uri: $0, diagnostics: []) }
    closed = []
    for uri in documents.keys.sorted() where documents[uri]?.isStale == true {
      guard let reading = documents[uri]?.reading(), let document = documents[uri] else { continue }
      documents[uri]?.isStale = false
      result.append(
        LSP.PublishDiagnostics(
          uri: uri, version: document.version,
          diagnostics: diagnostics(of: reading).map { LSP.Diagnostic($0, in: uri, document.lines) }))
    }
    return result
  }

  private func notOpen(_ uri: String) -> ResponseError { .invalidParameters("\(uri) is not open") }

  /// An open document, and what its text says.
  private mutating func reading(_ id: LSP.DocumentID) throws(ResponseError) -> (Reading, LineTable) {
    guard let reading = documents[id.uri]?.reading(), let lines = documents[id.uri]?.lines else {
      throw notOpen(id.uri)
    }
    return (reading, lines)
  }

  // MARK: Questions

  mutating func hover(_ parameters: LSP.PlaceParameters) throws(ResponseError) -> LSP.Hover? {
    let (reading, lines) = try reading(parameters.textDocument)
    return reading.hover(at: lines.offset(parameters.position)).map {
      LSP.Hover(contents: LSP.Markup(value: $0.text), range: lines.range($0.span))
    }
  }

  mutating func inlayHints(_ parameters: LSP.InlayHintParameters) throws(ResponseError) -> [LSP.InlayHint] {
    let (reading, lines) = try reading(parameters.textDocument)
    return reading.inlayHints(in: lines.span(parameters.range)).map {
      LSP.InlayHint(position: lines.position($0.offset), label: $0.label, tooltip: LSP.Markup(value: $0.tooltip))
    }
  }

  mutating func definition(_ parameters: LSP.PlaceParameters) throws(ResponseError) -> LSP.Location? {
    let (reading, lines) = try reading(parameters.textDocument)
    return reading.definition(at: lines.offset(parameters.position)).map {
      LSP.Location(uri: parameters.textDocument.uri, range: lines.range($0))
    }
  }

  mutating func documentSymbols(_ parameters: LSP.DocumentParameters) throws(ResponseError) -> [LSP.DocumentSymbol] {
    let (reading, lines) = try reading(parameters.textDocument)
    guard let (network, parts) = reading.symbols() else { return [] }
    func symbol(_ symbol: Symbol, _ children: [LSP.DocumentSymbol]?) -> LSP.DocumentSymbol {
      LSP.DocumentSymbol(
        name: symbol.name, detail: symbol.detail, kind: symbol.kind, range: lines.range(symbol.span),
        selectionRange: lines.range(symbol.selection), children: children)
    }
    return [symbol(network, parts.map { symbol($0, nil) })]
  }

  mutating func symbolInformation(
    _ parameters: LSP.DocumentParameters
  ) throws(ResponseError) -> [LSP.SymbolInformation] {
    let (reading, lines) = try reading(parameters.textDocument)
    guard let (network, parts) = reading.symbols() else { return [] }
    return ([network] + parts).enumerated().map { index, symbol in
      LSP.SymbolInformation(
        name: symbol.name, kind: symbol.kind,
        location: LSP.Location(uri: parameters.textDocument.uri, range: lines.range(symbol.span)),
        containerName: index == 0 ? nil : network.name)
    }
  }

  mutating func completion(_ parameters: LSP.PlaceParameters) throws(ResponseError) -> LSP.CompletionList {
    let (reading, lines) = try reading(parameters.textDocument)
    let suggestions = reading.completions(at: lines.offset(parameters.position))
    return LSP.CompletionList(items: suggestions.enumerated().map { item($1, $0) })
  }

  private func item(_ suggestion: Suggestion, _ index: Int) -> LSP.CompletionItem {
    let template = suggestion.template ?? suggestion.label
    let hasPlaces = template.contains("${")
    let order = String(index)
    return LSP.CompletionItem(
      label: suggestion.label, kind: suggestion.kind,
      documentation: suggestion.help.map { LSP.Markup(value: $0) },
      sortText: String(repeating: "0", count: max(0, 4 - order.count)) + order,
      insertText: hasSnippets ? template : withoutPlaces(template), insertTextFormat: hasSnippets && hasPlaces ? 2 : 1)
  }

  /// `stride ${1:2}` as `stride 2`.
  private func withoutPlaces(_ template: String) -> String {
    template.replacing(/\$\{[0-9]+:([^}]*)\}/) { $0.output.1 }
  }

  mutating func formatting(_ parameters: LSP.DocumentParameters) throws(ResponseError) -> [LSP.TextEdit] {
    let (reading, lines) = try reading(parameters.textDocument)
    return reading.formattingEdit().map { [textEdit($0, lines)] } ?? []
  }

  mutating func codeActions(_ parameters: LSP.CodeActionParameters) throws(ResponseError) -> [LSP.CodeAction] {
    let (reading, lines) = try reading(parameters.textDocument)
    // `quickfix.resnetc` asks for fewer, an empty word for all.
    let kinds = parameters.context?.only
    guard kinds?.contains(where: { $0.isEmpty || $0 == "quickfix" }) ?? true else { return [] }
    let uri = parameters.textDocument.uri
    return reading.quickFixes(in: lines.span(parameters.range)).map { finding, fix, isPreferred in
      LSP.CodeAction(
        title: fix.message.prefix(1).uppercased() + fix.message.dropFirst(),
        diagnostics: [LSP.Diagnostic(finding, in: uri, lines)], isPreferred: isPreferred,
        edit: LSP.WorkspaceEdit(changes: [uri: fix.edits.map { textEdit($0, lines) }]))
    }
  }

  private func textEdit(_ edit: FixIt.Edit, _ lines: LineTable) -> LSP.TextEdit {
    LSP.TextEdit(range: lines.range(edit.span), newText: edit.replacement)
  }
}
