// What can be said about a file without choosing a variant or a parameter's value: names, duplicates, cells, and
// attributes where they do not belong.

/// Reports everything that is wrong whatever the variant.
func check(_ model: SourceModel, _ source: SourceFile, _ sink: inout Diagnostics) {
  var checker = Checker(model: model, source: source, sink: sink)
  checker.checkNames()
  checker.checkHeader()
  checker.checkRows()
  checker.checkBlocks()
  sink = checker.sink
}

struct Checker: ~Copyable {
  let model: SourceModel
  let source: SourceFile
  var sink: Diagnostics
  /// The last definition of a name wins; a second one is an error of its own.
  let blocks: [String: Syntax.BlockDefinition]
  let parameterNames: [String]

  init(model: SourceModel, source: SourceFile, sink: Diagnostics) {
    self.model = model
    self.source = source
    self.sink = sink
    blocks = Dictionary(model.blocks.map { ($0.name.value, $0) }, uniquingKeysWith: { $1 })
    parameterNames = model.parameters.map(\.name.value)
  }

  // MARK: Names

  mutating func checkNames() {
    checkModelName()
    let parameters = model.parameters.map(\.name)
    duplicates("parameter", parameters)
    duplicates("block", model.blocks.map(\.name))
    duplicates("column", model.columns.filter { !$0.value.isEmpty })
    duplicates("row", model.rows.map(\.name))
    for block in model.blocks {
      duplicates("parameter", block.parameters)
      block.parameters.forEach { reserved($0, "parameter") }
      reserved(block.name, "block")
    }
    parameters.forEach { reserved($0, "parameter") }
  }

  private mutating func checkModelName() {
    let name = model.name
    guard let first = name.value.utf8.first else { return }
    if Vocabulary.reservedTypes.contains(name.value) {
      sink.report(
        Diagnostic(
          .modelName, "'\(name.value)' is taken by the generated code", at: Label(name.span, "choose another name")))
    } else if first < UInt8(ascii: "A") || first > UInt8(ascii: "Z") {
      let capitalised = name.value.prefix(1).uppercased() + name.value.dropFirst()
      sink.report(
        Diagnostic(
          .modelName, "the model's name becomes a Swift type and must begin with a capital letter",
          at: Label(name.span, "begins with '\(name.value.prefix(1))'"),
          fixIts: capitalised == name.value ? [] : [.didYouMean(capitalised, at: name.span)]))
    }
    guard model.keyword.value == .model else { return }
    let what =
      model.columns.first.map { ("columns", $0.span) } ?? model.parameters.first.map { ("parameters", $0.name.span) }
    guard let (what, span) = what else { return }
    sink.report(
      Diagnostic(
        .modelOrFamily, "a model is one network; with \(what) it is a family",
        at: Label(model.keyword.span, "one network"),
        secondary: [Label(span, "the \(what)")],
        fixIts: [FixIt("write 'family'", [.init(model.keyword.span, "family")])]))
  }

  private mutating func duplicates(_ what: String, _ names: [Located<String>]) {
    var first: [String: Span] = [:]
    for name in names {
      if let earlier = first[name.value] {
        sink.report(
          Diagnostic(
            .duplicateName, "there are two \(what)s named '\(name.value)'", at: Label(name.span, "again here"),
            secondary: [Label(earlier, "first here")]))
      } else {
        first[name.value] = name.span
      }
    }
  }

  private mutating func reserved(_ name: Located<String>, _ what: String) {
    guard Vocabulary.reserved.contains(name.value) else { return }
    sink.report(
      Diagnostic(
        .reservedName, "'\(name.value)' is a word of the language and cannot name a \(what)",
        at: Label(name.span, "choose another name")))
  }

  // MARK: Header

