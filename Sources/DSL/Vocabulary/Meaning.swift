// What something of the language means: a line of a table in docs/language.md, and a sentence where an editor asks.

package struct Meaning: Sendable {
  /// As the page shows it, with its marks: "`pad 1`, `pad 0x3`".
  package let spelling: String
  /// Begins small, ends without a full stop.
  package let text: String
  /// What holds where it is not written; `nil` where nothing does.
  package let standard: String?
  package let isRequired: Bool

  init(_ spelling: String, _ text: String, default standard: String? = nil, isRequired: Bool = false) {
    self.spelling = spelling
    self.text = text
    self.standard = standard
    self.isRequired = isRequired
  }

  package var sentence: String {
    text.prefix(1).uppercased() + text.dropFirst() + "." + (standard.map { " Default: \($0)." } ?? "")
  }
}
