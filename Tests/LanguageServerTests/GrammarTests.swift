// The TextMate grammar, read as an editor reads it: a small tokeniser for the features that it uses, with Foundation's
// regular expressions in place of Oniguruma's, which they resemble. It is held against the parser.

import Foundation
import Testing

@testable import ResNetDSL
@testable import ResNetLanguageServer

struct GrammarTests {
  private struct Grammar: Decodable {
    var scopeName: String
    var patterns: [Rule]
    var repository: [String: Rule]
  }

  private struct Rule: Decodable {
    struct Capture: Decodable { var name: String }
    var name: String?
    var match: String?
    var begin: String?
    var end: String?
    var include: String?
    var captures: [String: Capture]?
    var beginCaptures: [String: Capture]?
    var patterns: [Rule]?
  }

  private let grammar: Grammar

  init() throws {
    grammar = try JSONDecoder().decode(Grammar.self, from: Data(TextMateGrammar.text.utf8))
  }

  // MARK: Reading

  /// Rules that can match something, includes followed.
  private func rules(_ rules: [Rule]) throws -> [Rule] {
    try rules.flatMap { rule -> [Rule] in
      if let include = rule.include {
        return try self.rules([try #require(grammar.repository[String(include.dropFirst())], "\(include)")])
      }
      return rule.match == nil && rule.begin == nil ? try self.rules(rule.patterns ?? []) : [rule]
    }
  }

  /// For each UTF-16 unit of a line its innermost scope. Every rule with a begin ends with its line.
  private func scopes(_ line: String) throws -> [String] {
    var result = [String](repeating: "", count: line.utf16.count)
    var active = try rules(grammar.patterns)
    var at = 0
    while at < result.count {
      let rest = NSRange(at..<result.count)
      var best: (rule: Rule, match: NSTextCheckingResult)?
      for rule in active {
        let expression = try NSRegularExpression(pattern: rule.match ?? rule.begin ?? "")
        let options: NSRegularExpression.MatchingOptions = [.withTransparentBounds, .withoutAnchoringBounds]
        guard let match = expression.firstMatch(in: line, options: options, range: rest), match.range.length > 0 else {
          continue
        }
        if match.range.location < best?.match.range.location ?? .max { best = (rule, match) }
      }
      guard let (rule, match) = best else { break }
      if let name = rule.name { for unit in Range(match.range) ?? 0..<0 { result[unit] = name } }
      for (index, capture) in (rule.captures ?? rule.beginCaptures ?? [:]).sorted(by: { $0.key < $1.key }) {
        for unit in Range(match.range(at: try #require(Int(index)))) ?? 0..<0 { result[unit] = capture.name }
      }
      at = match.range.location + match.range.length
      if rule.begin != nil {
        #expect(rule.end == "$")
        active = try rules(rule.patterns ?? [])
      }
    }
    return result
  }

  /// Words with their scopes: `7x7` is three.
  private func words(_ line: String) throws -> [String] {
    let scopes = try scopes(line)
    let units = Array(line.utf16)
    var sink = Diagnostics()
    return Lexer.tokens(of: SourceFile(name: "", text: line), &sink).filter { !$0.kind.endsLine }.map { token in
      let text = String(decoding: units[token.span.start..<token.span.end], as: UTF16.self)
      let scope = Set(scopes[token.span.start..<token.span.end]).sorted().joined(separator: "+")
      return "\(text) \(scope.replacing(".rn", with: ""))"
    }
  }

  // MARK: Tests

  @Test func everyExpressionCompiles() throws {
    func check(_ rule: Rule) throws {
      for pattern in [rule.match, rule.begin, rule.end].compactMap({ $0 }) {
        let groups = try NSRegularExpression(pattern: pattern).numberOfCaptureGroups
        let captures = pattern == rule.end ? [] : (rule.captures ?? rule.beginCaptures ?? [:]).keys.compactMap(Int.init)
        #expect(captures.allSatisfy { $0 <= groups }, "\(pattern)")
      }
      for inner in rule.patterns ?? [] { try check(inner) }
    }
    #expect(grammar.scopeName == "source.rn")
    for rule in grammar.patterns + grammar.repository.values { try check(rule) }
  }

  /// The same text every time, with a newline at its end.
  @Test func textIsStable() {
    #expect(TextMateGrammar.text == TextMateGrammar.text)
    #expect(TextMateGrammar.text.hasSuffix("}\n"))
  }

  @Test func everyWordHasItsColour() throws {
    for key in HeaderKey.allWords {
      #expect(try words("\(key) Net").first?.hasPrefix("\(key) keyword.") == true, "\(key)")
    }
    for word in Vocabulary.activations {
      #expect(try words("s 3x3, 8, \(word)").last == "\(word) support.function.activation")
      #expect(try words("activation \(word)").last == "\(word) support.function.activation")
    }
    for word in Vocabulary.layers {
      #expect(try words("s 3x3, 8; \(word)").last == "\(word) support.function.layer")
    }
    for word in Vocabulary.attributes {
      #expect(try words("s 3x3, 8, \(word)").last == "\(word) storage.modifier")
    }
    for word in ["same", "pool", "pyramid"] {
      #expect(try words("s \(word == "pyramid" ? "spatial pyramid" : word)").last?.contains("variable") == false)
    }
    for option in [
      "shortcut A", "shortcut B", "shortcut C", "shortcut none", "shortcut A, pad end", "shortcut A, pad both",
      "stride on", "stride on first", "norm batch", "norm none", "order post", "order pre",
      "preprocess resize 256 bilinear", "preprocess resize 256 bicubic", "preprocess resize 256 lanczos",
      "preprocess resize 256 fit", "preprocess resize 256 no antialias", "preprocess crop none",
    ] { #expect(try words(option).last?.hasSuffix(" constant.language") == true, "\(option)") }
    for step in HeaderKey.preprocess.words(.start) {
      #expect(try words("preprocess \(step)").last == "\(step) keyword.other")
    }
  }

  @Test func linesAreTakenApart() throws {
    #expect(
      try words("conv2_x 56x56 [1x1, w; 3x3, 64] x 3 # x") == [
        "conv2_x entity.name.section", "56 constant.other.size", "x constant.other.size", "56 constant.other.size",
        "[ punctuation.section.brackets", "1 constant.numeric", "x keyword.operator.times", "1 constant.numeric",
        ", punctuation.separator", "w variable.other", "; punctuation.separator", "3 constant.numeric",
        "x keyword.operator.times", "3 constant.numeric", ", punctuation.separator", "64 constant.numeric",
        "] punctuation.section.brackets", "x keyword.operator.times", "3 constant.numeric",
      ])
    #expect(
      try words("head 1x1 average pool, 1000-d fc").suffix(7) == [
        "average support.function.layer", "pool support.function.layer", ", punctuation.separator",
        "1000 constant.numeric", "- keyword.operator.arithmetic", "d support.function.layer",
        "fc support.function.layer",
      ])
    #expect(
      try words("block basic(w, n) = [kxk, 3n] x3") == [
        "block keyword.declaration", "basic entity.name.function", "( punctuation.section.parens",
        "w variable.parameter", ", variable.parameter", "n variable.parameter", ") punctuation.section.parens",
        "= keyword.operator.assignment", "[ punctuation.section.brackets", "kxk variable.other",
        ", punctuation.separator", "3 constant.numeric", "n variable.other", "] punctuation.section.brackets",
        "x keyword.operator.times", "3 constant.numeric",
      ])
    #expect(
      try words("family Net(n = 3)") == [
        "family keyword.declaration", "Net entity.name.type", "( ", "n variable.parameter",
        "= keyword.operator.assignment", "3 constant.numeric", ") ",
      ])
    #expect(try words("labels \"a # b\"").last == "\"a # b\" string.quoted.double")
    #expect(try scopes("s 3x3, 8 # 64").suffix(4).allSatisfy { $0 == "comment.line.number-sign.rn" })
  }

  /// Sizes, names, keys and columns are what the parser takes for them, in every model.
  @Test func modelsAreReadAsTheParserReadsThem() throws {
    for text in try modelTexts() {
      let source = SourceFile(name: "model.rn", text: text)
      var sink = Diagnostics()
      let model = try #require(parse(source, &sink))
      var scopes: [String] = []
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        scopes += try self.scopes(String(line)) + [""]
      }
      // Offsets of UTF-8 are those of UTF-16: models are ASCII.
      #expect(text.utf8.count == text.utf16.count)
      func scope(_ span: Span) -> String { Set(scopes[span.start..<span.end]).joined(separator: "+") }
      for row in model.rows {
        #expect(scope(row.name.span) == "entity.name.section.rn")
        if let size = row.size {
          #expect(scope(size.span).hasPrefix("constant.other.size.rn"), "\(source.text(size.span))")
        }
      }
      #expect(scope(model.name.span) == "entity.name.type.rn")
      for key in model.header.keys { #expect(scope(key.span).hasPrefix("keyword.")) }
      for column in model.columns { #expect(scope(column.span) == "entity.name.tag.rn") }
      for token in Lexer.tokens(of: source, &sink) where !token.kind.endsLine && token.kind != .leftParen {
        #expect(!scope(token.span).isEmpty || token.kind == .rightParen, "\(source.text(token.span))")
      }
      for (index, byte) in text.utf8.enumerated() where byte == UInt8(ascii: "#") {
        #expect(scopes[index] == "comment.line.number-sign.rn")
      }
    }
  }
}
