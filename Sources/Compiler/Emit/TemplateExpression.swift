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

  package var description: String {
    "\(template.map { Templates.fileName(of: $0) + ", " } ?? "")line \(line): \(message)"
  }
}

/// One expression of a directive, taken apart once and evaluated as often as its line is reached.
struct TemplateExpression: Sendable {
  fileprivate enum Token: Equatable {
    case number(Int)
    case name(String)
    /// One or two characters.
    case symbol(String, precedence: Int?)
  }

  private let text: String
  private let tokens: [Token]

  init(_ text: ArraySlice<UInt8>) {
    self.text = String(decoding: text, as: UTF8.self)
    tokens = Self.tokens(text)
  }

  func value(_ values: [String: TemplateValue], line: Int) throws(TemplateError) -> Int {
    var parser = TemplateEvaluation(tokens: tokens, values: values, line: line)
    let result = try parser.binary(0)
    guard parser.position == tokens.count else {
      throw TemplateError(line: line, message: "unexpected '\(tokens[parser.position])' in '\(text)'")
    }
    return result
  }

  private static func tokens(_ text: ArraySlice<UInt8>) -> [Token] {
    var tokens: [Token] = []
    var start = text.startIndex
    while start < text.endIndex {
      let first = text[start]
      var end = start + 1
      if first.isWordByte {
        end = text[start...].firstIndex { !$0.isWordByte } ?? text.endIndex
        let word = String(decoding: text[start..<end], as: UTF8.self)
        tokens.append(Int(word).map { .number($0) } ?? .name(word))
      } else if first != UInt8(ascii: " ") {
        let two = String(decoding: text[start...].prefix(2), as: UTF8.self)
        if ["==", "!=", "<=", ">=", "&&", "||"].contains(two) { end += 1 }
        // The bytes of a character stay together.
        while end < text.endIndex, text[end] & 0xC0 == 0x80 { end += 1 }
        let symbol = String(decoding: text[start..<end], as: UTF8.self)
        tokens.append(.symbol(symbol, precedence: precedences.firstIndex { $0.contains(symbol) }))
      }
      start = end
    }
    return tokens
  }

  /// From the loosest to the tightest.
  private static let precedences: [[String]] = [
    ["||"], ["&&"], ["==", "!=", "<", ">", "<=", ">="], ["+", "-"], ["*", "/", "%"],
  ]
}

extension TemplateExpression.Token: CustomStringConvertible {
  var description: String {
    switch self {
    case .number(let value): String(value)
    case .name(let text), .symbol(let text, _): text
    }
  }
}

private struct TemplateEvaluation: ~Copyable {
  let tokens: [TemplateExpression.Token]
  let values: [String: TemplateValue]
  let line: Int
  var position = 0

  private mutating func take(_ token: String) -> Bool {
    guard position < tokens.count, case .symbol(token, _) = tokens[position] else { return false }
    position += 1
    return true
  }

  /// Operators of `precedence` and tighter ones.
  mutating func binary(_ precedence: Int) throws(TemplateError) -> Int {
    var left = try primary()
    while position < tokens.count, case .symbol(let symbol, let found?) = tokens[position], found >= precedence {
      position += 1
      left = try apply(symbol, left, binary(found + 1))
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
    guard position < tokens.count else {
      throw TemplateError(line: line, message: "an expression ends too early")
    }
    position += 1
    let name: String
    switch tokens[position - 1] {
    case .number(let number): return number
    case .symbol("(", _):
      let value = try binary(0)
      guard take(")") else { throw TemplateError(line: line, message: "a parenthesis is not closed") }
      return value
    case .symbol("-", _): return try 0 &- primary()
    case .symbol("!", _): return try primary() == 0 ? 1 : 0
    case .name("true"): return 1
    case .name("false"): return 0
    case .name(let text), .symbol(let text, _): name = text
    }
    switch values[name] {
    case .int(let value):
      return value
    case .list(let list):
      guard take("[") else { throw TemplateError(line: line, message: "'\(name)' is a list; give it an index") }
      let index = try binary(0)
      guard take("]") else { throw TemplateError(line: line, message: "an index is not closed") }
      guard list.indices.contains(index) else {
        throw TemplateError(line: line, message: "'\(name)' has \(list.count) elements, no element \(index)")
      }
      return list[index]
    case .text:
      throw TemplateError(line: line, message: "'\(name)' is text, not a number")
    case nil:
      throw TemplateError(line: line, message: "there is no parameter named '\(name)'")
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
