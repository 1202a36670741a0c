// JSON-RPC 2.0: what a message is, before anybody asks what it means. Parameters are decoded where a method is known,
// so everything has a type.
import Foundation

/// As the client chose it.
enum RequestID: Codable, Hashable, Sendable {
  case number(Int)
  case string(String)
  case null

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let number = try? container.decode(Int.self) {
      self = .number(number)
    } else {
      self = .string(try container.decode(String.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .string(let string): try container.encode(string)
    case .null: try container.encodeNil()
    }
  }
}

/// Why a request has no result.
struct ResponseError: Error, Codable, Equatable {
  let code: Int
  let message: String

  static func parseError(_ message: String) -> Self { Self(code: -32700, message: message) }
  static func invalidRequest(_ message: String) -> Self { Self(code: -32600, message: message) }
  static func methodNotFound(_ method: String) -> Self { Self(code: -32601, message: "unknown method \(method)") }
  static func invalidParameters(_ message: String) -> Self { Self(code: -32602, message: message) }
  static func internalError(_ message: String) -> Self { Self(code: -32603, message: message) }
  static let notInitialized = Self(code: -32002, message: "the first request is 'initialize'")
}

/// A message as far as JSON-RPC goes.
enum Message: Equatable {
  case request(RequestID, method: String)
  case notification(method: String)
  /// To a request of ours, and we make none.
  case response

  init(_ bytes: [UInt8]) throws(ResponseError) {
    // The decoder would find other encodings in other bytes, and looks at strings only when they are asked for.
    guard String(validating: bytes, as: UTF8.self) != nil else { throw .parseError("the message is not UTF-8") }
    let envelope: Envelope
    do {
      envelope = try JSONDecoder().decode(Envelope.self, from: Data(bytes))
    } catch DecodingError.dataCorrupted {
      throw .parseError("the message is not JSON")
    } catch {
      throw .invalidRequest("the message is no request: \(explanation(error))")
    }
    switch (envelope.id, envelope.method) {
    case (let id?, let method?): self = .request(id, method: method)
    case (nil, let method?): self = .notification(method: method)
    case (.some, nil) where envelope.isResponse: self = .response
    case (_, nil): throw .invalidRequest("the message has no method")
    }
  }

  private struct Envelope: Decodable {
    var id: RequestID?
    var method: String?
    var isResponse: Bool

    private enum Key: CodingKey { case id, method, result, error }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      // `null` is an id like any other; the optional would take it for none.
      id = container.contains(.id) ? try container.decode(RequestID.self, forKey: .id) : nil
      method = try container.decodeIfPresent(String.self, forKey: .method)
      isResponse = container.contains(.result) || container.contains(.error)
    }
  }

  /// What a message says to its method; a message without any says the same as one with an empty object.
  static func parameters<Parameters: Decodable>(
    _ type: Parameters.Type, _ bytes: [UInt8]
  ) throws(ResponseError) -> Parameters {
    do {
      return try JSONDecoder().decode(Payload<Parameters>.self, from: Data(bytes)).params
    } catch {
      throw .invalidParameters(explanation(error))
    }
  }

  private struct Payload<Parameters: Decodable>: Decodable { var params: Parameters }
}

/// Where in a message something is missing or of another type.
private func explanation(_ error: any Error) -> String {
  let context: DecodingError.Context
  switch error {
  case DecodingError.keyNotFound(let key, let found):
    return "'\((found.codingPath + [key]).map(\.stringValue).joined(separator: "."))' is missing"
  case DecodingError.typeMismatch(_, let found), DecodingError.valueNotFound(_, let found),
    DecodingError.dataCorrupted(let found):
    context = found
  default: return "it cannot be read"
  }
  let path = context.codingPath.map(\.stringValue).joined(separator: ".")
  return path.isEmpty ? "it is not of the right type" : "'\(path)' is not of the right type"
}

// MARK: What is sent

struct Response<Result: Encodable>: Encodable {
  var id: RequestID
  var result: Result

  private enum Key: CodingKey { case jsonrpc, id, result }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode("2.0", forKey: .jsonrpc)
    try container.encode(id, forKey: .id)
    // Also where it is null: a response without a result is none.
    try container.encode(result, forKey: .result)
  }
}

struct ErrorResponse: Encodable {
  var jsonrpc = "2.0"
  var id: RequestID
  var error: ResponseError
}

struct Notification<Parameters: Encodable>: Encodable {
  var jsonrpc = "2.0"
  var method: String
  var params: Parameters
}

/// As bytes, members sorted, so that the same answer is always the same text.
func encoded(_ value: some Encodable) -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  // Strings, integers and booleans only: there is nothing that cannot be encoded.
  return (try? encoder.encode(value)).map { Array($0) } ?? []
}