  mutating func checkHeader() {
    let header = model.header
    for (index, parameter) in model.parameters.enumerated() {
      // A default may use the parameters before it.
      checkExpression(parameter.value, Array(parameterNames.prefix(index)))
    }
    let place = model.name.value.isEmpty ? nil : model.name.span
    if !header.keys.contains(where: { $0.value == "input" }), let place {
      sink.report(
        Diagnostic(
          .missingInput, "'\(model.name.value)' states no input", at: Label(place, "needs an 'input' line"),
          helps: ["write for example 'input 3 x 224 x 224': channels, height, width"]))
    }
    if model.rows.isEmpty, let place {
      sink.report(
        Diagnostic(
          .missingRows, "'\(model.name.value)' has no rows", at: Label(place, "needs layers"),
          helps: ["write for example 'conv1 112x112 7x7, 64, stride 2'"]))
    }
    if let input = header.input?.value {
      [input.channels, input.height, input.width].forEach { checkExpression($0, parameterNames) }
    }
    if let depth = header.depth { checkExpression(depth, parameterNames) }
    header.norm?.value.kind?.expressions.forEach { checkExpression($0, parameterNames) }
    if let preprocess = header.preprocess { checkPreprocess(preprocess) }
    checkOutputs()
    if let labels = header.labels, labels.value.isEmpty {
      sink.report(
        Diagnostic(
          .unexpectedToken, "the file name of 'labels' is empty", at: Label(labels.span, "expected a file name")))
    }
  }

  private mutating func checkPreprocess(_ preprocess: Syntax.Preprocess) {
    preprocess.expressions.forEach { checkExpression($0, parameterNames) }
    for value in preprocess.std?.value ?? [] where value <= 0 {
      sink.report(
        Diagnostic(
          .numberOutOfRange, "a standard deviation is \(value); it must be above 0",
          at: Label(preprocess.std?.span ?? preprocess.span, "pixels are divided by it")))
      return
    }
  }

  // MARK: Rows

  mutating func checkRows() {
    var hasSpokenOfColumns = model.hasDamagedColumns || checkColumnCount()
    for row in model.rows where !sink.isFull {
      if let size = row.size { checkSize(size) }
      if row.hasPipes, model.columns.isEmpty {
        // Every row of such a table has the same cause.
        if !hasSpokenOfColumns { missingColumns(row) }
        hasSpokenOfColumns = true
      } else if row.cells.count != 1, row.cells.count != model.columns.count, !row.isDamaged,
        !hasSpokenOfColumns
      {
        cellCount(row)
      }
      for (index, cell) in row.cells.enumerated() {
        switch cell.kind {
        case .elements(let elements):
          check(elements, parameterNames)
          if elements.count == 1, case .source(let source) = elements[0].kind {
            sink.report(
              Diagnostic(
                .emptyCell, "row '\(row.name.value)' reads '\(source.value)' and has no layers",
                at: Label(elements[0].span, "nothing follows"),
                helps: ["write its layers behind ';'; where the value itself is wanted, '\(source.value)' is its name"])
            )
          }
        case .same where index == 0:
          sink.report(
            Diagnostic(
              .misplacedSame, "there is no cell to the left of this 'same'", at: Label(cell.span, "same as what?"),
              helps: ["write the layers here; 'same' repeats the cell to its left"]))
        case .same: break
        case .empty:
          sink.report(
            Diagnostic(
              .emptyCell, "a cell of row '\(row.name.value)' is empty",
              at: Label(cell.span, "nothing follows this '|'"),
              helps: ["write its layers, or 'same' to repeat the cell to the left"]))
        }
      }
    }
  }

  private mutating func checkSize(_ size: Located<Extent>) {
    let valid = 1...Limits.spatial
    guard !valid.contains(size.value.height) || !valid.contains(size.value.width) else { return }
    sink.report(
      Diagnostic(
        .numberOutOfRange, "an output size is 1 to \(Limits.spatial) on each side", at: Label(size.span, "out of range")
      ))
  }

