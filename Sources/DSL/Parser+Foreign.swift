// Where a word of another tool stands, its answer. A phrase may be several words, with spaces or hyphens between them;
// the longest that the table knows counts. What the file itself defines is never foreign.

extension Parser {
  /// The words from here on, as far as they touch the table: their text and how many tokens they are.
  struct Phrase {
    var text: String
    var span: Span
    var count: Int
  }

  /// Phrases of one to three words that begin at a token, the longest first.
  func phrases(at start: Int) -> [Phrase] {
    var result: [Phrase] = []
    var at = start
    var text = ""
    while at < tokens.count, tokens[at].kind == .word, result.count < 3, at == start || !isNumberName(at) {
      text += text.isEmpty ? source.text(tokens[at].span) : " " + source.text(tokens[at].span)
      result.append(
        Phrase(text: text, span: tokens[start].span.union(tokens[at].span), count: at + 1 - start))
      at += 1
      // 'max-pool'
      if at + 1 < tokens.count, tokens[at].kind == .minus, tokens[at].span.start == tokens[at - 1].span.end,
        tokens[at + 1].span.start == tokens[at].span.end, tokens[at + 1].kind == .word
      {
        at += 1
      }
    }
    return result.reversed()
  }

  /// `stride s`: a parameter, known or meant, which ends a phrase.
  private func isNumberName(_ at: Int) -> Bool { isDefined(text(tokens[at])) || text(tokens[at]).utf8.count == 1 }

  func phrase(at start: Int, where isMeant: (String) -> Bool) -> Phrase? {
    guard start < tokens.count, tokens[start].kind == .word, !isDefined(text(tokens[start])) else { return nil }
    return phrases(at: start).first { isMeant($0.text) }
  }

  /// A foreign word that stands at a token, also one of our own in capitals.
  func foreign(at start: Int) -> (phrase: Phrase, word: ForeignWord)? {
    guard start < tokens.count, tokens[start].kind == .word, !isDefined(text(tokens[start])) else { return nil }
    for phrase in phrases(at: start) {
      if let word = ForeignWord.element(phrase.text) {
        // 'max pool' is ours; 'max-pool' is not.
        let isOurs = word == .spelt(phrase.text) && phrase.count == phrase.text.split(separator: " ").count
        return isOurs ? nil : (phrase, word)
      }
      let lower = phrase.text.lowercased()
      if ["fc", "linear"].contains(lower), isWidthBehind(start + phrase.count) { return nil }
      if phrase.count == 1, lower != phrase.text, Vocabulary.elements.contains(lower) { return (phrase, .spelt(lower)) }
    }
    return nil
  }

  /// `Linear(512, 10)`, `FC-10`
  private func isWidthBehind(_ at: Int) -> Bool {
    switch tokens[min(at, tokens.count - 1)].kind {
    case .leftParen, .minus, .integer: true
    default: false
    }
  }

  /// Whether the file gives this word a meaning.
  func isDefined(_ word: String) -> Bool { blockNames.contains(word) || declares(word) }

  /// Answers a foreign word that stands where an element begins. The element is then beyond reading.
  mutating func foreignElement() -> Bool {
    guard let (phrase, word) = foreign(at: index) else { return false }
    let start = index
    index += phrase.count
    let call = self.call()
    if let call { index = call.end }
    report(answer(word, phrase, from: start, call))
    return true
  }

  private func answer(_ word: ForeignWord, _ phrase: Phrase, from start: Int, _ call: Call?) -> Diagnostic {
    let whole = phrase.span.union(call?.span ?? phrase.span)
    let shown = quoted(source.text(phrase.span))
    switch word {
    case .spelt(let spelling):
      var (span, text) = (whole, spelling)
      if let call {
        text = call.asLayer(spelling) ?? (call.arguments.isEmpty ? text : "")
      } else if spelling == "max pool", windowBehind == nil {
        return Diagnostic(
          .unknownName, "\(shown) is written 'max pool', after its window", at: Label(phrase.span, "over what?"),
          helps: ["write for example '3x3 max pool, stride 2'"])
      } else if spelling.hasSuffix(" pool"), let window = windowBehind {
        // 'maxpool 3x3'
        (span, text) = (span.union(window), "\(source.text(window)) \(spelling)")
      }
      return Diagnostic(
        .unknownName, "\(shown) is written '\(spelling)'",
        at: Label(phrase.span, phrase.text.lowercased() == spelling ? "in small letters" : "another tool's word"),
        fixIts: text.isEmpty || spelling.isEmpty ? [] : [FixIt("write '\(text)'", [.init(span, text)])])
    case .batch where model.header.norm?.value == Syntax.Norm.none,
      .frozen where model.header.norm?.value == Syntax.Norm.none:
      return Diagnostic(
        .unknownName, "batch normalisation is written 'norm batch' in a network whose header says 'norm none'",
        at: Label(phrase.span, "another tool's word"),
        fixIts: [FixIt("write 'norm batch'", [.init(whole, "norm batch")])])
    case .needless(let reason):
      return Diagnostic(
        .unknownName, reason, at: Label(phrase.span, "not written"), fixIts: [removal(from: start, through: whole)])
    case .absent(let name, let help):
      return Diagnostic(
        .unknownName, "the language does not have \(name)", at: Label(phrase.span, "unknown here"),
        helps: help.map { [$0] } ?? [])
    case .said(let message, let help):
      return Diagnostic(.unknownName, message, at: Label(phrase.span, "another tool's word"), helps: [help])
    }
  }

