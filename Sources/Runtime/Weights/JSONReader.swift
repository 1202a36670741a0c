// SPDX-License-Identifier: Apache-2.0
// A strict JSON reader for safetensors headers. It pulls: the caller says what must come next, since the format
// prescribes it. So there is no tree to fill, nothing recurses however deeply a hostile header nests, and memory is
// bounded by what the caller keeps.

/// Reads JSON (RFC 8259) from bytes that are known to be UTF-8. It throws `SafetensorsFault.invalidJSON` with what it
/// expected and where; offsets count from the start of the file.
package struct JSONReader: ~Copyable {
  private let bytes: UnsafeRawBufferPointer
  private let fileOffset: Int
  private var position = 0

  /// A reader at the start of `bytes`, which lie `fileOffset` bytes into a file and outlive the reader.
  package init(_ bytes: UnsafeRawBufferPointer, fileOffset: Int = 0) {
    self.bytes = bytes
    self.fileOffset = fileOffset
  }

  private func fault(_ expected: String) -> SafetensorsFault {
    .invalidJSON(offset: fileOffset + position, expected: expected)
  }

  /// The next byte after white space, which stays unread; zero at the end (a NUL is legal nowhere in JSON).
  private mutating func peek() -> UInt8 {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      case let byte: return byte
      }
    }
    return 0
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsFault) {
    guard accept(character) else { throw fault("'\(character)'") }
  }

  /// Checks that nothing but white space is left.
  package mutating func end() throws(SafetensorsFault) {
    _ = peek()
    guard position == bytes.count else { throw fault("nothing more") }
  }

  /// An object of at most `limit` members; `member` reads the value of each. A key that comes twice is refused.
  package mutating func object(
    limit: Int, _ member: (inout JSONReader, String) throws(SafetensorsFault) -> Void
  ) throws(SafetensorsFault) {
    try expect("{")
    guard !accept("}") else { return }
    var keys: [String] = []
    repeat {
      guard keys.count < limit else { throw .tooManyTensors(limit: limit) }
      let key = try string()
      try expect(":")
      try member(&self, key)
      keys.append(key)
    } while accept(",")
    try expect("}")
    keys.sort { precedes($0, $1) }
    for i in keys.indices.dropFirst() where sameBytes(keys[i - 1], keys[i]) {
      throw .duplicateKey(name: keys[i])
    }
  }

  /// An array, whose elements `element` reads.
  package mutating func array(
    _ element: (inout JSONReader) throws(SafetensorsFault) -> Void
  ) throws(SafetensorsFault) {
    try expect("[")
    guard !accept("]") else { return }
    repeat { try element(&self) } while accept(",")
    try expect("]")
  }

  /// A whole number from 0 to `Int.max`, without sign, fraction or exponent.
  package mutating func wholeNumber() throws(SafetensorsFault) -> Int {
    let expected = "a whole number from 0 to \(Int.max)"
    guard case UInt8(ascii: "0")...UInt8(ascii: "9") = peek() else { throw fault(expected) }
    let start = position
    var value = 0
    while position < bytes.count, case UInt8(ascii: "0")...UInt8(ascii: "9") = bytes[position] {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
      guard !overflow, !carry else {
        position = start
        throw fault(expected)
      }
      value = sum
      position += 1
    }
    guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
      position = start
      throw fault("a number without leading zeros")
    }
    if position < bytes.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[position]) {
      throw fault("a whole number")
    }
    return value
  }

  /// A string.
  package mutating func string() throws(SafetensorsFault) -> String {
    var text: [UInt8] = []
    try scanString { text.append($0) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Takes `null`, if that is what comes.
  package mutating func takeNull() -> Bool {
    _ = peek()
    guard bytes[position...].prefix(4).elementsEqual("null".utf8), !isPartOfWord(at: position + 4) else { return false }
    position += 4
    return true
  }

  private func isPartOfWord(at position: Int) -> Bool { position < bytes.count && isPartOfWord(bytes[position]) }

  /// A string of whatever length, checked and not kept.
  package mutating func skipString() throws(SafetensorsFault) {
    try scanString { _ in }
  }

  /// A value of any kind, passed over: its strings are checked, of the rest only that brackets close.
  package mutating func skipValue() throws(SafetensorsFault) {
    var depth = 0
    repeat {
      switch peek() {
      case UInt8(ascii: "\""): try skipString()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard depth > 0 else { throw fault("a value") }
        depth -= 1
        position += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        guard depth > 0 else { throw fault("a value") }
        position += 1
      case 0: throw fault("a value")
      default:
        // A number or a word.
        let start = position
        while position < bytes.count, isPartOfWord(bytes[position]) { position += 1 }
        guard position > start else { throw fault("a value") }
      }
    } while depth > 0
  }

  private func isPartOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: false
    }
  }

  private mutating func scanString(_ take: (UInt8) -> Void) throws(SafetensorsFault) {
    guard accept("\"") else { throw fault("a string") }
    while position < bytes.count {
      let byte = bytes[position]
      guard byte >= 0x20 else { throw fault("a string without control characters") }
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return
      case UInt8(ascii: "\\"): try scanEscape(take)
      default: take(byte)
      }
    }
    throw fault("'\"' at the end of a string")
  }

  private mutating func scanEscape(_ take: (UInt8) -> Void) throws(SafetensorsFault) {
    guard position < bytes.count else { throw fault("an escape") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): take(byte)
    case UInt8(ascii: "b"): take(0x08)
    case UInt8(ascii: "f"): take(0x0C)
    case UInt8(ascii: "n"): take(0x0A)
    case UInt8(ascii: "r"): take(0x0D)
    case UInt8(ascii: "t"): take(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if 0xD800...0xDBFF ~= code, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        let low = try hexadecimal()
        guard 0xDC00...0xDFFF ~= low else { throw fault("the low half of a surrogate pair before this") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("a whole surrogate pair before this") }
      for unit in UTF8.encode(scalar)! { take(unit) }  // Every scalar has a UTF-8 form.
    default:
      position -= 1
      throw fault("one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
    }
  }

  private mutating func hexadecimal() throws(SafetensorsFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count else { throw fault("four hexadecimal digits") }
      switch bytes[position] {
      case let d where UInt8(ascii: "0")...UInt8(ascii: "9") ~= d: value = value << 4 + UInt32(d - UInt8(ascii: "0"))
      case let d where UInt8(ascii: "a")...UInt8(ascii: "f") ~= d:
        value = value << 4 + UInt32(d - UInt8(ascii: "a") + 10)
      case let d where UInt8(ascii: "A")...UInt8(ascii: "F") ~= d:
        value = value << 4 + UInt32(d - UInt8(ascii: "A") + 10)
      default: throw fault("four hexadecimal digits")
      }
      position += 1
    }
    return value
  }
}
