// As much of HTTP/1.1 as a service behind a proxy needs: one request a connection, with a length, of bounded size.

/// What a sender may use.
struct HTTPLimits {
  /// Connections at a time; others wait in the system's queue.
  var connections = 256
  /// Bytes of a request before its body.
  var head = 16 << 10
  /// Bytes of an image's file.
  var body = 8 << 20
  /// How long a request may take to arrive, and how long its answer to be taken.
  var seconds = 10.0
}

struct HTTPRequest: Sendable {
  var method: String
  var path: String
  var query: [String: String]
  var body: [UInt8]
}

struct HTTPResponse: Sendable {
  var status: Int
  var body: String

  static func json(_ status: Int, _ body: String) -> HTTPResponse { HTTPResponse(status: status, body: body) }
  static func error(_ status: Int, _ text: String) -> HTTPResponse { json(status, "{\"error\": \(jsonText(text))}") }

  var bytes: [UInt8] {
    let head =
      "HTTP/1.1 \(status) \(reason)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count + 1)\r\n"
      + (status == 503 ? "Retry-After: 1\r\n" : "") + "Connection: close\r\n\r\n"
    return Array((head + body + "\n").utf8)
  }

  private var reason: String {
    switch status {
    case 200: "OK"
    case 400: "Bad Request"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 431: "Request Header Fields Too Large"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    default: "Internal Server Error"
    }
  }
}

/// A request that arrives piece by piece.
struct HTTPReader {
  enum State {
    case incomplete
    /// The sender asks whether it may go on.
    case wantsToContinue
    case complete(HTTPRequest)
    case refused(HTTPResponse)
  }

  private let limits: HTTPLimits
  private var bytes: [UInt8] = []
  /// Once the head has been read.
  private var head: (request: HTTPRequest, bodyStart: Int, length: Int)?

  init(_ limits: HTTPLimits) { self.limits = limits }

  mutating func add(_ more: UnsafeRawBufferPointer) -> State {
    // A request ends an empty line after it begins, which may be split between pieces.
    let searched = max(0, bytes.count - 3)
    bytes += more
    if head == nil {
      guard let end = endOfHead(from: searched) else {
        return bytes.count > limits.head
          ? .refused(.error(431, "a request has at most \(limits.head) bytes before its body")) : .incomplete
      }
      guard end <= limits.head else {
        return .refused(.error(431, "a request has at most \(limits.head) bytes before its body"))
      }
      if let refusal = readHead(end) { return .refused(refusal.response) }
    }
    guard let head else { return .incomplete }
    guard bytes.count >= head.bodyStart + head.length else {
      return expectsContinue && bytes.count == head.bodyStart ? .wantsToContinue : .incomplete
    }
    var request = head.request
    request.body = Array(bytes[head.bodyStart..<head.bodyStart + head.length])
    return .complete(request)
  }

  private var expectsContinue = false

  private func endOfHead(from start: Int) -> Int? {
    guard bytes.count >= 4 else { return nil }
    return (start...bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual([13, 10, 13, 10]) }
  }

  private struct Refusal: Error {
    let response: HTTPResponse
    init(_ status: Int, _ text: String) { response = .error(status, text) }
  }

  private mutating func readHead(_ end: Int) -> Refusal? {
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(
      separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines[0].split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 3, words[2].hasPrefix("HTTP/1."), words[1].hasPrefix("/") else {
      return Refusal(400, "this is no HTTP/1.1 request")
    }
    var length: Int?
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { return Refusal(400, "a header has a name and a value") }
      let value = trimmed(line[line.index(after: colon)...])
      switch line[..<colon].lowercased() {
      case "content-length":
        // Twice, or no plain number: what lies behind would be read differently by others.
        guard length == nil, value.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(value) else {
          return Refusal(400, "Content-Length is one number of bytes")
        }
        length = number
      case "transfer-encoding": return Refusal(501, "send the image whole, with a Content-Length")
      case "expect": expectsContinue = value.lowercased() == "100-continue"
      default: break
      }
    }
    if words[0] == "POST", length == nil { return Refusal(411, "send a Content-Length") }
    guard length ?? 0 <= limits.body else {
      return Refusal(413, "an image's file has at most \(limits.body) bytes")
    }
    let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var query: [String: String] = [:]
    for pair in target.dropFirst().first?.split(separator: "&") ?? [] {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      query[parts[0]] = parts.count > 1 ? parts[1] : ""
    }
    let request = HTTPRequest(method: words[0], path: String(target[0]), query: query, body: [])
    head = (request, end + 4, length ?? 0)
    return nil
  }

  private func trimmed(_ text: Substring) -> String {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}

/// A string of JSON.
func jsonText(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
