// Branches: `{ a | b }`, side by side from one input. Their values are concatenated by channels, or what the word behind
// the brace says: `{ a | b } sum`, `{ a | b } product relu x 3`.

/// The word behind a brace.
package enum CombinerWord: String, CaseIterable, Sendable {
  case sum, product

  package var help: String {
    switch self {
    case .sum:
      "Adds the branches' values, which have one shape; then the activation that follows the word, if one does."
    case .product:
      "Multiplies two branches' values, of which one may be a single pixel or a single channel; then the activation "
        + "that follows the word, if one does."
    }
  }

  /// With how many branches it has a meaning.
  fileprivate func takes(_ branches: Int) -> Bool {
    switch self {
    case .sum: branches > 1
    case .product: branches == 2
    }
  }
}

extension Vocabulary {
  package static let identity = (
    word: "identity", help: "A branch without layers: what enters it, or its share of a split, leaves it."
  )
}

struct BranchesElement: ElementDefinition {
  var branches: [[Syntax.Element]]
  var combiner: Located<CombinerWord>?
  /// The word before the brace, where it stands: each branch reads an equal, consecutive share of the channels.
  var split: Span?

  var inner: [Syntax.Element] { branches.flatMap { $0 } }
  var noun: String { split == nil ? "'{ ... }'" : "'split { ... }'" }
  var words: [AttributeKey] { combiner == nil ? [] : [.activation] }

  var channels: Syntax.Element.Channels {
    // What an empty branch leaves is a share of what enters.
    if split != nil { return .unknown }
    return switch combiner?.value {
    case nil: .ofLists(branches)
    // All have those of the first.
    case .sum: .ofLists(Array(branches.prefix(1)))
    // Of those of the larger, which shapes tell.
    case .product: .unknown
    }
  }

  var outline: String? {
    (split == nil ? "" : "split ") + "{ ... | ... }" + (combiner.map { " \($0.value.rawValue)" } ?? "")
  }

  func help(in model: SourceModel) -> String? {
    let read = split == nil ? "what enters" : "an equal, consecutive share of the channels"
    return switch combiner?.value {
    case nil: "branches: each reads \(read), and their values are concatenated by channels."
    case .sum: "branches: each reads \(read), and their values are added."
    case .product:
      "branches: each reads \(read), and their values are multiplied; a single pixel or a single channel meets all of the "
        + "other's."
    }
  }

  func check(_ span: Span, _ checker: inout Checker) -> Bool {
    checkCarry(&checker)
    if let split, branches.count == 1 {
      checker.sink.report(
        Diagnostic(
          .branchCount, "a split has at least two branches, not 1", at: Label(split, "into one?"),
          helps: ["write 'identity' for a share that stays as it is: 'split { identity | ... }'"]))
      return true
    }
    for case .some(let begin) in branches.map(\.first) where split != nil {
      guard case .source = begin.kind else { continue }
      checker.sink.report(
        Diagnostic(
          .unexpectedToken, "a branch of a split reads its share of the channels, and no row",
          at: Label(begin.span, "something enters here already"),
          helps: ["write '{ ... }' without 'split' for branches of which one reads a row"]))
    }
    guard let combiner, !combiner.value.takes(branches.count) else { return true }
    let needs = combiner.value == .sum ? "at least two branches" : "two branches"
    checker.sink.report(
      Diagnostic(
        .branchCount, "a \(combiner.value.rawValue) has \(needs), not \(branches.count)",
        at: Label(combiner.span, branches.count == 1 ? "of one branch" : "of \(branches.count) branches"),
        helps: branches.count == 1 ? ["write 'identity' for a branch that is what enters: '{ identity | ... }'"] : []))
    return true
  }

  func pieces(_ element: Syntax.Element, _ resolver: inout Resolver, _ scope: Resolver.Scope) -> [Resolver.Piece] {
    // All of them, because each may hold a mistake.
    var lists = branches.map { resolver.branch($0, scope, element.span) }
    if let split {
      let count = lists.count
      for index in lists.indices { lists[index]?.insert(Layer(.share(index, of: count), span: split), at: 0) }
    }
    guard !lists.contains(nil) else { return [] }
    let activation = resolver.attributes(element.attributes, scope).activation ?? .linear
    let joined: Combiner =
      switch combiner?.value {
      case nil: .concatenation
      case .sum: .sum(activation)
      case .product: .product(activation)
      }
    let layer = Layer(.branches(lists.compactMap { $0 }, joined), span: element.span)
    if let combiner { resolver.checkEnds(of: layer, before: "the \(combiner.value.rawValue)") }
    return [.layer(layer)]
  }
}

extension Parser {
  /// combiner = "sum" | "product"
  mutating func combiner() -> Located<CombinerWord>? {
    if let word = CombinerWord(rawValue: text(current)) { return Located(word, advance().span) }
    guard previous.span.end < current.span.start, let phrase = phrase(at: index, where: ForeignWord.isCombiner),
      let answer = ForeignWord.combiner(phrase.text)
    else { return nil }
    index += phrase.count
    let shown = quoted(source.text(phrase.span))
    guard case .spelt(let spelling) = answer, let word = CombinerWord(rawValue: spelling) else {
      let place = Span(tokens[index - phrase.count - 1].span.end, phrase.span.end)
      report(
        Diagnostic(
          .unknownName, "branches are concatenated where no word follows them", at: Label(phrase.span, "not written"),
          fixIts: [FixIt("remove it", [.init(place, "")])]))
      return nil
    }
    report(
      Diagnostic(
        .unknownName, "\(shown) is written '\(spelling)' behind branches",
        at: Label(phrase.span, "another tool's word"),
        fixIts: [FixIt("write '\(spelling)'", [.init(phrase.span, spelling)])]))
    return Located(word, phrase.span)
  }
}

extension Parser {
  /// `sum` where no brace stands before it.
  mutating func misplaced(_ combiner: CombinerWord, at span: Span) {
    let isBehindResidual = index > 1 && tokens[index - 2].kind == .rightBracket
    report(
      Diagnostic(
        .misplacedAttribute, "'\(combiner.rawValue)' stands behind the brace of branches",
        at: Label(span, "no branches before it"),
        helps: [
          isBehindResidual && combiner == .sum
            ? "'[ ... ]' adds its input to what its layers give by itself"
            : "write the branches in braces: '{ 3x3, 64, linear | 1x1, 64, linear } \(combiner.rawValue)'"
        ]))
  }

  /// `{ ... } sum, relu x 3`: what a repeat repeats has no comma. Whether it was that.
  mutating func isRepeatBehindComma() -> Bool {
    guard let comma = tokens[..<index].lastIndex(where: { $0.kind == .comma }), comma > 0,
      Vocabulary.activations.contains(text(tokens[comma + 1])), index - comma <= 4,
      tokens[comma - 1].kind == .rightBracket || CombinerWord(rawValue: text(tokens[comma - 1])) != nil
    else { return false }
    report(
      Diagnostic(
        .misplacedRepeat, "what stands between a bracket and its repeat has no comma",
        at: Label(tokens[comma].span, "not written"), secondary: [Label(current.span, "the repeat")],
        fixIts: [FixIt("remove it", [.init(tokens[comma].span, "")])]))
    return true
  }
}

extension Snippet {
  static let branches = Snippet(
    "branches", "{ ${1:1x1, 64} | ${2:3x3, 64} }", "Layers side by side, their values concatenated by channels.")
}
