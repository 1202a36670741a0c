// Rows to stages: definitions expanded, groups flattened where the network has no nesting, defaults applied.
//
// The budget: every element visited and every layer made costs one, over the whole file, and what a repeat would cost is
// asked before it is made. So neither `x 10000` inside `x 10000` nor definitions that double each other take long.

extension Resolver {
  /// What a list resolves to, before the groups around it are known.
  enum Piece {
    case layer(Layer)
    case block(Block)
  }

  /// The rows, and apart from them those of heads used in training only.
  mutating func stages(column: Int?) -> (stages: [Stage], auxiliary: [Stage]) {
    var result: [Stage] = []
    var auxiliary: [Stage] = []
    var layers = 0
    unwrittenActivation = nil
    // Heads may stand anywhere, and what they read is known once all others are.
    let order = model.rows.indices.filter { model.rows[$0].auxiliary == nil }
    for index in order + model.rows.indices.filter({ model.rows[$0].auxiliary != nil }) {
      let row = model.rows[index]
      reader = index
      rowStatesSize = row.size != nil
      var pieces: [Piece] = []
      var left: [Piece] = []
      for (index, cell) in row.cells.enumerated() {
        if case .elements(let elements) = cell.kind { left = self.pieces(elements, parameters) }
        if index == 0 || index == column { pieces = left }
      }
      var source: Located<String>?
      if case .layer(let layer)? = pieces.first, let read = layer.source {
        source = read
        pieces.removeFirst()
      } else if row.auxiliary != nil {
        source = rowAbove(index)
      }
      if let source { unwrittenActivation = activationsOfRows[source.value] }
      checkActivations(pieces)
      activationsOfRows[row.name.value] = unwrittenActivation
      let before = layers
      layers += pieces.reduce(0) { $0 + $1.count }
      if layers > Limits.layers, before <= Limits.layers, !isExhausted { tooManyLayers(row.span) }
      let stage = Stage(name: row.name, size: row.size, source: source, items: pieces.map(\.item), span: row.span)
      if row.auxiliary == nil { result.append(stage) } else { auxiliary.append(stage) }
    }
    return (result, auxiliary)
  }

  /// What a head without `from` reads.
  private mutating func rowAbove(_ index: Int) -> Located<String>? {
    if let above = model.rows[..<index].last(where: { $0.auxiliary == nil }) { return above.name }
    let name = model.rows[index].name
    report(
      Diagnostic(
        .unknownRow, "the head '\(name.value)' reads no row", at: Label(name.span, "nothing stands above"),
        helps: ["write '\(name.value == "aux" ? "aux" : "\(name.value)  aux") from ROW' and its layers"]))
    return nil
  }

  private mutating func tooManyLayers(_ span: Span) {
    report(
      Diagnostic(
        .tooManyLayers, "after all repeats the network has more than \(Limits.layers) layers",
        at: Label(span, "passes the limit")))
  }

  /// Whether this much more may be made; says so once when it may not.
  private mutating func spend(_ count: Int, _ span: Span) -> Bool {
    guard !isExhausted else { return false }
    written += count
    guard written > Limits.writtenLayers else { return true }
    isExhausted = true
    tooManyLayers(expansion.first ?? span)
    return false
  }

  private mutating func pieces(_ elements: [Syntax.Element], _ scope: Scope) -> [Piece] {
    elements.flatMap { element -> [Piece] in
      guard spend(1, element.span) else { return [] }
      return element.kind.definition.pieces(element, &self, scope)
    }
  }

  /// One bracket or definition deeper. Definitions in definitions could otherwise nest without bound.
  mutating func nested(
    _ elements: [Syntax.Element], _ scope: Scope, _ span: Span, isBracket: Bool = true
  ) -> [Piece] {
    guard depth < Limits.nesting else {
      // A circle has been reported as one.
      if !sink.hasErrors {
        report(
          Diagnostic(
            .limitExceeded, "blocks and brackets contain each other more than \(Limits.nesting) deep",
            at: Label(span, "one too deep")))
      }
      return []
    }
    depth += 1
    if isBracket { brackets += 1 }
    defer {
      depth -= 1
      if isBracket { brackets -= 1 }
    }
    return pieces(elements, scope)
  }

  /// The body of a definition, its parameters bound to the arguments.
  mutating func expand(
    _ name: Located<String>, _ arguments: [Syntax.Expression], _ scope: Scope
  ) -> [Piece] {
    guard let block = blocks[name.value], block.parameters.count == arguments.count else { return [] }
    var inner = parameters
    for (parameter, argument) in zip(block.parameters, arguments) {
      guard let value = evaluate(argument, scope) else { return [] }
      inner[parameter.value] = value
    }
    expansion.append(name.span)
    defer { expansion.removeLast() }
    return nested(block.body, inner, name.span, isBracket: false)
  }

