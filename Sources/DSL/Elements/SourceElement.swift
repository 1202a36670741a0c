// `from conv4_x`: the layers that follow read that row's value, not the one above them. It begins a row or a branch, so
// that whoever reads a table from the top always knows what enters a layer.
//
//     p4   14x14   { from conv4_x; 1x1, 256 | from p5; upsample 2 } sum

struct SourceElement: ElementDefinition {
  var row: Located<String>

  var noun: String { "'from'" }
  func help(in model: SourceModel) -> String? { "the value of row `\(row.value)`, in place of the one above." }

  func pieces(_ element: Syntax.Element, _ resolver: inout Resolver, _ scope: Resolver.Scope) -> [Resolver.Piece] {
    resolver.mayRead(row) ? [.layer(Layer(.source(row), span: element.span))] : []
  }
}

extension Vocabulary {
  package static let source = (word: "from", help: "`from conv4_x`: reads the value of that row, which stands above.")
  package static let auxiliary = (
    word: "aux", help: "A head used in training only: counted apart, drawn aside, and no part of the compiled network."
  )
}

extension Parser {
  /// source = "from" name [ ";" ]
  mutating func readRow() -> [Element] {
    guard text(current) == Vocabulary.source.word else { return [] }
    let start = advance().span
    guard let row = name("a row's name") else {
      recover(atCommas: false)
      return [Element(kind: .invalid, span: start)]
    }
    if current.kind == .semicolon || current.kind == .comma, !endsElement(peek().kind) { advance() }
    return [Element(kind: .source(row), span: start.union(row.span))]
  }

  /// `3x3, 64; from conv4_x`
  mutating func misplacedSource(_ word: Token) {
    if current.kind == .word { advance() }
    report(
      Diagnostic(
        .unexpectedToken, "'from' begins a row or a branch, and says what enters it",
        at: Label(word.span.union(previous.span), "something enters here already"),
        helps: ["write '{ identity | from ROW }' to put a row's value beside this one, with 'sum' to add it"]))
  }
}

extension Resolver {
  /// Whether the row that is being read may read this one; says why not.
  mutating func mayRead(_ row: Located<String>) -> Bool {
    guard let index = model.rows.firstIndex(where: { $0.name.value == row.value }) else {
      // A head may stand above what it reads.
      let end = reader.flatMap { model.rows[$0].auxiliary == nil ? $0 : nil } ?? model.rows.count
      report(unknownRowDiagnostic(row, among: Array(model.rows[..<end])))
      return false
    }
    let there = Label(model.rows[index].name.span, "stands here")
    if model.rows[index].auxiliary != nil {
      report(
        Diagnostic(
          .unknownRow, "'\(row.value)' is a head used in training only, and nothing reads it",
          at: Label(row.span, "no value"), secondary: [there]))
      return false
    }
    guard let reader else { return true }
    if model.rows[reader].auxiliary != nil {
      guard brackets > 0 else { return true }
      report(
        Diagnostic(
          .unknownRow, "the branches of a head used in training only read what enters it",
          at: Label(row.span, "another row"),
          helps: ["a head reads one row: write 'from' at its begin, or put the values together in a row of their own"]))
      return false
    }
    guard index >= reader else { return true }
    report(
      Diagnostic(
        .unknownRow, index == reader ? "row '\(row.value)' reads itself" : "row '\(row.value)' stands below",
        at: Label(row.span, "not yet computed"), secondary: index == reader ? [] : [there],
        helps: ["a row reads rows above it"]))
    return false
  }

  /// Reports rows whose values go nowhere: every one is read by the next, by a row that names it, or returned.
  mutating func checkReaders(_ stages: [Stage], _ auxiliary: [Stage]) {
    guard !sink.hasErrors, !stages.isEmpty else { return }
    let outputs = Set(model.header.outputs.map(\.value))
    var read = outputs
    for (index, stage) in stages.enumerated() {
      if let source = stage.source { read.insert(source.value) }
      read.formUnion(stage.items.flatMap(\.layers).flatMap(\.sources).map(\.value))
      let readsAbove = stage.source == nil && stage.items.first?.readsAbove != false
      if index > 0, readsAbove { read.insert(stages[index - 1].name.value) }
    }
    if outputs.isEmpty, let last = stages.last { read.insert(last.name.value) }
    for stage in stages where !read.contains(stage.name.value) {
      let heads = auxiliary.contains { $0.source?.value == stage.name.value }
      report(
        Diagnostic(
          .unreadRow, "nothing reads row '\(stage.name.value)'" + (heads ? " but a head used in training only" : ""),
          at: Label(stage.name.span, "computed for nothing"),
          secondary: model.header.outputs.isEmpty ? [] : [Label(model.header.outputs[0].span, "what is returned")],
          helps: [
            "write 'from \(stage.name.value)' where its value is needed, or its name after 'output' if it is returned"
          ]))
    }
  }
}

extension Item {
  /// Whether its first layer reads what enters: of branches, one of them.
  fileprivate var readsAbove: Bool {
    if case .block(let block) = self, block.kind == .residual { return true }
    return layers.first?.readsEntering ?? true
  }
}

extension Layer {
  /// Whether it reads what enters it.
  fileprivate var readsEntering: Bool {
    if source != nil { return false }
    guard case .branches(let branches, _) = kind else { return true }
    return branches.contains { $0.first?.readsEntering ?? true }
  }
}

/// A name after `from` or `output` that no row has.
func unknownRowDiagnostic(_ row: Located<String>, among rows: [Syntax.Row]) -> Diagnostic {
  let names = rows.filter { $0.auxiliary == nil }.map(\.name.value)
  let near = suggestion(for: row.value, among: names)
  return Diagnostic(
    .unknownRow, "there is no row named \(quoted(row.value))", at: Label(row.span, "unknown"),
    helps: near == nil && names.count <= 12 && !names.isEmpty
      ? ["its rows: \(alternatives(names, joiner: "and"))"] : [],
    fixIts: near.map { [.didYouMean($0, at: row.span)] } ?? [])
}

extension Checker {
  /// `output conv4_x, conv5_x`
  mutating func checkOutputs() {
    var seen: [String: Span] = [:]
    for row in model.header.outputs {
      if let first = seen.updateValue(row.span, forKey: row.value) {
        sink.report(
          Diagnostic(
            .duplicateName, "'\(row.value)' is returned twice", at: Label(row.span, "again here"),
            secondary: [Label(first, "first here")]))
      }
      guard let stage = model.rows.first(where: { $0.name.value == row.value }) else {
        if !model.rows.isEmpty { sink.report(unknownRowDiagnostic(row, among: model.rows)) }
        continue
      }
      guard stage.auxiliary != nil else { continue }
      sink.report(
        Diagnostic(
          .unknownRow, "'\(row.value)' is a head used in training only, and is not returned",
          at: Label(row.span, "no output"), secondary: [Label(stage.name.span, "stands here")]))
    }
  }
}
