// The JSON reader: what it takes, what it refuses, and where it says the fault lies.

import ResNetRuntime
import Testing

/// A string read as the whole of a text.
private func string(_ text: String) throws(SafetensorsFault) -> String {
  try reading(text) { (reader) throws(SafetensorsFault) in try reader.string() }
}

private func number(_ text: String) throws(SafetensorsFault) -> Int {
  try reading(text) { (reader) throws(SafetensorsFault) in try reader.wholeNumber() }
}

private func reading<Value>(
  _ text: String, _ read: (inout JSONReader) throws(SafetensorsFault) -> Value
) throws(SafetensorsFault) -> Value {
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
  defer { bytes.deallocate() }
  bytes.copyBytes(from: text.utf8)
  var reader = JSONReader(UnsafeRawBufferPointer(bytes))
  let value = try read(&reader)
  try reader.end()
  return value
}

@Suite struct JSONReaderTests {
  @Test func readsStrings() throws {
    #expect(try string(#""""#) == "")
    #expect(try string(#"  "a b" "#) == "a b")
    #expect(try string(#""\"\\\/\b\f\n\r\t""#) == "\"\\/\u{8}\u{C}\n\r\t")
    #expect(try string(#""\u0041\u00e9\u20AC""#) == "Aé€")
    #expect(try string(#""\ud83d\uDE00""#) == "😀")
    #expect(try string(#""naïve 😀""#) == "naïve 😀")
  }

  @Test(arguments: [
    (#""abc"#, 4, "'\"' at the end of a string"),
    ("abc", 0, "a string"),
    ("", 0, "a string"),
    ("\"a\nb\"", 2, "a string without control characters"),
    (#""\x""#, 2, #"one of the escapes \" \\ \/ \b \f \n \r \t \u"#),
    (#""\"#, 2, "an escape"),
    (#""\u12G4""#, 5, "four hexadecimal digits"),
    (#""\u12"#, 5, "four hexadecimal digits"),
    (#""\ud83d""#, 7, "a whole surrogate pair before this"),
    (#""\ude00""#, 7, "a whole surrogate pair before this"),
    (#""\ud83d\u0041""#, 13, "the low half of a surrogate pair before this"),
    (#""a" "b""#, 4, "nothing more"),
  ])
  func refusesStrings(text: String, offset: Int, expected: String) {
    #expect(throws: SafetensorsFault.invalidJSON(offset: offset, expected: expected)) { _ = try string(text) }
  }

  @Test func readsNumbers() throws {
    #expect(try number("0") == 0)
    #expect(try number(" 120 ") == 120)
    #expect(try number("\(Int.max)") == Int.max)
  }

  @Test(arguments: [
    ("-1", 0, "a whole number from 0 to \(Int.max)"),
    ("9223372036854775808", 0, "a whole number from 0 to \(Int.max)"),
    ("99999999999999999999999", 0, "a whole number from 0 to \(Int.max)"),
    ("007", 0, "a number without leading zeros"),
    ("1.5", 1, "a whole number"),
    ("1e3", 1, "a whole number"),
    ("x", 0, "a whole number from 0 to \(Int.max)"),
  ])
  func refusesNumbers(text: String, offset: Int, expected: String) {
    #expect(throws: SafetensorsFault.invalidJSON(offset: offset, expected: expected)) { _ = try number(text) }
  }

  @Test func readsObjectsAndArrays() throws {
    var seen: [String] = []
    var numbers: [Int] = []
    try reading(#" { "a" : [ ] , "b":[1,2 , 3]} "#) { (reader) throws(SafetensorsFault) in
      try reader.object(limit: 2) { (reader, key) throws(SafetensorsFault) in
        seen.append(key)
        try reader.array { (reader) throws(SafetensorsFault) in numbers.append(try reader.wholeNumber()) }
      }
    }
    #expect(seen == ["a", "b"])
    #expect(numbers == [1, 2, 3])
  }

  @Test(arguments: [
    (#"{"a":"x","a":"y"}"#, SafetensorsFault.duplicateKey(name: "a")),
    (#"{"a":"x","\u0061":"y"}"#, .duplicateKey(name: "a")),
    (#"{"a":"","b":"","c":"","d":""}"#, .tooManyTensors(limit: 3)),
    (#"{"a":"x",}"#, .invalidJSON(offset: 9, expected: "a string")),
    (#"{"a" "x"}"#, .invalidJSON(offset: 5, expected: "':'")),
    (#"{"a":"x""#, .invalidJSON(offset: 8, expected: "'}'")),
    (#"["a"]"#, .invalidJSON(offset: 0, expected: "'{'")),
  ])
  func refusesObjects(text: String, fault: SafetensorsFault) {
    #expect(throws: fault) {
      try reading(text) { (reader) throws(SafetensorsFault) in
        try reader.object(limit: 3) { (reader, _) throws(SafetensorsFault) in try reader.skipString() }
      }
    }
  }

  @Test func canonicallyEqualNamesAreTwo() throws {
    var count = 0
    try reading("{\"\u{E9}\":\"\",\"e\u{301}\":\"\"}") { (reader) throws(SafetensorsFault) in
      try reader.object(limit: 3) { (reader, _) throws(SafetensorsFault) in
        count += 1
        try reader.skipString()
      }
    }
    #expect(count == 2)
  }

  @Test func findsInvalidUTF8() {
    let cases: [([UInt8], Int?)] = [
      ([], nil), (Array("aé€😀".utf8), nil), ([0x61, 0x80], 1), ([0xC0, 0x80], 0), ([0xE0, 0x80, 0x80], 0),
      ([0xED, 0xA0, 0x80], 0), ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0x61, 0xE2, 0x82], 1),
      ([0xE2, 0x82, 0x41], 0), ([0xF0, 0x9F, 0x98, 0x80, 0xFF], 4), ([0xC3], 0),
    ]
    for (bytes, expected) in cases { #expect(bytes.withUnsafeBytes { firstInvalidUTF8($0) } == expected) }
  }
}
