// Frames out of bytes, in whatever pieces they come and whatever else comes with them.

import Testing

@testable import ResNetLanguageServer

struct FramingTests {
  private let first = Array("{\"a\": 1}".utf8)
  private let second = Array("{\"é\": 2}".utf8)

  private func frames(_ bytes: some Sequence<UInt8>) -> [Frame] {
    var reader = FrameReader()
    reader.append(bytes)
    return rest(&reader)
  }

  private func rest(_ reader: inout FrameReader) -> [Frame] {
    var result: [Frame] = []
    while let frame = reader.next() { result.append(frame) }
    return result
  }

  private func frames(_ text: String) -> [Frame] { frames(text.utf8) }

  @Test func wholeFrames() {
    let bytes = FrameReader.frame(first) + FrameReader.frame(second)
    #expect(frames(bytes) == [.message(first), .message(second)])
    #expect(frames("Content-Length: 0\r\n\r\n") == [.message([])])
  }

  @Test func anySplit() {
    let bytes = FrameReader.frame(first) + FrameReader.frame(second)
    for place in 0...bytes.count {
      var reader = FrameReader()
      reader.append(bytes[..<place])
      var result = rest(&reader)
      reader.append(bytes[place...])
      result += rest(&reader)
      #expect(result == [.message(first), .message(second)], "at \(place)")
    }
    var reader = FrameReader()
    var result: [Frame] = []
    for byte in bytes {
      reader.append([byte])
      result += rest(&reader)
    }
    #expect(result == [.message(first), .message(second)])
  }

  @Test func headersInAnyForm() {
    #expect(
      frames("Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nX-Other: 1\r\ncontent-LENGTH:  2 \r\n\r\n{}")
        == [.message(Array("{}".utf8))])
    #expect(frames("Content-Length: 2\n\n{}") == [.message(Array("{}".utf8))])
  }

  @Test func whatIsNoFrameIsReportedAndPassedOver() {
    let good = String(decoding: FrameReader.frame(first), as: UTF8.self)
    for (bad, sentence) in [
      ("Content-Length: -5\r\n\r\n", "a Content-Length is no number"),
      ("Content-Length: +5\r\n\r\n", "a Content-Length is no number"),
      ("Content-Length: five\r\n\r\n{}", "a Content-Length is no number"),
      ("Content-Length:\r\n\r\n", "a Content-Length is no number"),
      ("Content-Length: 99999999999999999999999\r\n\r\n", "a message has more than 16777216 bytes"),
      ("Content-Length: 16777217\r\n\r\n{}{}{}", "a message has more than 16777216 bytes"),
      ("Content-Type: x\r\n\r\n{}", "a header has no Content-Length"),
      ("\r\n\r\n", "a header has no Content-Length"),
      ("no header\r\n", "a header's line has no colon"),
    ] {
      let found = frames(bad + good)
      #expect(found.last == .message(first), "\(bad.prefix(40))")
      // One word for all that is passed over.
      #expect(found == [.fault(sentence), .message(first)], "\(bad.prefix(40))")
      #expect(frames(bad + "Conten" + good).last == .message(first), "\(bad.prefix(40))")
    }
  }

  /// A length that is wrong swallows or leaves something; what comes after is read again.
  @Test func wrongLengths() {
    let message = "{\"a\": 1}"
    let good = "Content-Length: 8\r\n\r\n" + message
    let short = frames("Content-Length: 5\r\n\r\n" + message + good)
    #expect(short.first == .message(Array("{\"a\":".utf8)) && short.last == .message(first))
    #expect(short.count == 3)
    let long = frames("Content-Length: 12\r\n\r\n" + message + good + good)
    #expect(long.first == .message(Array((message + "Cont").utf8)) && long.last == .message(first))
  }

  /// Whatever comes, what is kept is bounded.
  @Test func nothingIsKeptWithoutBound() {
    var reader = FrameReader()
    var faults: [Frame] = []
    for _ in 0..<100 {
      reader.append(repeatElement(UInt8(ascii: "a"), count: 10_000))
      faults += rest(&reader)
      #expect(reader.kept < 1 << 17)
    }
    #expect(faults == [.fault("a header has more than 8192 bytes")])
  }

  @Test func manglingNeverHangs() {
    let stream = (0..<20).flatMap { FrameReader.frame(Array("{\"id\": \($0)}".utf8)) }
    var random = SeededRandom(seed: 1)
    for _ in 0..<500 {
      var bytes = stream
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(bytes[Int.random(in: bytes.indices, using: &random)], at: place)
        }
      }
      #expect(frames(bytes).count <= bytes.count)
    }
  }
}
