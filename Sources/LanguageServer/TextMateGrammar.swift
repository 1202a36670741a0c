// The grammar with which editors that read TextMate's colour a file, made of the descriptions of the language, so that a
// new word has its colour. `resnetc grammar` prints it.
import Foundation
import ResNetDSL

package enum TextMateGrammar {
  /// As JSON, with a final newline.
  package static var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // Strings only: there is nothing that cannot be encoded.
    return (try? encoder.encode(grammar)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
  }

  private struct Grammar: Encodable {
    let name = "Residual network"
    let scopeName = "source.rn"
    let fileTypes = ["rn"]
    var patterns: [Rule]
    var repository: [String: Rule]
  }

  /// What the grammars of TextMate are made of; members that are not set are left out.
  private struct Rule: Encodable {
    struct Capture: Encodable { var name: String }
    var name: String?
    var match: String?
    var begin: String?
    var beginCaptures: [String: Capture]?
    var captures: [String: Capture]?
    var end: String?
    var include: String?
    var patterns: [Rule]?

    static func include(_ name: String) -> Rule { Rule(include: "#" + name) }

    static func word(_ scope: String, _ match: String) -> Rule { Rule(name: scope + ".rn", match: match) }

    /// A line, up to its end.
    static func line(_ begin: String, _ captures: [String], _ patterns: [Rule]) -> Rule {
      Rule(begin: begin, beginCaptures: named(captures), end: "$", patterns: [include("comment")] + patterns)
    }

    static func named(_ captures: [String]) -> [String: Capture] {
      Dictionary(uniqueKeysWithValues: captures.enumerated().map { ("\($0 + 1)", Capture(name: $1 + ".rn")) })
    }
  }

  private static let grammar = Grammar(
    patterns: ["comment", "model", "block", "header", "columns", "row", "layers"].map(Rule.include),
    repository: [
      "comment": .word("comment.line.number-sign", "#.*$"),
      "model": model, "block": block, "header": header, "columns": columns, "row": row, "layers": layers,
      "numbers": numbers, "names": names,
    ])

  // MARK: Lines

  private static let name = "[A-Za-z_][A-Za-z0-9_]*"
  private static let space = "[ \\t]+"
  private static let anySpace = "[ \\t]*"

  private static let model = Rule.line(
    "^[ \\t\\x{FEFF}]*(model|family)\\b\(anySpace)(\(name))?", ["keyword.declaration", "entity.name.type"],
    [
      Rule(
        match: "(\(name))\(anySpace)(=)",
        captures: Rule.named(["variable.parameter", "keyword.operator.assignment"])),
      .include("numbers"), .include("names"),
    ])

  private static let block = Rule.line(
    "^\(anySpace)(block)\\b\(anySpace)(\(name))?\(anySpace)(?:(\\()([^)=#]*)(\\)))?\(anySpace)(=)?",
    [
      "keyword.declaration", "entity.name.function", "punctuation.section.parens", "variable.parameter",
      "punctuation.section.parens", "keyword.operator.assignment",
    ], [.include("layers")])

  private static let header = Rule.line(
    "^\(anySpace)(\(alternatives(HeaderKey.allCases.filter { !$0.description.isDeclaration }.map(\.rawValue))))\\b",
    ["keyword.control"],
    [
      .word("string.quoted.double", "\"[^\"]*\"?"),
      .word("constant.language", "\\b(\(alternatives(options(.constant))))\\b"),
      .word("keyword.other", "\\b(\(alternatives(options(.step))))\\b"), .include("layers"),
    ])

  private static let columns = Rule.line(
    "^\(anySpace)(\\|)", ["punctuation.separator.table"],
    [.word("punctuation.separator.table", "\\|"), .word("entity.name.tag", "[A-Za-z0-9_]+")])

  /// A name, and the size that may follow it. Three numbers, or two before a comma, are a kernel; so are two before a
  /// pool, unless they are 1x1 before one of the whole map.
  private static let row: Rule = {
    let times = "\(anySpace)[x×]\(anySpace)"
    let pools = alternatives(LayerWord.windowed.map { $0.word + "\\b" })
    let wholeMap = LayerWord.windowed.filter(\.poolsWholeMap).map { ([$0.word] + $0.tail).joined(separator: space) }
    let one = "1\(times)1(?=\(space)(?:\(alternatives(wholeMap)))\\b)"
    let other = "[0-9]+\(times)[0-9]+(?![0-9]|\(anySpace)(?:[,;x×]|(?:\(pools))(?!\(space)pool\(space)to\\b)))"
    return .line(
      "^\(anySpace)(\(name))(?:\(space)(\(one)|\(other)))?", ["entity.name.section", "constant.other.size"],
      [.include("layers")])
  }()

  // MARK: Words

  private static let layers = Rule(patterns: [
    .word("support.function.layer", "\\b(?:\(alternatives(layerWords)))\\b"),
    .word("support.function.activation", "\\b(\(alternatives(Vocabulary.activations)))\\b"),
    .word("storage.modifier", "\\b(?:\(alternatives(attributeWords)))\\b"),
    .word("keyword.other.same", "\\b(?:same|\(Vocabulary.source.word)|\(Vocabulary.auxiliary.word))\\b"),
    Rule(
      match: "(\\})\(anySpace)(\(alternatives(CombinerWord.allCases.map(\.rawValue))))\\b",
      captures: Rule.named(["punctuation.section.parens", "keyword.operator.combiner"])),
    .word("punctuation.separator.table", "\\|"),
    .word("punctuation.separator", "[,;]"),
    .word("punctuation.section.brackets", "[\\[\\]]"),
    .word("punctuation.section.parens", "[(){}]"),
    .include("numbers"), .include("names"),
  ])

  private static let numbers = Rule(patterns: [
    .word("constant.numeric", "[0-9]+(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"),
    .word("keyword.operator.times", "×|(?<=[0-9])x|x(?=[0-9]*(?![A-Za-z0-9_]))"),
    .word("keyword.operator.arithmetic", "[-+*/=]"),
  ])

  private static let names = Rule(patterns: [
    .word("entity.name.function", "(\(name))(?=\(anySpace)\\()"), .word("variable.other", name),
  ])

  /// Phrases first: those of one tail together, then the tails' last words alone, then single words.
  private static var layerWords: [String] {
    let phrases = LayerWord.all.filter { !$0.tail.isEmpty }
    let tails = unique(phrases.map(\.tail))
    let longest = tails.map { tail -> String in
      let words = phrases.filter { $0.tail == tail }.map(\.word)
      let first = words.count == 1 ? words[0] : "(?:\(alternatives(words)))"
      return first + tail.reversed().reduce("") { "(?:\(space)\($1)\($0))?" }
    }
    let single = LayerWord.all.filter(\.tail.isEmpty).flatMap { layer in
      (layer.lead.map { [$0 + space + layer.word] } ?? []) + [layer.word]
    }
    return longest + unique(tails.compactMap(\.last)) + single
  }

  private static var attributeWords: [String] {
    AttributeWord.all.map { attribute in
      switch attribute.options.count {
      case 0: attribute.word
      case 1: attribute.word + "(?:\(space)\(attribute.options[0].word))?"
      default: attribute.word + "(?:\(space)(?:\(alternatives(attribute.options.map(\.word)))))?"
      }
    }
  }

  /// Words behind the keys, those right behind them first.
  private static func options(_ role: HeaderDescription.Option.Role) -> [String] {
    let descriptions = HeaderKey.allCases.map(\.description)
    func words(_ isMeant: (HeaderDescription.Place) -> Bool) -> [String] {
      descriptions.flatMap { description in
        description.offers.filter { isMeant($0.place) }.flatMap(\.words).flatMap { $0.split(separator: " ") }
          .map(String.init).filter { word in description.options.contains { $0.word == word && $0.role == role } }
      }
    }
    return unique(words { $0 == .start } + words { $0 != .start })
  }

  private static func alternatives(_ words: [String]) -> String { words.joined(separator: "|") }

  /// Each once, where it stands first.
  private static func unique<Word: Hashable>(_ words: [Word]) -> [Word] {
    var seen: Set<Word> = []
    return words.filter { seen.insert($0).inserted }
  }
}
