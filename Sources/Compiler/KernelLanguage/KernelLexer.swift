// The words of a kernel, by bytes.

/// A word, and whether it is the first of its line.
struct KernelToken: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case name(String)
    case int(String)
    case float(String)
    case text(String)
    /// Operators and brackets.
    case mark(String)
    /// Without its slashes.
    case comment(String)
    case end
  }

  let kind: Kind
  /// Counted from 1.
  let line: Int
  let beginsLine: Bool
  /// Nothing stands between it and the word before, or the one after: what tells `-x` from `a - x`.
  let touchesBefore: Bool
  let touchesAfter: Bool
}

/// Longest first.
private let marks = [
  "..<", "...", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "->", "+", "-", "*", "/", "%", "<", ">",
  "=",
  "!", "?", ":", ",", ".", "(", ")", "[", "]", "{", "}", "@",
].map { ($0, Array($0.utf8)) }

/// Takes a file apart; the last token is `end`.
func kernelTokens(_ text: String) throws(TemplateError) -> [KernelToken] {
  let bytes = Array(text.utf8)
  var tokens: [KernelToken] = []
  var (index, line, lineOfLast) = (0, 1, 0)

  func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
  func isSpace(_ index: Int) -> Bool { index >= bytes.count || " \n\t".utf8.contains(bytes[index]) }
  func add(_ kind: KernelToken.Kind, from start: Int) {
    tokens.append(
      KernelToken(
        kind: kind, line: line, beginsLine: line != lineOfLast,
        touchesBefore: start > 0 && !isSpace(start - 1) && !"([{,".utf8.contains(bytes[start - 1]),
        touchesAfter: !isSpace(index)))
    lineOfLast = line
  }

  while index < bytes.count {
    let byte = bytes[index]
    let start = index
    switch byte {
    case UInt8(ascii: "\n"):
      line += 1
      index += 1
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ";"):
      index += 1
    case UInt8(ascii: "/") where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "/"):
      while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      add(.comment(string(start..<index).drop { $0 == "/" }.drop { $0 == " " }.description), from: start)
    case UInt8(ascii: "#"):
      // Conditions on the architecture, which the printer sets anew.
      while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
    case UInt8(ascii: "\""):
      index += 1
      while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\n") { index += 1 }
      guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
        throw TemplateError(line: line, message: "a text that does not end")
      }
      index += 1
      add(.text(string(start + 1..<index - 1)), from: start)
    case _ where byte.isDigit:
      add(number(bytes, &index), from: start)
    case _ where byte.isWordByte:
      while index < bytes.count, bytes[index].isWordByte { index += 1 }
      add(.name(string(start..<index)), from: start)
    default:
      guard let mark = marks.first(where: { bytes[index...].starts(with: $0.1) }) else {
        throw TemplateError(
          line: line, message: "'\(string(index..<index + 1))' is nothing that kernels are written in")
      }
      index += mark.1.count
      add(.mark(mark.0), from: start)
    }
  }
  add(.end, from: index)
  return tokens
}

/// A number, and whether it is whole; it has neither sign nor hexadecimal digits.
private func number(_ bytes: [UInt8], _ index: inout Int) -> KernelToken.Kind {
  var digits: [UInt8] = []
  var isFloat = false
  func at(_ offset: Int) -> UInt8? { index + offset < bytes.count ? bytes[index + offset] : nil }
  while let byte = at(0) {
    if byte.isDigit {
      digits.append(byte)
    } else if byte == UInt8(ascii: "."), at(1)?.isDigit ?? false {
      isFloat = true
      digits.append(byte)
    } else if byte == UInt8(ascii: "e") {
      isFloat = true
      digits.append(byte)
      if let sign = at(1), "+-".utf8.contains(sign) {
        digits.append(sign)
        index += 1
      }
    } else if byte != UInt8(ascii: "_") {
      break
    }
    index += 1
  }
  let text = String(decoding: digits, as: UTF8.self)
  return isFloat ? .float(text) : .int(text)
}

extension UInt8 {
  fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