  /// Rows that agree with each other, and not with the columns, have one cause.
  private mutating func checkColumnCount() -> Bool {
    let rows = model.rows.filter { $0.cells.count != 1 }
    guard let count = rows.first?.cells.count, rows.count > 1, rows.allSatisfy({ $0.cells.count == count }),
      let first = model.columns.first, let last = model.columns.last, count != model.columns.count
    else { return false }
    sink.report(
      Diagnostic(
        .cellCount, "the file names \(counted(model.columns.count, "column")), but its rows have \(count) cells",
        at: Label(first.span.union(last.span), counted(model.columns.count, "column")),
        secondary: rows.prefix(1).map { Label($0.name.span, "\(count) cells") }))
    return true
  }

  private mutating func missingColumns(_ row: Syntax.Row) {
    sink.report(
      Diagnostic(
        .cellCount, "row '\(row.name.value)' has cells, but the file names no columns",
        at: Label(row.name.span, "this row"),
        helps: ["name the columns on a line of their own before the rows: '| 18 | 34'"]))
  }

  private mutating func cellCount(_ row: Syntax.Row) {
    let columns = model.columns
    guard let first = columns.first, let last = columns.last else { return }
    sink.report(
      Diagnostic(
        .cellCount,
        "row '\(row.name.value)' has \(counted(row.cells.count, "cell")) for \(counted(columns.count, "column"))",
        at: Label(row.name.span, counted(row.cells.count, "cell")),
        secondary: [Label(first.span.union(last.span), counted(columns.count, "column"))],
        helps: ["write one cell for all columns, or one for each"]))
  }

  // MARK: Blocks

  mutating func checkBlocks() {
    for block in model.blocks where !sink.isFull {
      check(block.body, parameterNames + block.parameters.map(\.value))
    }
    checkRecursion()
  }

  /// Reports each block once that can reach itself, at the reference that closes the circle.
  private mutating func checkRecursion() {
    var finished: Set<String> = []
    var reported: Set<String> = []
    for block in model.blocks where !finished.contains(block.name.value) {
      // Depth first with an explicit stack: a chain may be as long as there are definitions.
      var path = [(name: block.name.value, next: references(in: block.body)[...])]
      while let top = path.last {
        guard let reference = top.next.first else {
          finished.insert(top.name)
          path.removeLast()
          continue
        }
        path[path.count - 1].next.removeFirst()
        if let start = path.firstIndex(where: { $0.name == reference.value }) {
          guard reported.insert(reference.value).inserted else { continue }
          let circle = path[start...].map { "'\($0.name)'" } + ["'\(reference.value)'"]
          sink.report(
            Diagnostic(
              .recursiveBlock, "a block cannot contain itself: \(circle.joined(separator: " uses "))",
              at: Label(reference.span, "closes the circle"),
              secondary: blocks[reference.value].map { [Label($0.name.span, "defined here")] } ?? []))
        } else if !finished.contains(reference.value), let next = blocks[reference.value] {
          path.append((reference.value, references(in: next.body)[...]))
        }
      }
    }
  }

  private func references(in elements: [Syntax.Element]) -> [Located<String>] {
    elements.flatMap { element -> [Located<String>] in
      if case .reference(let name, _) = element.kind { [name] } else { references(in: element.inner) }
    }
  }

  // MARK: Shared

  mutating func checkExpression(_ expression: Syntax.Expression, _ scope: [String]) {
    guard !model.hasDamagedParameters else { return }
    for name in expression.names where !scope.contains(name.value) && !model.suspects.contains(name.span) {
      let fixIts = spelling(name, among: scope)
      let known = scope.isEmpty ? "no parameters are defined here" : "known here: \(alternatives(scope, joiner: "and"))"
      sink.report(
        Diagnostic(
          .unknownParameter, "there is no parameter named '\(name.value)'", at: Label(name.span, "unknown"),
          helps: fixIts.isEmpty ? [known] : [], fixIts: fixIts))
    }
  }
}