  // MARK: Groups

  /// - Parameter words: What stands behind the bracket.
  mutating func group(
    _ kind: Block.Kind, _ inner: [Piece], _ repeats: Int, _ words: Attributes, _ span: Span
  ) -> [Piece] {
    switch kind {
    case .residual:
      guard var layers = flatten(inner, in: .residual, span) else { return [] }
      guard (words.shortcut ?? model.header.shortcut?.value) != ShortcutOption.none else {
        // Without shortcuts the same table reads as a plain network.
        if let activation = words.activation { activateLast(&layers, activation, span) }
        return [piece(.plain, layers, repeats, span)]
      }
      linearizeLast(&layers)
      return [piece(.residual, layers, repeats, words: words, span)]
    case .plain:
      if repeats > 1 { checkRepeatedStrides(inner, repeats) }
      if inner.contains(where: \.isResidual) {
        let count = inner.reduce(0) { $0 + $1.storedCount }
        guard spend(count * (repeats - 1), span) else { return [] }
        return inner + repeatElement(inner.map(\.withoutStrides), count: repeats - 1).joined()
      }
      guard let layers = flatten(inner, in: .plain, span) else { return [] }
      return [piece(.plain, layers, repeats, span)]
    }
  }

  /// `(3x3, 64, stride 2) x 3`: once or three times? Table 1 means once, a loop in a program three times, and only the
  /// row's size tells them apart.
  private mutating func checkRepeatedStrides(_ pieces: [Piece], _ repeats: Int) {
    guard !rowStatesSize else { return }
    let layers = pieces.flatMap { piece -> [Layer] in
      switch piece {
      case .layer(let layer): [layer]
      case .block(let block): block.layers
      }
    }
    for layer in layers.flatMap(\.withoutBranches) {
      guard let stride = layer.convolution?.stride, stride.value != 1 else { continue }
      report(
        Diagnostic(
          .ambiguousStride, "a stride of \(stride.value.text) stands in a group that is repeated \(repeats) times",
          at: Label(stride.span, "once or \(repeats) times?"),
          helps: [
            "write the row's output size: then the stride belongs to the first repetition, as in Table 1",
            "write the repetitions out where each has its own",
          ]))
    }
  }

  private func piece(
    _ kind: Block.Kind, _ layers: [Layer], _ repeats: Int, words: Attributes = Attributes(), _ span: Span
  ) -> Piece {
    let activation = words.activation ?? (isPreActivated ? .linear : model.header.activation?.value ?? .relu)
    return .block(
      Block(
        kind: kind, layers: layers, repeats: repeats, activation: activation,
        statesActivation: words.activation != nil, shortcut: words.shortcut, isScaled: words.isScaled,
        survival: words.survival, span: span))
  }

  /// What would follow the sum is the last convolution's activation, where that says nothing, else one more layer.
  private func activateLast(_ layers: inout [Layer], _ activation: Activation, _ span: Span) {
    guard let last = layers.lastIndex(where: \.convolves), case .convolution(var convolution) = layers[last].kind,
      !convolution.statesActivation, !convolution.isPreActivated
    else {
      if activation != .linear { layers.append(Layer(.activation(activation), span: span)) }
      return
    }
    (convolution.activation, convolution.statesActivation) = (activation, true)
    layers[last].kind = .convolution(convolution)
  }

  /// The layers of a branch, in branches that stand here.
  mutating func branch(_ elements: [Syntax.Element], _ scope: Scope, _ span: Span) -> [Layer]? {
    flatten(nested(elements, scope, span), in: .branches, span)
  }

  private enum Bracket { case residual, plain, branches }

  /// The layers of what stands in brackets, inner groups written out.
  private mutating func flatten(_ pieces: [Piece], in bracket: Bracket, _ span: Span) -> [Layer]? {
    var result: [Layer] = []
    for piece in pieces {
      switch piece {
      case .layer(let layer): result.append(layer)
      case .block(let block) where block.kind == .plain:
        guard spend(block.count * block.repeats, span) else { return nil }
        result += block.layers
        for _ in 1..<block.repeats { result += block.layers.map(\.withoutStride) }
      case .block(let block):
        nestedResidual(block.span, in: bracket, span)
        return nil
      }
    }
    return result
  }

