// Completion: what may stand at an offset, by the tokens of its line before it. It needs no tree, so it works in lines
// that cannot be read yet.
import ResNetDSL

/// A word to offer.
struct Suggestion: Equatable {
  var label: String
  var kind: LSP.CompletionKind
  var help: String?
  /// What is inserted, `${1:default}` where something is to be filled in; the label, if nothing else.
  var template: String?
}

extension Reading {
  func completions(at offset: Int) -> [Suggestion] {
    var line = lineTokens(before: offset)
    // The word that is being typed; the editor narrows the list by it.
    if line.last?.kind == .word, line.last?.span.end == offset { line.removeLast() }
    guard !isInComment(offset, after: line.last) else { return [] }
    guard let first = line.first else { return keys() }
    let words = line.map { source.text($0.span) }
    if first.kind == .pipe, model?.rows.isEmpty != false { return [] }
    guard let key = HeaderKey(rawValue: words[0]) else {
      // A row: its name, perhaps its size, then cells. `c 3x3` may be either, a size or the beginning of a layer.
      let isSize = line.count == 4 && isKernel(line)
      let all =
        elements(parameters: []) + sources + [keyword(Vocabulary.auxiliary.word, Vocabulary.auxiliary.help)]
      if line.count == 1 { return all }
      if words.count == line.count, words.last == Vocabulary.auxiliary.word, words.count == 2 || line.count == 5 {
        return elements(parameters: []) + sources
      }
      if words.last == Vocabulary.source.word { return rows(above: first.span.start) }
      return (isSize ? all : []) + inElements(line.dropFirst(), parameters: [], isRow: true)
    }
    switch key.description.content {
    case .definition:
      guard let equals = line.firstIndex(where: { $0.kind == .equals }) else { return [] }
      let own = line[..<equals].dropFirst(2).filter { $0.kind == .word }.map { source.text($0.span) }
      return inElements(line[(equals + 1)...], parameters: own, isRow: false)
    case .layers: return inElements(line.dropFirst(), parameters: [], isRow: false)
    case .numbers: return parameters([])
    case .names: return []
    case .rows: return rows(above: nil)
    case .words: return options(of: key, after: words, line.dropFirst())
    }
  }

  /// After a `#` there is nothing to complete; nor inside a string.
  private func isInComment(_ offset: Int, after last: Token?) -> Bool {
    let line = source.contents(ofLine: source.line(at: offset))
    let start = max(line.start, last?.span.end ?? 0)
    guard start < offset else { return false }
    return source.bytes[start..<min(offset, source.bytes.count)].contains(where: "#\"".utf8.contains)
  }

  /// The keys that may still be set.
  private func keys() -> [Suggestion] {
    let set = Set(model?.header.keys.map(\.value) ?? [])
    let hasModel = set.contains("model")
    return HeaderKey.allCases.filter { key in
      switch key {
      case .model, .family: !hasModel
      default: hasModel && (key.description.mayRepeat || !set.contains(key.rawValue))
      }
    }.map {
      Suggestion(
        label: $0.rawValue, kind: .property, help: $0.description.lines[0].sentence, template: $0.rawValue + " ")
    }
  }

  // MARK: The head

  private func options(of key: HeaderKey, after words: [String], _ line: ArraySlice<Token>) -> [Suggestion] {
    let description = key.description
    func isHere(_ place: HeaderDescription.Place) -> Bool {
      switch place {
      case .start: words.count == 1
      case .afterComma: line.last?.kind == .comma
      case .afterCommaOf(let first): line.last?.kind == .comma && words.dropFirst().first == first
      case .after(let word): words.count > 1 && words.last == word
      case .afterValueOf(let word): words.dropLast().last == word
      }
    }
    let offer = description.offers.first { isHere($0.place) }
    return (offer?.words ?? []).map { choice in
      let word = choice.split(separator: " ").last.map(String.init) ?? choice
      return Suggestion(label: choice, kind: .enumMember, help: description.help(choice) ?? description.help(word))
    }
  }

  /// Rows that may be read: those above a place, or all.
  private func rows(above offset: Int?) -> [Suggestion] {
    (model?.rows ?? []).filter { row in row.auxiliary == nil && offset.map { row.span.end <= $0 } ?? true }.map { row in
      Suggestion(label: row.name.value, kind: .variable, help: table(ofRow: row.name.value))
    }
  }

  /// What may begin a row's or a branch's layers, besides a layer.
  private var sources: [Suggestion] {
    [keyword(Vocabulary.source.word, Vocabulary.source.help)]
  }

  // MARK: Layers

