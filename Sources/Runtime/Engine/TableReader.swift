// SPDX-License-Identifier: Apache-2.0
// Generated packages carry their network as text tables in string literals: a table of a thousand layers compiles as
// fast as one of ten, and a person can read it. This reads them back, once, when a model is loaded.

/// Words of a table, in order. Lines that begin with `#` are for people.
struct TableReader {
  private var rest: UnsafeBufferPointer<UInt8>.SubSequence

  init(_ text: StaticString) {
    self.init(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Reads memory that outlives the reader.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    rest = bytes[...]
    skipSpace()
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func word() throws(ModelError) -> String {
    guard !rest.isEmpty else { throw .invalidPlan(reason: "a table ends too early") }
    let bytes = rest.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
    rest = rest.dropFirst(bytes.count)
    skipSpace()
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func int() throws(ModelError) -> Int { try number(word()) }

  mutating func double() throws(ModelError) -> Double {
    let text = try word()
    guard let value = Double(text) else { throw .invalidPlan(reason: "'\(text)' is not a number") }
    return value
  }

  /// A name, or `nil` where the table says `-`.
  mutating func name() throws(ModelError) -> String? {
    let text = try word()
    return text == "-" ? nil : text
  }

  private mutating func skipSpace() {
    while let first = rest.first {
      if first == UInt8(ascii: "#") {
        rest = rest.drop { $0 != UInt8(ascii: "\n") }
      } else if first == UInt8(ascii: " ") || first == UInt8(ascii: "\n") {
        rest = rest.dropFirst()
      } else {
        return
      }
    }
  }
}

/// A word of a table as a number.
func number(_ text: String) throws(ModelError) -> Int {
  guard let value = Int(text) else { throw .invalidPlan(reason: "'\(text)' is not a number") }
  return value
}
