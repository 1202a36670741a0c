// The words of the language. A token holds no text: the parser asks the source for it where it needs one.

package struct Token: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// A name or keyword: letters, digits and `_`, not beginning with a digit. Keywords are known to the parser alone.
    case word
    case integer(Int)
    case decimal(Double)
    /// `"..."` on one line, without escapes.
    case string
    /// `x` or `×`: between sizes and before repeats.
    case times
    case comma, semicolon, pipe, equals, plus, minus, star, slash
    case leftParen, rightParen, leftBracket, rightBracket, leftBrace, rightBrace
    case newline, end
    /// Something the lexer has reported; the parser recovers without a word.
    case invalid
  }

  package var kind: Kind
  package var span: Span

  package init(_ kind: Kind, _ span: Span) {
    self.kind = kind
    self.span = span
  }
}

extension Token.Kind {
  /// A line or the file ends here.
  package var endsLine: Bool { self == .newline || self == .end }

  /// The bracket that closes this one.
  var closer: Token.Kind? {
    switch self {
    case .leftParen: .rightParen
    case .leftBracket: .rightBracket
    case .leftBrace: .rightBrace
    default: nil
    }
  }

  var isCloser: Bool { self == .rightParen || self == .rightBracket || self == .rightBrace }
}
