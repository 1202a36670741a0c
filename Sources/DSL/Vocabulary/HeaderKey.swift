// The keys of the head, and what there is to say of each: one description for the parser's options, for hover and
// completion, for the colours of editors and for the table of docs/language.md.

package enum HeaderKey: String, CaseIterable, Sendable {
  case model, family, input, shortcut, stride, depth, block, norm, weights, activation, order, names, rename,
    preprocess, labels, output

  package static let allWords = allCases.map(\.rawValue)

  package var description: HeaderDescription {
    switch self {
    case .model: .model
    case .family: .family
    case .input: .input
    case .shortcut: .shortcut
    case .stride: .stride
    case .depth: .depth
    case .block: .block
    case .norm: .norm
    case .weights: .weights
    case .activation: .activation
    case .order: .order
    case .names: .names
    case .rename: .rename
    case .preprocess: .preprocess
    case .labels: .labels
    case .output: .output
    }
  }

  /// Words that may stand at a place behind it.
  package func words(_ place: HeaderDescription.Place) -> [String] {
    description.offers.first { $0.place == place }?.words ?? []
  }
}

package struct HeaderDescription: Sendable {
  /// How its line can be written and what that means; the first for all of it.
  package let lines: [Meaning]
  /// What stands behind it.
  package let content: Content
  /// Words that stand behind it.
  package let options: [Option]
  /// Where which of them may stand.
  package let offers: [Offer]
  /// Whether it declares a name instead of setting something.
  package let isDeclaration: Bool
  package let mayRepeat: Bool

  package enum Content: Sendable {
    /// Those of its options that may stand at a place.
    case words
    case numbers
    case layers
    /// A name, perhaps with parameters, `=`, and layers.
    case definition
    /// What is the author's own: names, files.
    case names
    /// Names of rows.
    case rows
  }

  package struct Option: Sendable {
    package enum Role: Sendable {
      case constant
      /// Begins a part of the line, as `crop` does.
      case step
      /// Another way to write the step before it; no word of its own.
      case form
      /// Has its meaning in layers too.
      case shared
    }
    package let word: String
    package let help: String
    package let role: Role
    /// Of a step and of its forms.
    package let meaning: Meaning?
  }

  package enum Place: Hashable, Sendable {
    case start
    case afterComma
    /// Behind a comma in a line that begins with this word.
    case afterCommaOf(String)
    case after(String)
    /// Behind the value of this word.
    case afterValueOf(String)
  }

  package struct Offer: Sendable {
    package let place: Place
    /// One or two words each.
    package let words: [String]
  }

  init(
    _ lines: [Meaning], _ content: Content, options: [Option] = [], offers: [Offer] = [], isDeclaration: Bool = false,
    mayRepeat: Bool = false
  ) {
    self.lines = lines
    self.content = content
    self.options = options
    self.offers = offers
    self.isDeclaration = isDeclaration
    self.mayRepeat = mayRepeat
  }

  /// A sentence about a word that stands behind the key.
  package func help(_ word: String) -> String? { options.first { $0.word == word }?.help }
}

extension HeaderDescription.Option {
  static func constant(_ word: String, _ help: String) -> Self {
    Self(word: word, help: help, role: .constant, meaning: nil)
  }
  static func shared(_ word: String, _ help: String) -> Self {
    Self(word: word, help: help, role: .shared, meaning: nil)
  }
  static func step(_ word: String, _ meaning: Meaning) -> Self {
    Self(word: word, help: meaning.sentence, role: .step, meaning: meaning)
  }
  static func form(_ meaning: Meaning) -> Self {
    Self(word: "", help: meaning.sentence, role: .form, meaning: meaning)
  }
}