  private mutating func nestedResidual(_ block: Span, in bracket: Bracket, _ span: Span) {
    let (place, label, outer) =
      bracket == .branches
      ? ("branches", "in a branch", "the branches") : ("another", "inside another", "the outer block")
    report(
      Diagnostic(
        .nestedResidual, "a residual block does not stand inside \(place)", at: Label(block, label),
        secondary: block == span ? [] : [Label(span, outer)],
        helps: [
          "write '{ identity | ... } sum relu' for layers with a shortcut of their own, the last of them 'linear'",
          "group layers without a shortcut in '( ... )'",
        ]))
  }

  /// The last convolution of a residual block is linear unless it says otherwise: its activation follows the sum.
  private mutating func linearizeLast(_ layers: inout [Layer]) {
    guard let last = layers.lastIndex(where: \.convolves) else { return }
    guard case .convolution(var convolution) = layers[last].kind else {
      // Those of a sum or a product have been asked.
      if case .branches(_, .concatenation) = layers[last].kind { checkEnds(of: layers[last], before: "the sum") }
      return
    }
    // Before it an activation is none before the sum.
    guard !convolution.statesActivation, !convolution.isPreActivated, convolution.activation != .linear else { return }
    if let pool = layers[last...].first(where: { $0.withoutBranches.contains(where: \.isPool) }) {
      report(
        Diagnostic(
          .ambiguousActivation, "a pool follows the last convolution of this residual block",
          at: Label(layers[last].span, "with an activation before the pool, or without?"),
          secondary: [Label(pool.span, "the pool")],
          helps: ["write 'linear' or an activation, such as 'relu', after the convolution"]))
    }
    convolution.activation = .linear
    layers[last].kind = .convolution(convolution)
  }

  /// `[3x3, 64; { 1x1, 32 | 3x3, 32 }]`: the last convolution is in each of the branches. Which of them are activated
  /// before they are concatenated and added, nobody has agreed on. Nor of `{ 3x3, 64 | 1x1, 64 } sum`.
  ///
  /// - Parameter end: What follows the branches.
  mutating func checkEnds(of layer: Layer, before end: String) {
    guard case .branches(let branches, _) = layer.kind else { return }
    for branch in branches {
      guard let last = branch.last(where: \.convolves) else { continue }
      guard let convolution = last.convolution else {
        if case .branches(_, .concatenation) = last.kind { checkEnds(of: last, before: end) }
        continue
      }
      guard !convolution.statesActivation, convolution.activation != .linear, !convolution.isPreActivated else {
        continue
      }
      report(
        Diagnostic(
          .ambiguousActivation, "this convolution ends a branch before \(end)",
          at: Label(last.span, "with an activation before \(end), or without?"),
          secondary: [Label(layer.span, "the branches")],
          helps: ["write 'linear' or an activation, such as 'relu', after the convolution"]))
    }
  }
}

extension Layer {
  /// Whether it is a convolution, or branches with some.
  fileprivate var convolves: Bool { withoutBranches.contains { $0.convolution != nil } }

  /// As a later repetition has it: a convolution's stride belongs to the first.
  fileprivate var withoutStride: Layer {
    switch kind {
    case .convolution(var convolution):
      guard let stride = convolution.stride else { return self }
      convolution.stride = Located(1, stride.span)
      return Layer(.convolution(convolution), span: span)
    case .branches(let branches, let combiner):
      return Layer(.branches(branches.map { $0.map(\.withoutStride) }, combiner), span: span)
    default: return self
    }
  }
}

extension Block {
  /// Its layers, and those in their branches, before repeats.
  fileprivate var count: Int { layers.reduce(0) { $0 + $1.count } }
}

extension Resolver.Piece {
  /// As a later repetition has it.
  fileprivate var withoutStrides: Self {
    switch self {
    case .layer(let layer): return .layer(layer.withoutStride)
    case .block(var block):
      block.layers = block.layers.map(\.withoutStride)
      return .block(block)
    }
  }

  /// Layers after repeats.
  fileprivate var count: Int {
    switch self {
    case .layer(let layer): layer.count
    case .block(let block): block.count * block.repeats
    }
  }

  fileprivate var storedCount: Int {
    switch self {
    case .layer(let layer): layer.count
    case .block(let block): block.count
    }
  }

  fileprivate var isResidual: Bool {
    if case .block(let block) = self { block.kind == .residual } else { false }
  }

  fileprivate var item: Item {
    switch self {
    case .layer(let layer): .layer(layer)
    case .block(let block): .block(block)
    }
  }
}
