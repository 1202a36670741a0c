// Messages in a stream of bytes, each behind a header that says how long it is:
//
//     Content-Length: 52\r\n
//     \r\n
//     {"jsonrpc": "2.0", ...
//
// Whatever else comes is reported once, and passed over up to the next `Content-Length:`. Nothing is kept but the
// message that is being read, and no message may be longer than a limit.

/// What a stream holds next.
package enum Frame: Equatable, Sendable {
  case message([UInt8])
  /// Bytes that are no frame, with a sentence about them.
  case fault(String)
}

/// Takes a stream apart, in whatever pieces it arrives.
package struct FrameReader: Sendable {
  /// The longest message that is read.
  package static let maximumLength = 16 << 20
  /// The longest header.
  static let maximumHeader = 8 << 10
  private static let key = Array("Content-Length:".utf8)

  private var buffer: [UInt8] = []
  /// What of the buffer has been read.
  private var position = 0
  /// How far the header's lines have been read.
  private var lineStart = 0
  /// How far the header has been searched for line ends.
  private var scanned = 0
  /// As the header so far says.
  private var length: Int?
  /// The header is complete.
  private var isInBody = false
  /// Something that is no frame has been reported, and its end is looked for.
  private var isLost = false

  package init() {}

  /// Bytes in memory.
  var kept: Int { buffer.count }

  package mutating func append(_ bytes: some Sequence<UInt8>) {
    if position > 1 << 16, position > buffer.count / 2 {
      buffer.removeSubrange(..<position)
      lineStart -= position
      scanned -= position
      position = 0
    }
    buffer += bytes
  }

  /// The next frame, if all of it has arrived.
  package mutating func next() -> Frame? {
    while true {
      if isLost, !findKey() { return nil }
      if !isInBody {
        guard let line = takeLine() else {
          guard buffer.count - position > Self.maximumHeader else { return nil }
          return lose("a header has more than \(Self.maximumHeader) bytes")
        }
        if let fault = read(header: line) { return lose(fault) }
        continue
      }
      guard let length, buffer.count - position >= length else { return nil }
      let message = Array(buffer[position..<position + length])
      begin(at: position + length)
      return .message(message)
    }
  }

  /// Starts over with what stands at an offset.
  private mutating func begin(at offset: Int) {
    position = offset
    lineStart = offset
    scanned = offset
    length = nil
    isInBody = false
  }

  private mutating func lose(_ sentence: String) -> Frame {
    begin(at: position)
    isLost = true
    // The next key, not this one again.
    scanned = min(buffer.count, position + 1)
    return .fault(sentence)
  }

  /// Drops what stands before the next `Content-Length:`.
  private mutating func findKey() -> Bool {
    while scanned + Self.key.count <= buffer.count {
      if buffer[scanned] == Self.key[0], buffer[scanned..<scanned + Self.key.count].elementsEqual(Self.key) {
        begin(at: scanned)
        isLost = false
        return true
      }
      scanned += 1
    }
    position = scanned
    return false
  }

  /// The next line of a header, without its end.
  private mutating func takeLine() -> ArraySlice<UInt8>? {
    while scanned < buffer.count {
      scanned += 1
      guard buffer[scanned - 1] == UInt8(ascii: "\n") else { continue }
      var line = buffer[lineStart..<scanned - 1]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      lineStart = scanned
      return line
    }
    return nil
  }

  /// What is wrong with a header's line, if anything is.
  private mutating func read(header line: ArraySlice<UInt8>) -> String? {
    guard !line.isEmpty else {
      guard length != nil else { return "a header has no Content-Length" }
      isInBody = true
      position = lineStart
      return nil
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return "a header's line has no colon" }
    let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
    // Content-Type, and whatever else there may be.
    guard name == "content-length" else { return nil }
    let digits = String(decoding: line[(colon + 1)...], as: UTF8.self).trimmed
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return "a Content-Length is no number"
    }
    guard let value = Int(digits), value <= Self.maximumLength else {
      return "a message has more than \(Self.maximumLength) bytes"
    }
    length = value
    return nil
  }
}

extension FrameReader {
  /// A message with its header.
  package static func frame(_ message: [UInt8]) -> [UInt8] {
    Array("Content-Length: \(message.count)\r\n\r\n".utf8) + message
  }
}

extension String {
  /// Without blanks and tabs at both ends.
  fileprivate var trimmed: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }
}
