// The arithmetic of template directives: integers, names, elements of lists, the usual operators. Comparisons and truth
// give 1 or 0, as in C.

/// What a template parameter may be.
package enum TemplateValue: Hashable, Sendable {
  case int(Int)
  case list([Int])
  /// Replaces the name as text: a function's name, a comment.
  case text(String)
}

/// Why a template cannot be expanded, and where.
package struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
  package let line: Int
  package let message: String
  /// As `Templates` names it: `Kernels/Pool`.
  package var template: String?

  package init(line: Int, message: String) {
    self.line = line
    self.message = message
  }

  package var description: String { "\(template.map { $0 + ".swift, " } ?? "")line \(line): \(message)" }
}

/// Evaluates one expression of a directive.
struct TemplateExpression {
  private var tokens: [Substring]
  private var position = 0
  private let values: [String: TemplateValue]
  private let line: Int

  static func evaluate(
    _ text: some StringProtocol, _ values: [String: TemplateValue], line: Int
  ) throws(TemplateError) -> Int {
    var parser = TemplateExpression(tokens: tokenize(Substring(text)), values: values, line: line)
    let result = try parser.binary(0)
    guard parser.position == parser.tokens.count else {
      throw TemplateError(line: line, message: "unexpected '\(parser.tokens[parser.position])' in '\(text)'")
    }
    return result
  }

  private init(tokens: [Substring], values: [String: TemplateValue], line: Int) {
    self.tokens = tokens
    self.values = values
    self.line = line
  }

  private static func tokenize(_ text: Substring) -> [Substring] {
    var tokens: [Substring] = []
    var rest = text
    while let first = rest.first {
      if first == " " {
        rest = rest.dropFirst()
      } else if first.isWordCharacter {
        let word = rest.prefix { $0.isWordCharacter }
        tokens.append(word)
        rest = rest.dropFirst(word.count)
      } else {
        let two = rest.prefix(2)
        let length = ["==", "!=", "<=", ">=", "&&", "||"].contains(two) ? 2 : 1
        tokens.append(rest.prefix(length))
        rest = rest.dropFirst(length)
      }
    }
    return tokens
  }

  private mutating func next() -> Substring? {
    guard position < tokens.count else { return nil }
    position += 1
    return tokens[position - 1]
  }

  private mutating func take(_ token: String) -> Bool {
    guard position < tokens.count, tokens[position] == token else { return false }
    position += 1
    return true
  }

  /// From the loosest to the tightest.
  private static let levels: [[String]] = [
    ["||"], ["&&"], ["==", "!=", "<", ">", "<=", ">="], ["+", "-"], ["*", "/", "%"],
  ]

  private mutating func binary(_ level: Int) throws(TemplateError) -> Int {
    guard level < TemplateExpression.levels.count else { return try primary() }
    var left = try binary(level + 1)
    while position < tokens.count, TemplateExpression.levels[level].contains(String(tokens[position])) {
      let symbol = String(tokens[position])
      position += 1
      left = try apply(symbol, left, binary(level + 1))
    }
    return left
  }

  private func apply(_ symbol: String, _ a: Int, _ b: Int) throws(TemplateError) -> Int {
    switch symbol {
    case "||": return a != 0 || b != 0 ? 1 : 0
    case "&&": return a != 0 && b != 0 ? 1 : 0
    case "==": return a == b ? 1 : 0
    case "!=": return a != b ? 1 : 0
    case "<": return a < b ? 1 : 0
    case ">": return a > b ? 1 : 0
    case "<=": return a <= b ? 1 : 0
    case ">=": return a >= b ? 1 : 0
    case "+": return a &+ b
    case "-": return a &- b
    case "*": return a &* b
    default:
      guard b != 0 else { throw TemplateError(line: line, message: "division by zero") }
      return symbol == "/" ? a / b : a % b
    }
  }

  private mutating func primary() throws(TemplateError) -> Int {
    guard let token = next() else { throw TemplateError(line: line, message: "an expression ends too early") }
    if token == "(" {
      let value = try binary(0)
      guard take(")") else { throw TemplateError(line: line, message: "a parenthesis is not closed") }
      return value
    }
    if token == "-" { return try 0 &- primary() }
    if token == "!" { return try primary() == 0 ? 1 : 0 }
    if let number = Int(token) { return number }
    if token == "true" { return 1 }
    if token == "false" { return 0 }
    switch values[String(token)] {
    case .int(let value):
      return value
    case .list(let list):
      guard take("[") else { throw TemplateError(line: line, message: "'\(token)' is a list; give it an index") }
      let index = try binary(0)
      guard take("]") else { throw TemplateError(line: line, message: "an index is not closed") }
      guard list.indices.contains(index) else {
        throw TemplateError(line: line, message: "'\(token)' has \(list.count) elements, no element \(index)")
      }
      return list[index]
    case .text:
      throw TemplateError(line: line, message: "'\(token)' is text, not a number")
    case nil:
      throw TemplateError(line: line, message: "there is no parameter named '\(token)'")
    }
  }
}

extension Character {
  /// Part of an identifier or a number.
  var isWordCharacter: Bool { utf8.count == 1 && utf8.allSatisfy(\.isWordByte) }
}

extension UInt8 {
  /// Part of an identifier or a number.
  var isWordByte: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
