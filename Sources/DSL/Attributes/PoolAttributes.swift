// What only pools have: `ceil`, and `counted` or `uncounted`.

struct CeilAttribute: AttributeDefinition {
  var key: AttributeKey { .ceil }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.ceil = true }
}

/// Whether an average divides by the zeros of its padding too.
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
      "`counted`, `uncounted`", "of an average: whether it divides by the zeros of its padding too",
      default: "asked for where there is padding"))
}

extension AttributeWord {
  static let ceil = AttributeWord("ceil", .ceil) { _ in .ceil }
  static let counted = AttributeWord(
    "counted", .countsPadding,
    help: "The zeros of the padding count in the mean, as PyTorch (by default) and Caffe have it."
  ) { _ in .countsPadding(true) }
  static let uncounted = AttributeWord(
    "uncounted", .countsPadding, help: "The mean is over the places inside the map, as TensorFlow has it."
  ) { _ in .countsPadding(false) }
}
