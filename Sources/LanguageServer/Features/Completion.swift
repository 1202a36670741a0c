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
      let begin = line.count == 4 && isKernel(line) ? elements(parameters: []) : []
      return begin + inElements(line.dropFirst(), parameters: [], isRow: true)
    }
    switch key {
    case .block:
      guard let equals = line.firstIndex(where: { $0.kind == .equals }) else { return [] }
      let own = line[..<equals].dropFirst(2).filter { $0.kind == .word }.map { source.text($0.span) }
      return inElements(line[(equals + 1)...], parameters: own, isRow: false)
    case .aux: return inElements(line.dropFirst(), parameters: [], isRow: false)
    case .input, .depth: return parameters([])
    case .model, .family, .labels: return []
    case .shortcut, .stride, .norm, .activation, .order, .preprocess:
      return options(of: key, after: words, line.dropFirst())
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
      case .block, .aux: hasModel
      default: hasModel && !set.contains(key.rawValue)
      }
    }.map { Suggestion(label: $0.rawValue, kind: .property, help: WordHelp.key($0).text, template: $0.rawValue + " ") }
  }

  // MARK: The head

  private func options(of key: HeaderKey, after words: [String], _ line: ArraySlice<Token>) -> [Suggestion] {
    let isAfterComma = line.last?.kind == .comma
    let last = words.last ?? ""
    let choices: [String] =
      switch key {
      case .shortcut where words.count == 1: ["A", "B", "C", "none"]
      case .shortcut where isAfterComma: words[1] == "A" ? ["pad end", "pad both"] : ["bias", "no bias"]
      case .shortcut where last == "pad": ["end", "both"]
      case .stride where words.count == 1: ["on first", "on 3x3"]
      case .stride where last == "on": ["first", "3x3"]
      case .norm where words.count == 1: ["batch", "none"]
      case .norm where isAfterComma: ["eps"]
      case .activation where words.count == 1: Vocabulary.activations
      case .order where words.count == 1: Syntax.Order.allCases.map(\.rawValue)
      case .preprocess where words.count == 1 || isAfterComma: ["resize", "crop", "mean", "std"]
      case .preprocess where words.dropLast().last == "resize": ["bilinear", "bicubic"]
      default: []
      }
    return choices.map { choice in
      let word = choice.split(separator: " ").last.map(String.init) ?? choice
      return Suggestion(label: choice, kind: .enumMember, help: WordHelp.option(word, of: key))
    }
  }

  // MARK: Layers

  private func inElements(_ line: ArraySlice<Token>, parameters own: [String], isRow: Bool) -> [Suggestion] {
    guard let last = line.last else { return elements(parameters: own) }
    switch last.kind {
    case .pipe:
      let isFirst = !line.dropLast().contains { $0.kind == .pipe }
      let same = Suggestion(label: "same", kind: .keyword, help: "The cell to the left again.")
      return (isRow && !isFirst ? [same] : []) + elements(parameters: own)
    case .leftBracket, .leftParen, .leftBrace, .semicolon: return elements(parameters: own)
    case .comma:
      if isKernel(line.dropLast()) { return parameters(own) }
      return Vocabulary.attributes.map(attribute) + activations() + elements(parameters: own)
    case .times, .plus, .minus, .star, .slash: return parameters(own)
    case .integer where isKernel(line):
      return ["max pool", "average pool"].map { keyword($0, WordHelp.layer($0.hasPrefix("max") ? "max" : "average")) }
    case .rightBracket, .rightParen:
      return [Suggestion(label: "x", kind: .keyword, help: "How often it is repeated.", template: "x ${1:2}")]
    case .word: return inPhrase(source.text(last.span), own)
    default: return []
    }
  }

  /// After a word that wants another.
  private func inPhrase(_ word: String, _ own: [String]) -> [Suggestion] {
    switch word {
    case "max", "average", "pyramid": [keyword("pool", nil)]
    case "spatial": [keyword("pyramid pool", nil)]
    case "no": [keyword("bias", WordHelp.attribute("bias")), keyword("norm", WordHelp.attribute("norm"))]
    case "norm": [keyword("batch", WordHelp.attribute("norm"))]
    case "stride", "pad", "dilation", "groups", "se", "lrn", "maxout": parameters(own)
    default: []
    }
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

  private func attribute(_ word: String) -> Suggestion {
    let template: String? =
      switch word {
      case "stride", "dilation": "\(word) ${1:2}"
      case "pad": "pad ${1:0}"
      case "groups": "groups ${1:32}"
      case "eps": "eps ${1:1e-5}"
      case "norm": "norm batch"
      case "no": "no ${1:bias}"
      default: nil
      }
    return Suggestion(label: word, kind: .property, help: WordHelp.attribute(word), template: template)
  }

  private func activations() -> [Suggestion] {
    Vocabulary.activations.map { Suggestion(label: $0, kind: .enumMember, help: WordHelp.activation($0)) }
  }

  /// What may begin a layer.
  private func elements(parameters own: [String]) -> [Suggestion] {
    let shapes: [Suggestion] = [
      ("convolution", "${1:3x3}, ${2:64}", "A convolution: kernel and width."),
      ("residual block", "[${1:3x3, 64; 3x3, 64}] x ${2:2}", "Layers, shortcut, sum and activation, repeated."),
      ("group", "(${1:3x3, 64}) x ${2:2}", "Layers without a shortcut, repeated."),
      ("max pool", "${1:3x3} max pool, stride ${2:2}", WordHelp.layer("max")),
      ("average pool", "average pool", WordHelp.layer("average")),
      ("fully connected", "${1:1000}-d fc", WordHelp.layer("fc")),
    ].map { Suggestion(label: $0.0, kind: .snippet, help: $0.2, template: $0.1) }
    let words = Vocabulary.layers.filter { !["max", "average", "fc"].contains($0) }.map { word in
      let template: String? =
        switch word {
        case "dropout": "dropout ${1:0.5}"
        case "maxout", "lrn", "se": "\(word) ${1:2}"
        case "gate": "gate(${1:3x3, 16})"
        case "spatial": "spatial pyramid pool ${1:7 3 2 1}"
        default: nil
        }
      return Suggestion(label: word, kind: .keyword, help: WordHelp.layer(word), template: template)
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
