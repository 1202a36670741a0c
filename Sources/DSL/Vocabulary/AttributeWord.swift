// Words that begin an attribute. Each is declared in the file of its attribute and stands in one list here; activations,
// which begin layers too, have theirs in Elements/ActivationElement.swift.

package struct AttributeWord: Sendable {
  package let word: String
  /// A sentence about it.
  package let help: String
  /// What completion writes, `${1:default}` where something is to be filled in; `nil` for the word alone.
  package let template: String?
  /// Words that may follow, each with a sentence.
  package let options: [(word: String, help: String)]
  /// Whether a whole number follows, which may be a parameter.
  package let takesNumber: Bool
  /// Whether it answers a `=` behind itself in its own way.
  let answersEquals: Bool
  /// The layer behind which alone it is a word; elsewhere it is a name like others. Most are words everywhere.
  package let layer: LayerWord?
  /// The attribute that it begins, if it is always the same.
  let key: AttributeKey?
  /// Reads on behind the word.
  let read: Reader

  typealias Reader = @Sendable (inout Parser) -> Syntax.Attribute.Kind?

  /// Its sentence is the key's, where it has no other.
  init(
    _ word: String, _ key: AttributeKey?, help: String? = nil, template: String? = nil,
    options: [(word: String, help: String)] = [], takesNumber: Bool = false, answersEquals: Bool = false,
    behind layer: LayerWord? = nil, read: @escaping Reader
  ) {
    self.word = word
    self.help = help ?? key?.meaning.sentence ?? ""
    self.template = template
    self.options = options
    self.takesNumber = takesNumber
    self.answersEquals = answersEquals
    self.layer = layer
    self.key = key
    self.read = read
  }

  /// Of equally near words, did-you-mean takes the first.
  package static let all: [AttributeWord] = [
    .stride, .pad, .dilation, .groups, .depthwise, .bias, .no, .norm, .epsilon, .weights, .ceil, .counted, .uncounted,
    .alpha, .beta, .k,
  ]

  package static func named(_ word: String) -> AttributeWord? { all.first { $0.word == word } }
}
