// The lines at the head of a file: one function for each key.

extension Parser {
  /// The rest of a header line, after its key.
  mutating func header(_ key: HeaderKey, _ keyword: Token) {
    let isRepeatable = key.description.mayRepeat
    let canonical = key == .family ? "model" : key.rawValue
    if !isRepeatable, let first = model.header.keys.first(where: { $0.value == canonical }) {
      duplicate("'\(key.rawValue)' is set twice", at: keyword.span, first: first.span)
      return skipLine()
    }
    if !isRepeatable { model.header.keys.append(Located(canonical, keyword.span)) }
    if current.kind == .equals { noEquals(after: key.rawValue) }
    let isRead: Bool
    switch key {
    case .model, .family: isRead = modelLine(key == .family ? .family : .model, keyword)
    case .input: isRead = input()
    case .shortcut: isRead = shortcut()
    case .stride: isRead = stride()
    case .depth: isRead = depthLine()
    case .block: isRead = blockDefinition(keyword)
    case .norm: isRead = norm()
    case .weights: isRead = weights()
    case .activation: isRead = activation()
    case .order: isRead = order()
    case .names: isRead = tensorNames()
    case .rename: isRead = rename()
    case .preprocess: isRead = preprocess(keyword)
    case .labels: isRead = labels()
    case .output: isRead = outputs()
    }
    if !isRead {
      if canonical == "model" { model.hasDamagedParameters = true }
      skipLine()
    }
  }

  mutating func duplicate(_ message: String, at span: Span, first: Span) {
    report(
      Diagnostic(.duplicateHeader, message, at: Label(span, "again here"), secondary: [Label(first, "first here")]))
  }

  // MARK: Keys

  private mutating func modelLine(_ keyword: SourceModel.Keyword, _ token: Token) -> Bool {
    model.keyword = Located(keyword, token.span)
    guard let name = dashedName() ?? name("the model's name") else { return false }
    model.name = name
    return parameters()
  }

  /// "(" parameter { "," parameter } ")", if they follow.
  mutating func parameters() -> Bool {
    let opener = current
    guard opener.kind == .leftParen else { return true }
    advance()
    repeat {
      guard let name = self.name("a parameter's name") else { return false }
      guard take(.equals) else {
        expected("'=' and a default value")
        return false
      }
      guard let value = expression() else { return false }
      model.parameters.append(Syntax.Parameter(name: name, value: value))
    } while take(.comma)
    if model.parameters.count > Limits.definitions {
      limitExceeded("parameters", Limits.definitions, at: model.parameters[Limits.definitions].name.span)
    }
    return close(opener)
  }

  private mutating func input() -> Bool {
    let start = current.span
    if let input = foreignInput() {
      model.header.input = input
      return true
    }
    guard let channels = dimension(), times(), let height = dimension(), times(), let width = dimension() else {
      return false
    }
    model.header.input = Located(
      Syntax.Input(channels: channels, height: height, width: width), start.union(previous.span))
    return true
  }

  private mutating func times() -> Bool {
    if take(.times) { return true }
    expected("'x'", helps: ["an input is written channels x height x width"])
    return false
  }

  private mutating func shortcut() -> Bool {
    guard let option = shortcutOption(isHeader: true) else { return false }
    model.header.shortcut = option
    switch option.value {
    case .projectWhereShapeChanges, .projectAlways: return projection(option.value.word)
    default: return !ofProjections(option.value.word)
    }
  }

  /// `A, average pool`: says that only projections have such a thing.
  private mutating func ofProjections(_ option: String) -> Bool {
    guard current.kind == .comma, ["average", "bias", "no"].contains(text(peek())) else { return false }
    advance()
    let what = text(current) == "average" ? "'average pool' stands before projections" : "a bias is that of projections"
    report(
      Diagnostic(
        .unknownOption, "\(what), and 'shortcut \(option)' has none", at: Label(current.span, "of options B and C"),
        helps: option == "A" ? ["option A reads every second row and column, and adds zeros for new channels"] : []))
    return true
  }

