// Rows of the table and their cells.

extension Parser {
  /// row = name [ size ] [ "aux" ] cells
  mutating func row() {
    let start = current.span
    let findings = sink.all.count
    guard let name = missingRowName() ?? name("a row's name") else { return }
    var row = Syntax.Row(name: name, size: nil, cells: [], hasPipes: false, span: start)
    if case .integer(let height) = current.kind, peek().kind == .times, case .integer(let width) = peek(2).kind,
      isSize
    {
      row.size = Located(Extent(height, width), current.span.union(peek(2).span))
      for _ in 0..<3 { advance() }
    }
    if text(current) == "aux" {
      row.auxiliary = advance().span
    } else if name.value == "aux" {
      row.auxiliary = name.span
    }
    if current.kind == .pipe {
      row.hasPipes = true
      while take(.pipe) || missingPipe() { row.cells.append(cell()) }
    } else if current.kind.endsLine {
      report(
        Diagnostic(
          .emptyCell, "row '\(name.value)' has no layers", at: Label(name.span, "nothing follows"),
          helps: ["write its layers, for example '3x3, 64'"]))
      row.cells.append(Syntax.Cell(kind: .elements([]), span: name.span))
    } else {
      row.cells.append(cell())
      if current.kind == .pipe {
        // Layers before the first '|', unless they are what is left of something unreadable.
        let isFirst = sink.all.count == findings
        if isFirst {
          report(
            Diagnostic(
              .cellCount, "row '\(name.value)' has layers before its first '|'",
              at: Label(row.cells[0].span, "these belong to no column"),
              fixIts: [
                FixIt("write '|' before them", [.init(Span(row.cells[0].span.start, row.cells[0].span.start), "| ")])
              ]))
        }
        row.cells[0].kind = .elements([])
        while take(.pipe) { _ = cell() }
      }
    }
    row.span = start.union(previous.span)
    if model.rows.count == Limits.rows { limitExceeded("rows", Limits.rows, at: name.span) }
    row.isDamaged = sink.all.count > findings
    model.rows.append(row)
  }

  /// `56x56` before layers is a size; `3x3,` and `3x3 max pool` are a kernel.
  private var isSize: Bool {
    let next = peek(3)
    switch next.kind {
    case .comma, .semicolon, .times: return false
    // `3x3-64`, not `32x32 - 3x3, 64`.
    case .minus, .slash: return next.span.start > peek(2).span.end
    // `3x3 64`: a comma is missing.
    case .integer where isLoneWidth(index + 3): return false
    case .word where isForeignKernel: return false
    // `16x16 max pool 2x2`
    case .word where text(peek(4)) == "pool" && isWindow(index + 5): return true
    case .word:
      guard let layer = LayerWord.named(text(next)), layer.windowed != nil else { return true }
      return layer.poolsWholeMap && text(peek(4)) == "pool" && (isGlobal || text(peek(5)) == "to")
    default: return true
    }
  }

  /// `3x3 maxpool`, `3x3 conv, 64`, `3x3 depthwise`: another tool's word for what a kernel belongs to.
  private var isForeignKernel: Bool {
    let at = index + 3
    if text(peek(3)) == "depthwise" { return true }
    if let phrase = phrase(at: at, where: ForeignWord.isConvolution) {
      if case .integer = peek(3 + phrase.count).kind { return peek(4 + phrase.count).kind != .times }
      return peek(3 + phrase.count).kind == .comma
    }
    guard let (phrase, word) = foreign(at: at) else { return false }
    if case .integer = peek(3 + phrase.count).kind { return false }
    return word == .spelt("depthwise")
      || (word == .spelt("max pool") || word == .spelt("average pool") && ForeignWord.isWindowed(phrase.text))
        && peek(3 + phrase.count).kind != .leftParen
  }

  /// `head 1x1 average pool, 1000-d fc`: the size of a row, then the global pool. A 1x1 window would pool nothing.
  private var isGlobal: Bool { current.kind == .integer(1) && peek(2).kind == .integer(1) }