  /// `[bn; relu; 3x3, 64; ...]`: a norm with no convolution before it and one behind it. One answer for all that stands
  /// in the bracket, because without its norms it would be another network.
  mutating func preActivation(after before: [Element]) -> Bool {
    let start = index
    guard let end = normEnd, isBracketed || isPreActivated || isActivatedConvolution(end),
      before.allSatisfy(\.hasNoNorm)
    else { return false }
    isPreActivated = true
    report(preActivationDiagnostic(tokens[start].span.union(tokens[end - 1].span)))
    repeat { recover(atCommas: false) } while take(.semicolon)
    return true
  }

  /// A norm that stands before its convolution.
  func preActivationDiagnostic(_ span: Span) -> Diagnostic {
    Diagnostic(
      .misplacedAttribute, "norms before convolutions are said once for all brackets: 'order pre' in the header",
      at: Label(span, "not written out"),
      helps: [
        "write 'order pre' in the header and leave norms and activations away: '[3x3, 64; 3x3, 64]'",
        "with 'norm none' in the header no convolution brings one, and 'norm, relu' stands where it is written",
      ])
  }

  private var isBracketed: Bool { index > 0 && previous.kind.closer != nil }

  /// Behind the norm that stands here, if one does: `norm`, `norm batch`, `bn`, `BatchNorm2d(64)`.
  private var normEnd: Int? {
    if text(current) == "norm" {
      let word = text(peek())
      let end = index + (word == "group" ? 3 : Syntax.NormKind.words.contains(word) ? 2 : 1)
      // Our own word is a layer, too: behind a bracket, with an activation and a convolution behind it, it is meant so.
      return isBracketed && isActivatedConvolution(end) && model.header.norm?.value != Syntax.Norm.none ? end : nil
    }
    guard let (phrase, word) = foreign(at: index), word == .batch || word == .frozen else { return nil }
    return index + phrase.count
  }

  /// `, relu, 3x3`
  private func isActivatedConvolution(_ at: Int) -> Bool {
    let next = tokens[at...].prefix(5).filter { $0.kind != .comma && $0.kind != .semicolon }
    guard next.count > 2, ForeignWord.isActivation(text(next[0])), case .integer = next[1].kind else { return false }
    return next[2].kind == .times
  }

  /// Takes an element out of its list, with the separator that would be left over.
  private func removal(from start: Int, through span: Span) -> FixIt {
    let before = tokens[max(0, start - 1)]
    if start > 0, before.kind == .comma || before.kind == .semicolon {
      return FixIt("remove it", [.init(before.span.union(span), "")])
    }
    let isFollowed = current.kind == .comma || current.kind == .semicolon
    let end = isFollowed ? peek().span.start : span.end
    return FixIt("remove it", [.init(Span(span.start, end), "")])
  }

  /// `3x3` where a window may be meant.
  var windowBehind: Span? {
    isWindow(index) ? current.span.union(peek(2).span) : nil
  }

  func isWindow(_ at: Int) -> Bool {
    guard at + 2 < tokens.count, case .integer = tokens[at].kind, case .integer = tokens[at + 2].kind else {
      return false
    }
    return tokens[at + 1].kind == .times
  }

  /// Answers a foreign word after a key that takes one of a few words; the key's line is then beyond reading.
  mutating func foreignOption(_ key: String) -> Bool {
    for phrase in phrases(at: index) {
      let own = ForeignWord.option(of: key, phrase.text)
      guard let word = own ?? (key == "activation" ? ForeignWord.element(phrase.text) : nil) else { continue }
      let label = Label(phrase.span, "another tool's word")
      switch word {
      case .spelt(let spelling):
        report(
          Diagnostic(
            .unknownOption, "\(quoted(phrase.text)) is written '\(spelling)' after '\(key)'", at: label,
            fixIts: [FixIt("write '\(spelling)'", [.init(phrase.span, spelling)])]))
      case .absent(let name, let help):
        report(
          Diagnostic(
            .unknownOption, "the language does not have \(name)", at: Label(phrase.span, "unknown here"),
            helps: help.map { [$0] } ?? []))
      case .said(let message, let help): report(Diagnostic(.unknownOption, message, at: label, helps: [help]))
      case .needless: continue
      }
      return true
    }
    return false
  }
}

extension Syntax.Element {
  /// No norm behind it could be its own.
  fileprivate var hasNoNorm: Bool {
    if case .kept = channels { true } else { false }
  }
}
