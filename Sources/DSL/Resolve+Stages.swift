// Rows to stages: definitions expanded, groups flattened where the network has no nesting, defaults applied.
//
// The budget: every element visited and every layer made costs one, over the whole file, and what a repeat would cost is
// asked before it is made. So neither `x 10000` inside `x 10000` nor definitions that double each other take long.

extension Resolver {
  /// A layer with what defaults still need to know, or a finished block.
  fileprivate enum Piece {
    case layer(Layer, hasOwnActivation: Bool)
    case block(Block)
  }

  mutating func stages(column: Int?) -> [Stage] {
    var result: [Stage] = []
    var layers = 0
    for row in model.rows {
      var pieces: [Piece] = []
      var left: [Piece] = []
      for (index, cell) in row.cells.enumerated() {
        if case .elements(let elements) = cell.kind { left = self.pieces(elements, parameters) }
        if index == 0 || index == column { pieces = left }
      }
      let before = layers
      layers += pieces.reduce(0) { $0 + $1.count }
      if layers > Limits.layers, before <= Limits.layers, !isExhausted { tooManyLayers(row.span) }
      result.append(Stage(name: row.name, size: row.size, items: pieces.map(\.item), span: row.span))
    }
    return result
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
    elements.flatMap { pieces($0, scope) }
  }

  /// One bracket or definition deeper. Definitions in definitions could otherwise nest without bound.
  private mutating func nested(_ elements: [Syntax.Element], _ scope: Scope, _ span: Span) -> [Piece] {
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
    defer { depth -= 1 }
    return pieces(elements, scope)
  }

  private mutating func pieces(_ element: Syntax.Element, _ scope: Scope) -> [Piece] {
    guard spend(1, element.span) else { return [] }
    switch element.kind {
    case .block(let kind, let elements, let repeats):
      let inner = nested(elements, scope, element.span)
      guard let repeats else { return group(kind, inner, 1, element.span) }
      guard let count = integer(repeats, "the number of repeats", in: 1...Limits.repeats, scope) else { return [] }
      return group(kind, inner, count.value, element.span)
    case .reference(let name, let arguments): return expand(name, arguments, scope)
    default:
      guard let (layer, hasOwnActivation) = layer(element, scope) else { return [] }
      return [.layer(layer, hasOwnActivation: hasOwnActivation)]
    }
  }

  /// The body of a definition, its parameters bound to the arguments.
  private mutating func expand(
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
    return nested(block.body, inner, name.span)
  }

  // MARK: Groups

  private mutating func group(_ kind: Block.Kind, _ inner: [Piece], _ repeats: Int, _ span: Span) -> [Piece] {
    switch kind {
    case .residual:
      guard var layers = flatten(inner, span) else { return [] }
      let activation = model.header.activation?.value ?? .relu
      guard model.header.shortcut?.value != ShortcutOption.none else {
        // Without shortcuts the same table reads as a plain network.
        return [.block(Block(kind: .plain, layers: layers.map(\.layer), repeats: repeats, span: span))]
      }
      linearizeLast(&layers)
      return [
        .block(
          Block(kind: .residual, layers: layers.map(\.layer), repeats: repeats, activation: activation, span: span))
      ]
    case .plain:
      if inner.contains(where: \.isResidual) {
        let count = inner.reduce(0) { $0 + $1.storedCount }
        guard spend(count * (repeats - 1), span) else { return [] }
        return Array(repeatElement(inner, count: repeats).joined())
      }
      guard let layers = flatten(inner, span) else { return [] }
      return [.block(Block(kind: .plain, layers: layers.map(\.layer), repeats: repeats, span: span))]
    }
  }

  private typealias Draft = (layer: Layer, hasOwnActivation: Bool)

  /// The layers of a group, inner groups written out.
  private mutating func flatten(_ pieces: [Piece], _ span: Span) -> [Draft]? {
    var result: [Draft] = []
    for piece in pieces {
      switch piece {
      case .layer(let layer, let hasOwnActivation): result.append((layer, hasOwnActivation))
      case .block(let block) where block.kind == .plain:
        guard spend(block.layers.count * block.repeats, span) else { return nil }
        let layers = block.layers.map { (layer: $0, hasOwnActivation: true) }
        for _ in 0..<block.repeats { result += layers }
      case .block(let block):
        report(
          Diagnostic(
            .nestedResidual, "a residual block inside a residual block is not built yet",
            at: Label(block.span, "inside another"),
            secondary: block.span == span ? [] : [Label(span, "the outer block")],
            helps: ["group layers without a shortcut in '( ... )'"]))
        return nil
      }
    }
    return result
  }

  /// The last convolution of a residual block is linear unless it says otherwise: its activation follows the sum.
  private func linearizeLast(_ layers: inout [Draft]) {
    guard
      let last = layers.lastIndex(where: { if case .convolution = $0.layer.kind { true } else { false } }),
      !layers[last].hasOwnActivation, case .convolution(var convolution) = layers[last].layer.kind
    else { return }
    convolution.activation = .linear
    layers[last].layer.kind = .convolution(convolution)
  }
}

extension Resolver.Piece {
  /// Layers after repeats.
  fileprivate var count: Int {
    switch self {
    case .layer: 1
    case .block(let block): block.layers.count * block.repeats
    }
  }

  fileprivate var storedCount: Int {
    switch self {
    case .layer: 1
    case .block(let block): block.layers.count
    }
  }

  fileprivate var isResidual: Bool {
    if case .block(let block) = self { block.kind == .residual } else { false }
  }

  fileprivate var item: Item {
    switch self {
    case .layer(let layer, _): .layer(layer)
    case .block(let block): .block(block)
    }
  }
}
