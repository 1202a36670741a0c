// Checks of layers and attributes: which attribute may follow which layer, and what is not built yet.

extension Checker {
  mutating func check(_ elements: [Syntax.Element], _ scope: [String]) {
    for element in elements where !sink.isFull { check(element, scope) }
  }

  private mutating func check(_ element: Syntax.Element, _ scope: [String]) {
    var allowed: [String] = []
    var what = "this layer"
    switch element.kind {
    case .convolution(let kernel, let width):
      [kernel.height, kernel.width, width].forEach { checkExpression($0, scope) }
      allowed = ["stride", "pad", "dilation", "groups", "depthwise", "bias", "norm", "eps", "activation"]
      what = "a convolution"
    case .maxPool(let kernel):
      [kernel.height, kernel.width].forEach { checkExpression($0, scope) }
      allowed = ["stride", "pad", "ceil"]
      what = "a max pool"
    case .averagePool(let kernel):
      [kernel.height, kernel.width].forEach { checkExpression($0, scope) }
      allowed = ["stride", "pad", "ceil", "counted"]
      what = "an average pool"
    case .globalAveragePool: what = "a pool over the whole map"
    case .fullyConnected(let width):
      checkExpression(width, scope)
      allowed = ["bias", "activation"]
      what = "a fully connected layer"
    case .activation: what = "an activation"
    case .softmax: what = "softmax"
    case .dropout(let rate):
      what = "dropout"
      if rate.value < 0 || rate.value >= 1 {
        sink.report(
          Diagnostic(
            .numberOutOfRange, "a dropout rate is at least 0 and below 1, not \(rate.value)",
            at: Label(rate.span, "out of range")))
      }
    case .block(_, let inner, let repeats):
      check(inner, scope)
      if let repeats { checkExpression(repeats, scope) }
      what = "a group"
    case .reference(let name, let arguments):
      guard checkReference(name, arguments, scope, element.span) else { return }
      what = "a block"
    case .branches(let branches):
      notBuilt("branches", element.span)
      branches.forEach { check($0, scope) }
      return
    case .gate(let inner):
      notBuilt("a gate", element.span)
      check(inner, scope)
      return
    case .maxout(let count):
      notBuilt("maxout", element.span)
      return checkExpression(count, scope)
    case .localResponseNorm(let count):
      notBuilt("local response normalisation ('lrn')", element.span)
      return checkExpression(count, scope)
    case .squeezeExcitation(let ratio):
      notBuilt("squeeze-and-excitation ('se')", element.span)
      return checkExpression(ratio, scope)
    case .spatialPyramidPool(let levels):
      notBuilt("a spatial pyramid pool", element.span)
      return levels.forEach { checkExpression($0, scope) }
    case .invalid: return
    }
    check(element.attributes, of: what, allowed: allowed, scope)
  }

  private mutating func checkReference(
    _ name: Located<String>, _ arguments: [Syntax.Expression], _ scope: [String], _ span: Span
  ) -> Bool {
    arguments.forEach { checkExpression($0, scope) }
    guard let block = blocks[name.value] else {
      if !model.hasDamagedBlocks, !model.suspects.contains(name.span) {
        sink.report(unknownElementDiagnostic(name, blocks: model.blocks.map(\.name.value)))
      }
      return false
    }
    // A definition that could not be read counts for nothing.
    let isRead = !block.body.contains { $0.kind == .invalid }
    guard arguments.count != block.parameters.count, isRead else { return true }
    let count = block.parameters.count
    sink.report(
      Diagnostic(
        .argumentCount, "'\(name.value)' takes \(counted(count, "argument")), not \(arguments.count)",
        at: Label(span, "\(arguments.count) here"), secondary: [Label(block.name.span, "\(count) here")]))
    return false
  }

  private mutating func check(
    _ attributes: [Syntax.Attribute], of layer: String, allowed: [String], _ scope: [String]
  ) {
    var seen: [(word: String, span: Span)] = []
    for attribute in attributes {
      guard let word = attribute.kind.word else { continue }
      attribute.kind.expressions.forEach { checkExpression($0, scope) }
      if !allowed.contains(word) {
        let built = allowed.filter { $0 != "groups" && $0 != "depthwise" }.map {
          $0 == "activation" ? "an activation" : $0 == "counted" ? "'counted' or 'uncounted'" : $0
        }
        let choices = built.isEmpty ? "no attributes" : alternatives(built, joiner: "and")
        sink.report(
          Diagnostic(
            .misplacedAttribute, "\(layer) has no \(attribute.kind.noun)",
            at: Label(attribute.span, "does not belong here"),
            helps: ["\(layer) takes \(choices)"]))
      } else if let first = seen.first(where: { $0.word == word }) {
        sink.report(
          Diagnostic(
            .duplicateAttribute, "the \(attribute.kind.noun) is set twice", at: Label(attribute.span, "again here"),
            secondary: [Label(first.span, "first here")]))
      } else {
        seen.append((word, attribute.span))
        if word == "groups" { notBuilt("'groups'", attribute.span) }
        if word == "depthwise" { notBuilt("'depthwise'", attribute.span) }
      }
      if case .epsilon(let value) = attribute.kind, let diagnostic = epsilonDiagnostic(value) {
        sink.report(diagnostic)
      }
    }
    checkNormConflict(attributes)
  }

  /// `no norm, eps 1e-3`
  private mutating func checkNormConflict(_ attributes: [Syntax.Attribute]) {
    guard let none = attributes.first(where: { $0.kind == .norm(false) }),
      let epsilon = attributes.first(where: { if case .epsilon = $0.kind { true } else { false } })
    else { return }
    sink.report(
      Diagnostic(
        .misplacedAttribute, "without normalisation there is no eps", at: Label(epsilon.span, "belongs to a norm"),
        secondary: [Label(none.span, "no norm")]))
  }
}

/// The epsilon is added to a variance.
func epsilonDiagnostic(_ value: Located<Double>) -> Diagnostic? {
  guard value.value <= 0 || value.value > 1 else { return nil }
  return Diagnostic(
    .numberOutOfRange, "an eps is above 0 and at most 1, not \(value.value)", at: Label(value.span, "out of range"))
}

extension Syntax.Attribute.Kind {
  /// The name under which it can be given once; nil if it could not be read.
  var word: String? {
    switch self {
    case .stride: "stride"
    case .pad: "pad"
    case .dilation: "dilation"
    case .bias: "bias"
    case .norm: "norm"
    case .epsilon: "eps"
    case .activation: "activation"
    case .ceil: "ceil"
    case .countsPadding: "counted"
    case .groups: "groups"
    case .depthwise: "depthwise"
    case .invalid: nil
    }
  }

  /// As a message names it.
  var noun: String {
    switch self {
    case .norm: "normalisation"
    case .ceil: "ceiling mode ('ceil')"
    case .countsPadding: "padding to count or not ('counted', 'uncounted')"
    case .pad: "padding ('pad')"
    case .groups: "groups"
    case .depthwise: "'depthwise'"
    default: word ?? ""
    }
  }

  var expressions: [Syntax.Expression] {
    switch self {
    case .stride(let value), .dilation(let value), .groups(let value): [value]
    case .pad(let height, let width): [height] + (width.map { [$0] } ?? [])
    default: []
    }
  }
}