  /// `, bias` or `, no bias`: whether projections add one. `, average pool`: what stands before those with a stride.
  private mutating func projection(_ option: String) -> Bool {
    while take(.comma) {
      let start = current.span
      if take(word: "average") {
        guard pool() else { return false }
        let span = start.union(previous.span)
        if let first = model.header.projectionPool { duplicate("'average pool' stands twice", at: span, first: first) }
        model.header.projectionPool = span
        continue
      }
      let isWithout = take(word: "no")
      guard take(word: "bias") else {
        unknownOption(
          isWithout ? "no" : "shortcut \(option),", isWithout ? ["bias"] : ["bias", "no bias", "average pool"])
        return false
      }
      let span = start.union(previous.span)
      if let first = model.header.projectionBias?.span { duplicate("the bias is set twice", at: span, first: first) }
      model.header.projectionBias = Located(!isWithout, span)
    }
    return true
  }

  private mutating func stride() -> Bool {
    guard take(word: "on") else {
      unknownOption("stride", ["on"], helps: ["write 'stride on first' or 'stride on 3x3'"])
      return false
    }
    let start = current.span
    if current.kind == .integer(3), peek().kind == .times, peek(2).kind == .integer(3) {
      for _ in 0..<3 { advance() }
      model.header.stride = Located(.on3x3, start.union(previous.span))
      return true
    }
    guard take(word: "first") else {
      unknownOption("stride on", HeaderKey.stride.words(.after("on")))
      return false
    }
    model.header.stride = Located(.first, start)
    return true
  }

  private mutating func depthLine() -> Bool {
    model.header.depth = expression()
    return model.header.depth != nil
  }

  /// "block" name [ "(" name { "," name } ")" ] "=" elements
  private mutating func blockDefinition(_ keyword: Token) -> Bool {
    guard let name = name("the block's name") else {
      model.hasDamagedBlocks = true
      return false
    }
    var definition = Syntax.BlockDefinition(name: name, parameters: [], body: [], span: keyword.span)
    defer {
      if model.blocks.count == Limits.definitions { limitExceeded("blocks", Limits.definitions, at: name.span) }
      definition.span = keyword.span.union(previous.span)
      model.blocks.append(definition)
    }
    let opener = current
    if opener.kind == .leftParen {
      advance()
      repeat {
        guard let parameter = self.name("a parameter's name") else { return unreadBody(&definition) }
        definition.parameters.append(parameter)
      } while take(.comma)
      if definition.parameters.count > Limits.definitions {
        limitExceeded("parameters in a block", Limits.definitions, at: definition.parameters[Limits.definitions].span)
      }
      guard close(opener) else { return unreadBody(&definition) }
    }
    blockParameters = definition.parameters.map(\.value)
    defer { blockParameters = [] }
    guard take(.equals) else {
      expected("'=' and the block's layers")
      return unreadBody(&definition)
    }
    definition.body = elements()
    return true
  }

  /// Known by name, so that its uses are not errors too.
  private mutating func unreadBody(_ definition: inout Syntax.BlockDefinition) -> Bool {
    model.hasDamagedBlocks = true
    definition.body = [Element(kind: .invalid, span: definition.span)]
    return false
  }

  private mutating func norm() -> Bool {
    let start = current.span
    guard Syntax.NormKind.words.contains(text(current)) else {
      guard let option = option("norm", HeaderKey.norm.words(.start)) else { return false }
      model.header.norm = Located(.none, option.span)
      return true
    }
    guard let kind = normKind() else { return false }
    let span = start.union(previous.span)
    guard let epsilon = epsilon(of: "norm \(source.text(span)),", standard: Normalization.standardEpsilon) else {
      return false
    }
    model.header.norm = Located(.kind(kind, epsilon: epsilon), span)
    return true
  }

