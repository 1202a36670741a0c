// Every word of the language, hovered over where it has its meaning: each says which word it is, and what it means. The lists
// are the language's own, so a new word that nothing here shows in its place is a failure.

import Foundation
import ResNetDSL
import Testing

@testable import ResNetLanguageServer

struct VocabularyHoverTests {
  /// What is said behind the `^` of a text.
  private func said(_ marked: String, mayHaveErrors: Bool = false) throws -> String {
    let marker = try #require(marked.utf8.firstIndex(of: UInt8(ascii: "^")))
    let text = String(decoding: marked.utf8.filter { $0 != UInt8(ascii: "^") }, as: UTF8.self)
    let reading = Reading(SourceFile(name: "test.rn", text: text))
    try #require(mayHaveErrors || !reading.findings.hasErrors, "\(text): \(reading.findings.all.map(\.message))")
    return try #require(reading.hover(at: marked.utf8.distance(from: marked.utf8.startIndex, to: marker)), "\(marked)")
      .text
  }

  private func hover(_ row: String) throws -> String {
    let head = row.contains("softmax") ? "" : "head 1x1 average pool, 4-d fc\n"
    return try said("model Net\ninput 3 x 8 x 8\nconv1 8x8 3x3, 8\n\(row)\n\(head)")
  }

  /// Its first line names the word as code, and then says something of it.
  private func expect(
    _ text: String, names word: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let line = try #require(text.split(separator: "\n").first)
    let parts = line.split(separator: "`", maxSplits: 2, omittingEmptySubsequences: false)
    try #require(parts.count == 3, "\(word): \(line)", sourceLocation: sourceLocation)
    let words = parts[1].split { !$0.isLetter && $0 != "_" && !$0.isNumber }
    #expect(parts[0].isEmpty && words.contains(Substring(word)), "\(word): \(line)", sourceLocation: sourceLocation)
    #expect(parts[2].hasPrefix(": ") && parts[2].count > 10, "\(word): \(line)", sourceLocation: sourceLocation)
  }

  private static let layers = [
    "max": "a 4x4 2x2 ^max pool", "average": "a 4x4 2x2 ^average pool",
    "softmax": "a 3x3, 8\nlast average pool, ^softmax",
    "dropout": "a ^dropout 0.5", "maxout": "a 3x3, 8, linear; ^maxout 2", "shuffle": "a ^shuffle 2",
    "split": "a ^split { identity | 1x1, 4 }", "lrn": "a ^lrn 5", "se": "a ^se /4", "eca": "a ^eca",
    "gate": "a ^gate(3x3, 8)", "spatial": "a ^spatial pyramid pool 2 1", "upsample": "a 16x16 ^upsample 2",
    "fc": "a 4-d ^fc, relu",
  ]

  private static let attributes = [
    "stride": "a 3x3, 8, ^stride 2", "pad": "a 3x3, 8, ^pad 1", "dilation": "a 3x3, 8, ^dilation 2",
    "groups": "a 3x3, 8, ^groups 2", "depthwise": "a 3x3, 8, ^depthwise", "bias": "a 3x3, 8, ^bias",
    "no": "a 3x3, 8, ^no norm", "norm": "a 3x3, 8, ^norm batch", "eps": "a 3x3, 8, ^eps 1e-3",
    "weights": "a 3x3, 8, ^weights standardized", "ceil": "a 3x3 max pool, stride 2, ^ceil",
    "counted": "a 3x3 average pool, stride 2, ^counted", "uncounted": "a 3x3 average pool, stride 2, ^uncounted",
    "alpha": "a lrn 5, ^alpha 1e-4", "beta": "a lrn 5, ^beta 0.5", "k": "a lrn 5, ^k 2",
  ]

  /// Words of other places.
  private static let others = [
    ("identity", "a { ^identity | 1x1, 8 }"), ("sum", "a { 1x1, 8, linear | 3x3, 8, linear } ^sum"),
    ("product", "a { 1x1, 8, linear | 3x3, 8, linear } ^product"), ("norm", "a 3x3, 8, linear; ^norm"),
    ("norm", "a 3x3, 8, linear; ^norm layer"),
    ("scale", "a [3x3, 8] ^scale"), ("survival", "a [3x3, 8] ^survival 0.5"), ("shortcut", "a [3x3, 8] ^shortcut C"),
    ("from", "a ^from conv1; 1x1, 8"), ("pool", "a max ^pool"), ("max", "a ^max pool to 4x4"),
    ("average", "a ^average pool to 4x4"), ("pool", "a 4x4 average pool ^to 4x4"),
    ("pyramid", "a spatial ^pyramid pool 2 1"),
    ("aux", "a 1x1 ^aux from conv1; average pool, 4-d fc\nb 1x1, 8"),
    ("bilinear", "a 16x16 upsample 2 ^bilinear"), ("nearest", "a 16x16 upsample 2 ^nearest"),
    ("bias", "a 3x3, 8, no ^bias"), ("same", "a 3x3, 8, pad ^same"), ("d", "a 4-^d fc, relu"),
    ("+", "a { 1x1, 8 | ^+ 1x1, 8 }"),
  ]

