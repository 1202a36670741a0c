// Words that begin a layer, and what completion writes for layers that begin with none. Each is declared in the file of
// its element and stands in one list here.

package struct LayerWord: Sendable {
  package let word: String
  /// A word that stands before it: `d` of `1000-d fc`.
  package let lead: String?
  /// Words that follow it: `pyramid pool` of `spatial`.
  package let tail: [String]
  /// A sentence about it.
  package let help: String
  /// What completion writes; `nil` where a snippet does.
  package let template: String?
  /// Whether a whole number follows, which may be a parameter.
  package let takesNumber: Bool
  /// Whether it is a layer without a window, too.
  package let poolsWholeMap: Bool
  /// The layer that it and its tail are behind a window.
  let windowed: Windowed?
  /// Reads on behind the word, which is the token.
  let read: Reader

  typealias Windowed = @Sendable (Syntax.Dimensions) -> Syntax.Element.Kind
  typealias Reader = @Sendable (inout Parser, Token) -> Syntax.Element.Kind?

  init(
    _ word: String, lead: String? = nil, tail: [String] = [], _ help: String, template: String? = nil,
    takesNumber: Bool = false, windowed: Windowed? = nil, poolsWholeMap: Bool = false, read: @escaping Reader
  ) {
    self.word = word
    self.lead = lead
    self.tail = tail
    self.help = help
    self.template = template
    self.takesNumber = takesNumber
    self.poolsWholeMap = poolsWholeMap
    self.windowed = windowed
    self.read = read
  }

  /// Of equally near words, did-you-mean takes the first.
  package static let all: [LayerWord] = [
    .max, .average, .softmax, .dropout, .maxout, .shuffle, .split, .localResponseNorm, .squeezeExcitation,
    .channelAttention, .gate, .spatial, .upsample, .fullyConnected,
  ]

  /// Those that may stand behind a window.
  package static let windowed = all.filter { $0.windowed != nil }

  package static func named(_ word: String) -> LayerWord? { all.first { $0.word == word } }

  /// `max pool`
  package var phrase: String { ([word] + tail).joined(separator: " ") }
}

/// What completion writes for a layer, `${1:default}` where something is to be filled in.
package struct Snippet: Sendable {
  package let label: String
  package let template: String
  package let help: String

  init(_ label: String, _ template: String, _ help: String) {
    self.label = label
    self.template = template
    self.help = help
  }

  package static let all: [Snippet] = [
    .convolution, .residualBlock, .group, .branches, .norm, .maxPool, .averagePool, .fullyConnected,
  ]
}
