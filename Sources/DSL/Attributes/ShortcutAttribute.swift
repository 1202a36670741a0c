// `shortcut identity` behind a residual block's bracket: what stands in for the identity in these blocks, where that is
// not what the header says for all.

struct ShortcutAttribute: AttributeDefinition {
  var option: ShortcutOption

  var key: AttributeKey { .shortcut }
  var help: String? { HeaderDescription.shortcut.help(option.word) }

  func resolve(
    into attributes: inout Resolver.Attributes, at span: Span, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) { attributes.shortcut = option }
}

extension AttributeKey {
  static let shortcut = AttributeKey(
    "shortcut", noun: "shortcut of its own", listed: "'shortcut' behind its bracket",
    Meaning(
      "`] shortcut identity`", "what stands in for the identity where these blocks change their shape",
      default: "as the header says"))
}

extension AttributeKey {
  package static let shortcutHelp = shortcut.meaning.sentence
}

extension ShortcutOption {
  /// The word of the header's line.
  package var word: String {
    switch self {
    case .identityZeroPadded: "A"
    case .projectWhereShapeChanges: "B"
    case .projectAlways: "C"
    case .identityWhereShapeStays: "identity"
    case .none: "none"
    }
  }

  /// As it stands behind a bracket: `A pad end`.
  package var text: String {
    if case .identityZeroPadded(let padding?) = self { "A pad \(padding)" } else { word }
  }
}

extension Parser {
  /// What follows `shortcut`, in the header and, without commas, behind a bracket.
  mutating func shortcutOption(isHeader: Bool) -> Located<ShortcutOption>? {
    guard let option = option("shortcut", HeaderKey.shortcut.words(.start)) else { return nil }
    switch option.value {
    case "A": return zeroPlacement(after: option.span, isHeader: isHeader)
    case "B": return Located(.projectWhereShapeChanges, option.span)
    case "C": return Located(.projectAlways, option.span)
    case "identity": return Located(.identityWhereShapeStays, option.span)
    default: return Located(.none, option.span)
    }
  }

  /// `pad end` or `pad both`
  private mutating func zeroPlacement(after option: Span, isHeader: Bool) -> Located<ShortcutOption>? {
    guard isHeader ? take(.comma) : text(current) == "pad" else { return Located(.identityZeroPadded(nil), option) }
    guard take(word: "pad") else {
      unknownOption("shortcut A,", ["pad"])
      return nil
    }
    guard let placement = self.option("pad", HeaderKey.shortcut.words(.after("pad"))) else { return nil }
    return Located(.identityZeroPadded(placement.value == "both" ? .both : .end), option.union(placement.span))
  }
}