  /// `weights standardized, eps 1e-8`
  private mutating func weights() -> Bool {
    guard let option = option("weights", HeaderKey.weights.words(.start)) else { return false }
    guard option.value != "plain" else {
      model.header.weights = Located(.plain, option.span)
      return true
    }
    let standard = Syntax.WeightsOption.standardEpsilon
    guard let epsilon = epsilon(of: "weights standardized,", standard: standard) else { return false }
    model.header.weights = Located(.standardized(epsilon: epsilon), option.span)
    return true
  }

  /// `, eps 1e-3`, where it stands; `nil` where something else does.
  private mutating func epsilon(of key: String, standard: Double) -> Double? {
    guard take(.comma) || missingEpsilonComma() else { return standard }
    guard take(word: "eps") else {
      unknownOption(key, ["eps"])
      return nil
    }
    guard let value = decimal(), checkEpsilon(value) else { return nil }
    return value.value
  }

  /// `norm batch eps 1e-3`
  private mutating func missingEpsilonComma() -> Bool {
    guard text(current) == "eps" else { return false }
    reportMissingComma()
    return true
  }

  private mutating func checkEpsilon(_ value: Located<Double>) -> Bool {
    if let diagnostic = epsilonDiagnostic(value) {
      report(diagnostic)
      return false
    }
    return true
  }

  private mutating func activation() -> Bool {
    let start = current.span
    guard let begun = Activation.beginning(with: text(current)), foreign(at: index) == nil else {
      unknownOption("activation", HeaderKey.activation.words(.start))
      return false
    }
    advance()
    guard let value = activation(begun) else { return false }
    model.header.activation = Located(value, start.union(previous.span))
    return true
  }

  private mutating func order() -> Bool {
    guard let option = option("order", HeaderKey.order.words(.start)),
      let value = Syntax.Order(rawValue: option.value)
    else { return false }
    model.header.order = Located(value, option.span)
    return true
  }

  private mutating func tensorNames() -> Bool {
    guard let option = option("names", HeaderKey.names.words(.start)),
      let value = TensorNames(rawValue: option.value)
    else { return false }
    model.header.names = Located(value, option.span)
    return true
  }

  /// "rename" string "to" string
  private mutating func rename() -> Bool {
    guard let from = string("the beginning of a tensor's name in double quotes") else { return false }
    guard take(word: "to") else {
      expected("'to' and a name")
      return false
    }
    guard let to = string("a name in double quotes") else { return false }
    if model.header.renames.count == Limits.definitions {
      limitExceeded("renames", Limits.definitions, at: from.span)
    }
    model.header.renames.append(Rename(from: from, to: to))
    return true
  }

  private mutating func labels() -> Bool {
    model.header.labels = string("a file name in double quotes")
    return model.header.labels != nil
  }

  private mutating func string(_ what: String) -> Located<String>? {
    guard current.kind == .string else {
      expected(what)
      return nil
    }
    let token = advance()
    return Located(source.text(Span(token.span.start + 1, token.span.end - 1)), token.span)
  }

  /// "output" name { "," name }
  private mutating func outputs() -> Bool {
    repeat {
      guard let row = name("a row's name") else { return false }
      model.header.outputs.append(row)
    } while take(.comma)
    return true
  }

  /// One of a fixed set of words.
  mutating func option(_ key: String, _ allowed: [String]) -> Located<String>? {
    if allowed.contains(text(current)) {
      let token = advance()
      return Located(source.text(token.span), token.span)
    }
    unknownOption(key, allowed)
    return nil
  }

  mutating func unknownOption(_ key: String, _ allowed: [String], helps: [String] = []) {
    if foreignOption(key) { return }
    let choices = alternatives(allowed.map { "'\($0)'" })
    guard current.kind == .word else { return expected("\(choices) after '\(key)'") }
    let word = Located(text(current), current.span)
    report(
      Diagnostic(
        .unknownOption, "'\(key)' is followed by \(choices), not by \(quoted(word.value))",
        at: Label(word.span, "unknown"), helps: helps, fixIts: spelling(word, among: allowed)))
  }
}