  /// cell = "same" | [ source ] elements
  private mutating func cell() -> Syntax.Cell {
    let start = current.span
    if current.kind == .pipe || current.kind.endsLine {
      return Syntax.Cell(kind: .empty, span: previous.span)
    }
    if text(current) == "same" {
      advance()
      if current.kind != .pipe, !current.kind.endsLine, !isMissingPipe {
        expected("'|' or the end of the line")
        while current.kind != .pipe, !current.kind.endsLine { advance() }
      }
      return Syntax.Cell(kind: .same, span: start)
    }
    let read = readRow()
    let elements = read + (read.isEmpty || !endsElement(current.kind) ? elements() : [])
    let span = start.union(previous.span)
    if current.kind != .pipe, !current.kind.endsLine, !isMissingPipe {
      strayInCell()
      while current.kind != .pipe, !current.kind.endsLine { advance() }
    }
    return Syntax.Cell(kind: .elements(elements), span: span)
  }

  /// A table's next cell, whose `|` is missing: something that can only begin a cell stands where one could end.
  var isMissingPipe: Bool {
    guard !model.columns.isEmpty, closers.isEmpty, previous.kind != .comma, previous.kind != .semicolon else {
      return false
    }
    return current.kind == .leftBracket || text(current) == "same"
  }

  private mutating func missingPipe() -> Bool {
    guard isMissingPipe else { return false }
    let place = Span(previous.span.end, previous.span.end)
    report(
      Diagnostic(
        .missingComma, "a '|' is missing before \(describe(current))", at: Label(current.span, "starts a cell"),
        fixIts: [FixIt("write '|'", [.init(place, " |")])]))
    return true
  }

  private mutating func strayInCell() {
    suspectPrevious()
    if current.kind.isCloser {
      unmatched()
    } else if current.kind == .times {
      misplacedRepeat()
    } else if current.kind == .plus {
      straySum()
    } else {
      expected("',' or the end of the cell")
    }
  }

  mutating func misplacedRepeat() {
    if isRepeatBehindComma() { return }
    var count = "n"
    if case .integer(let value) = peek().kind { count = "\(value)" }
    let definition = definitionBehind
    let layers = definition.map { source.text($0.span) } ?? " ... "
    // No residual block stands inside another.
    let isResidual = definition.map { holdsResidual($0.name) } ?? false
    report(
      Diagnostic(
        .misplacedRepeat, "only what stands in brackets can be repeated", at: Label(current.span, "repeats nothing"),
        helps: isResidual
          ? []
          : [
            "write '[\(layers)] x \(count)' around the layers of a residual block, '(\(layers)) x \(count)' around layers without a shortcut"
          ],
        fixIts: definition.map { isResidual ? [parentheses(around: $0.span, count)] : [] } ?? []))
  }

  private func parentheses(around span: Span, _ count: String) -> FixIt {
    FixIt(
      "write '(\(source.text(span))) x \(count)'",
      [.init(Span(span.start, span.start), "("), .init(Span(span.end, span.end), ")")])
  }

  /// The definition that is used right before here, with its arguments.
  private var definitionBehind: (name: String, span: Span)? {
    var at = index - 1
    if at > 0, tokens[at].kind == .rightParen {
      while at > 0, tokens[at].kind != .leftParen, !tokens[at].kind.endsLine { at -= 1 }
      at -= 1
    }
    guard at >= 0, blockNames.contains(text(tokens[at])) else { return nil }
    return (text(tokens[at]), tokens[at].span.union(previous.span))
  }

  /// Whether a definition above brings residual blocks.
  private func holdsResidual(_ name: String) -> Bool {
    model.blocks.last { $0.name.value == name }?.body.contains {
      if case .block(.residual, _, _) = $0.kind { true } else { false }
    } ?? false
  }
}