  @Test func layers() throws {
    #expect(Set(Self.layers.keys) == Set(Vocabulary.layers))
    for (word, row) in Self.layers.sorted(by: { $0.key < $1.key }) { try expect(try hover(row), names: word) }
  }

  @Test func attributes() throws {
    #expect(Set(Self.attributes.keys) == Set(AttributeWord.all.map(\.word)))
    for (word, row) in Self.attributes.sorted(by: { $0.key < $1.key }) { try expect(try hover(row), names: word) }
  }

  /// Whatever an activation stands behind.
  @Test func activations() throws {
    for activation in Activation.allCases {
      let rows = [
        "a 3x3, 8, ^", "a 3x3, 8, linear; ^", "a [3x3, 8] ^", "a { 1x1, 8, linear | identity } sum ^",
        "a 3x3, 8, linear; norm, ^",
        "a gate(3x3, 8, ^",
      ]
      for row in rows {
        let close = row.contains("gate(") ? ")" : ""
        let text = try hover(row + activation.phrase + close)
        #expect(text.contains(activation.help), "\(row)\(activation.phrase): \(text)")
        try expect(text, names: activation.word)
      }
    }
  }

  @Test func otherWords() throws {
    for (word, row) in Self.others where word != "+" { try expect(try hover(row), names: word) }
    let carry = try #require(Self.others.first { $0.0 == "+" })
    #expect(try hover(carry.1).hasPrefix("`+`: "))
    // A word that nothing else may be called is shown somewhere.
    let shown = Set(Self.others.map(\.0)).union(Vocabulary.elements).union(["x"])
    #expect(Vocabulary.reserved.subtracting(shown) == [])
  }

  /// The words behind the keys of the header, and those of the input pipeline, in lines that hold them all.
  @Test func header() throws {
    let lines = [
      HeaderKey.shortcut: [
        "A, pad end", "A, pad both", "B, bias", "B, no bias", "C, average pool", "identity", "none",
      ],
      .stride: ["on first"], .norm: ["batch, eps 1e-3", "layer", "group 2", "none"],
      .weights: ["standardized, eps 1e-3", "plain"], .activation: Activation.allCases.map(\.phrase),
      .order: ["pre", "post"], .names: TensorNames.allCases.map(\.rawValue),
      .preprocess: [
        "orient, square, fill 1 2 3, resize 8 bilinear no antialias, crop 8, bgr, range 0 1",
        "mean 0.1 0.2 0.3, std 1 1 1",
        "resize 8 fit nearest, crop 8", "resize 8 cover box, crop 8", "resize 8 hamming, crop 8",
        "resize 8 bicubic, crop 8",
        "resize 8x8 lanczos, crop none",
      ],
    ]
    for key in HeaderKey.allCases where !key.description.options.isEmpty {
      let written = try #require(lines[key], "\(key)").map { "\(key.rawValue) \($0)" }
      for option in key.description.options where !option.word.isEmpty && option.role != .form {
        let first = option.word.split(separator: " ")[0]
        let line = try #require(
          written.first { line in
            line.split { " ,".contains($0) }.dropFirst().contains(first)
              && (option.word == String(first) || line.contains(option.word))
          }, "\(key) \(option.word)")
        let start = try #require(line.dropFirst(key.rawValue.count).firstRange(of: option.word)).lowerBound
        let marked = line[..<start] + "^" + line[start...]
        try expect(try said("model Net\ninput 3 x 8 x 8\n\(marked)\nconv1 8x8 3x3, 8\n"), names: String(first))
      }
    }
  }

  @Test func keys() throws {
    for key in HeaderKey.allCases {
      let begin = key == .model || key == .family ? "" : "model Net\n"
      let text = try said("\(begin)^\(key.rawValue) Net\n", mayHaveErrors: true)
      #expect(text.contains("`\(key.rawValue)"), "\(text)")
    }
  }
}
