// SPDX-License-Identifier: Apache-2.0
// Generated packages carry their network as text tables in string literals: a table of a thousand layers compiles as
// fast as one of ten, and a person can read it. This reads them back, once, when a model is loaded.

/// A line of a table: phrases between commas. A phrase is words; its first says what the others are.
///
/// It keeps where its phrases lie, in memory that outlives it, and makes strings of what is asked for.
struct TableLine {
  private typealias Bytes = UnsafeBufferPointer<UInt8>
  private var phrases: [Bytes] = []

  /// Takes the first phrase.
  mutating func next() throws(ModelError) -> [String] {
    guard !phrases.isEmpty else { throw .invalidPlan(reason: "a line of a table ends too early") }
    return Self.words(phrases.removeFirst())
  }

  /// Takes the first phrase that begins with `key`, and gives its other words; `nil` where there is none.
  mutating func take(_ key: StaticString) -> [String]? {
    guard let index = index(of: key) else { return nil }
    let phrase = phrases.remove(at: index)
    return Self.words(Bytes(rebasing: phrase.dropFirst(key.utf8CodeUnitCount)))
  }

  /// Takes the word behind `key`, or nothing.
  mutating func name(_ key: StaticString) throws(ModelError) -> String? {
    guard let index = index(of: key) else { return nil }
    let word = phrases.remove(at: index).dropFirst(key.utf8CodeUnitCount + 1)
    guard !word.isEmpty, !word.contains(space) else {
      throw .invalidPlan(reason: "'\(key)' in a table says not one thing")
    }
    return String(decoding: word, as: UTF8.self)
  }

  /// The same where the line must have it.
  mutating func word(_ key: StaticString) throws(ModelError) -> String {
    guard let word = try name(key) else { throw .invalidPlan(reason: "a line of a table says no '\(key)'") }
    return word
  }

  /// The number behind `key`, or what holds where the line has none.
  mutating func int(_ key: StaticString, default other: Int) throws(ModelError) -> Int {
    if let word = try name(key) { try number(word) } else { other }
  }

  mutating func double(_ key: StaticString, default other: Double) throws(ModelError) -> Double {
    guard let word = try name(key) else { return other }
    guard let value = Double(word) else { throw .invalidPlan(reason: "'\(word)' is not a number") }
    return value
  }

  /// Two numbers, `3x3`; one alone stands for both.
  mutating func size(_ key: StaticString, default other: Int) throws(ModelError) -> (height: Int, width: Int) {
    if let word = try name(key) { try tableSize(word) } else { (other, other) }
  }

  /// Takes the phrases from the one that begins with `key` on, as a line of their own.
  mutating func tail(from key: StaticString) -> TableLine? {
    guard let index = index(of: key) else { return nil }
    var tail = TableLine()
    tail.phrases = Array(phrases[index...])
    phrases.removeSubrange(index...)
    return tail
  }

  /// What nobody took, as it stands, and a line's end.
  var text: String { phrases.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ") + "\n" }

  /// What nobody took is a mistake.
  func end() throws(ModelError) {
    guard let phrase = phrases.first else { return }
    throw .invalidPlan(reason: "'\(String(decoding: phrase, as: UTF8.self))' in a table is not known")
  }

  private func index(of key: StaticString) -> Int? {
    let (start, count) = (key.utf8Start, key.utf8CodeUnitCount)
    for (index, phrase) in phrases.enumerated() {
      guard phrase.count == count || phrase.count > count && phrase[count] == space, phrase[0] == start[0] else {
        continue
      }
      var byte = 1
      while byte < count, phrase[byte] == start[byte] { byte += 1 }
      if byte == count { return index }
    }
    return nil
  }

  private static func words(_ phrase: Bytes) -> [String] {
    phrase.split(separator: space).map { String(decoding: $0, as: UTF8.self) }
  }
}

private let space = UInt8(ascii: " ")

extension TableLine {
  /// The lines of a table but those that begin with `#`, which are for people.
  static func lines(of text: StaticString) -> [TableLine] {
    lines(of: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// - Parameter bytes: Memory that outlives the lines.
  static func lines(of bytes: UnsafeBufferPointer<UInt8>) -> [TableLine] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      line.first == UInt8(ascii: "#") ? nil : TableLine(UnsafeBufferPointer(rebasing: line))
    }
  }

  /// A comma before a space, or at the end, ends a phrase.
  private init(_ line: Bytes) {
    var start = 0
    phrases.reserveCapacity(12)
    for index in line.indices {
      let isLast = index + 1 == line.count
      let isEnd = line[index] == UInt8(ascii: ",") && (isLast || line[index + 1] == space)
      if isEnd || isLast {
        while start < index, line[start] == space { start += 1 }
        phrases.append(Bytes(rebasing: line[start..<(isEnd ? index : index + 1)]))
        start = index + 1
      }
    }
  }
}

/// A word of a table as a number.
func number(_ text: String) throws(ModelError) -> Int {
  guard let value = Int(text) else { throw .invalidPlan(reason: "'\(text)' is not a number") }
  return value
}

/// `3x5`, or `3` for `3x3`.
func tableSize(_ text: String) throws(ModelError) -> (height: Int, width: Int) {
  let parts = text.split(separator: "x")
  guard let first = parts.first, parts.count <= 2 else { throw .invalidPlan(reason: "'\(text)' is no size") }
  return (try number(String(first)), try number(String(parts[parts.count - 1])))
}