  private func inElements(_ line: ArraySlice<Token>, parameters own: [String], isRow: Bool) -> [Suggestion] {
    guard let last = line.last else { return elements(parameters: own) }
    switch last.kind {
    case .pipe:
      let isFirst = !line.dropLast().contains { $0.kind == .pipe }
      let same = Suggestion(label: "same", kind: .keyword, help: "The cell to the left again.")
      return (isRow && !isFirst ? [same] : []) + elements(parameters: own) + sources
    case .leftBrace: return elements(parameters: own) + sources
    case .leftBracket, .leftParen, .semicolon: return elements(parameters: own)
    case .comma:
      if isKernel(line.dropLast()) { return parameters(own) }
      return attributes(behind: line) + activations() + elements(parameters: own)
    case .times, .plus, .minus, .star, .slash: return parameters(own)
    case .integer where isKernel(line):
      return LayerWord.windowed.map { keyword($0.phrase, $0.help) }
    case .rightBracket:
      return [
        times, keyword("shortcut", AttributeKey.shortcutHelp), keyword("scale", AttributeKey.scale.meaning.sentence),
        Suggestion(
          label: "survival", kind: .keyword, help: AttributeKey.survival.meaning.sentence, template: "survival ${1:0.8}"
        ),
      ] + activations()
    case .rightParen: return [times]
    case .rightBrace: return CombinerWord.allCases.map { keyword($0.rawValue, $0.help) } + [times]
    case .word where line.dropLast().last?.kind == .rightBrace && CombinerWord(rawValue: source.text(last.span)) != nil:
      return activations() + [times]
    case .word where source.text(last.span) == "shortcut":
      return HeaderKey.shortcut.words(.start).map { keyword($0, HeaderKey.shortcut.description.help($0)) }
    case .word: return inPhrase(source.text(last.span), own)
    default: return []
    }
  }

  private var times: Suggestion {
    Suggestion(label: "x", kind: .keyword, help: "How often it is repeated.", template: "x ${1:2}")
  }

  /// After a word that wants another.
  private func inPhrase(_ word: String, _ own: [String]) -> [Suggestion] {
    if let attribute = AttributeWord.named(word) {
      return attribute.takesNumber ? parameters(own) : attribute.options.map { keyword($0.word, $0.help) }
    }
    for layer in LayerWord.all {
      if layer.word == word { return layer.takesNumber ? parameters(own) : rest(layer.tail[...]) }
      if let at = layer.tail.firstIndex(of: word) { return rest(layer.tail[(at + 1)...]) }
    }
    return rest((Activation.beginning(with: word)?.tail.map { [$0] } ?? [])[...])
  }

  private func rest(_ words: ArraySlice<String>) -> [Suggestion] {
    words.isEmpty ? [] : [keyword(words.joined(separator: " "), nil)]
  }

  /// Whether the line ends in `3x3`.
  private func isKernel(_ line: ArraySlice<Token>) -> Bool {
    let end = line.suffix(3).map(\.kind)
    guard end.count == 3, end[1] == .times else { return false }
    return [end[0], end[2]].allSatisfy {
      switch $0 {
      case .integer, .word, .rightParen: true
      default: false
      }
    }
  }

  private func keyword(_ word: String, _ help: String?) -> Suggestion {
    Suggestion(label: word, kind: .keyword, help: help)
  }

  /// Those of one layer alone only where it stands on the line.
  private func attributes(behind line: ArraySlice<Token>) -> [Suggestion] {
    let layers = Set(line.filter { $0.kind == .word }.map { source.text($0.span) })
    return AttributeWord.all.filter { $0.layer.map { layers.contains($0.word) } ?? true }.map {
      Suggestion(label: $0.word, kind: .property, help: $0.help, template: $0.template)
    }
  }

  private func activations() -> [Suggestion] {
    Activation.allCases.map { Suggestion(label: $0.phrase, kind: .enumMember, help: $0.help) }
  }

  /// What may begin a layer.
  private func elements(parameters own: [String]) -> [Suggestion] {
    let shapes = Snippet.all.map {
      Suggestion(label: $0.label, kind: .snippet, help: $0.help, template: $0.template)
    }
    let words = LayerWord.all.filter { $0.template != nil }.map {
      Suggestion(label: $0.word, kind: .keyword, help: $0.help, template: $0.template)
    }
    let blocks = (model?.blocks ?? []).map { block in
      let arguments = block.parameters.enumerated().map { "${\($0.offset + 1):\($0.element.value)}" }
      return Suggestion(
        label: block.name.value, kind: .function, help: "```rn\n\(source.text(block.span))\n```",
        template: block.name.value + (arguments.isEmpty ? "" : "(\(arguments.joined(separator: ", ")))"))
    }
    return blocks + shapes + words + parameters(own)
  }

  /// Those of the family, and of the block whose line this is.
  private func parameters(_ own: [String]) -> [Suggestion] {
    (own + (model?.parameters.map(\.name.value) ?? [])).map { Suggestion(label: $0, kind: .variable) }
  }
}
