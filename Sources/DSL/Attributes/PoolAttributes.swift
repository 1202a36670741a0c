// What only pools have: `ceil`, and `counted` or `uncounted`.

struct CeilAttribute: AttributeDefinition {
  var key: AttributeKey { .ceil }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.ceil = true }
}

/// Whether an average divides by the zeros of its padding too, and whether they may be the largest value.
struct CountsPaddingAttribute: AttributeDefinition {
  var counts: Bool

  var key: AttributeKey { .countsPadding }
  var help: String? { counts ? AttributeWord.counted.help : AttributeWord.uncounted.help }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.countsPadding = counts }
}

extension AttributeKey {
  static let ceil = AttributeKey(
    "ceil", noun: "ceiling mode ('ceil')", listed: "ceil",
    Meaning("`ceil`", "rounds the output size up, as Caffe does, instead of down"))
  static let countsPadding = AttributeKey(
    "counted", noun: "padding to count or not ('counted', 'uncounted')", listed: "'counted' or 'uncounted'",
    Meaning(
      "`counted`, `uncounted`",
      "whether the zeros of the padding take part: in what an average divides by, among the values of a maximum",
      default: "asked for where an average has padding; `uncounted` for a maximum"))
}

extension AttributeWord {
  static let ceil = AttributeWord("ceil", .ceil) { _ in .ceil }
  static let counted = AttributeWord(
    "counted", .countsPadding,
    help: "The zeros of the padding take part: in the mean, as in PyTorch (by default) and Caffe, or the maximum (BiT)."
  ) { _ in .countsPadding(true) }
  static let uncounted = AttributeWord(
    "uncounted", .countsPadding,
    help: "The mean or the maximum is over the places inside the map, as TensorFlow has it."
  ) { _ in .countsPadding(false) }
}
