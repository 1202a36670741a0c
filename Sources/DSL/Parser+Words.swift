// Layers that begin with a word of their own, and names of definitions.

extension Parser {
  mutating func worded() -> Element.Kind? {
    let token = advance()
    let word = source.text(token.span)
    if let activation = Activation.beginning(with: word) { return self.activation(activation).map { .activation($0) } }
    if word == "norm" {
      guard Syntax.NormKind.words.contains(text(current)) else { return .norm(nil) }
      return normKind().map { .norm($0) }
    }
    if word == Vocabulary.source.word {
      misplacedSource(token)
      return nil
    }
    if let combiner = CombinerWord(rawValue: word), !isDefined(word) {
      misplaced(combiner, at: token.span)
      return nil
    }
    guard let layer = LayerWord.named(word) else { return reference(Located(word, token.span)) }
    return layer.read(&self, token)
  }
}
