// The server: its state, the order of its life, and which method answers what. It is a value that takes messages and
// gives messages; who moves the bytes is not its concern. One message at a time, in order, because each change of a
// document builds on the one before. The methods themselves are in `Server+Methods.swift`.
import Foundation

/// Answers one client.
package struct LanguageServer {
  private enum Phase { case new, running, shutDown }

  private let version: String
  private var phase = Phase.new
  var documents: [String: Document] = [:]
  /// Documents that were closed and whose findings the client still shows.
  var closed: [String] = []
  var encoding = LSP.PositionEncoding.utf16
  var hasSnippets = false
  var hasSymbolTrees = false
  /// Sentences for the log since they were last taken.
  private var log: [String] = []

  /// Set when the client has said `exit`: 0 if it had said `shutdown` before.
  package private(set) var exitCode: Int32?

  /// What the linter is to look for in a document, by its URI: the server itself reads no files.
  package typealias LintSettingsSource = @Sendable (String) -> LintConfiguration
  let lintSettings: LintSettingsSource

  package init(version: String, lintSettings: @escaping LintSettingsSource = { _ in LintConfiguration() }) {
    (self.version, self.lintSettings) = (version, lintSettings)
  }

  /// What a process should end with if its client just goes away.
  package var exitCodeAtEnd: Int32 { exitCode ?? (phase == .shutDown ? 0 : 1) }

  package mutating func takeLog() -> [String] {
    defer { log = [] }
    return log
  }

  /// The answer to a frame, as a message without its header; notifications have none.
  package mutating func handle(_ frame: Frame) -> [UInt8]? {
    switch frame {
    case .message(let bytes): return handle(bytes)
    case .fault(let sentence):
      log.append(sentence)
      return encoded(ErrorResponse(id: .null, error: .parseError(sentence)))
    }
  }

  /// Findings of documents that have changed since the last time; to be called when nothing more waits to be read.
  package mutating func publish() -> [[UInt8]] {
    stalePublications().map { encoded(Notification(method: "textDocument/publishDiagnostics", params: $0)) }
  }

  private mutating func handle(_ bytes: [UInt8]) -> [UInt8]? {
    let message: Message
    do throws(ResponseError) {
      message = try Message(bytes)
    } catch {
      log.append(error.message)
      return encoded(ErrorResponse(id: .null, error: error))
    }
    switch message {
    case .response: return nil
    case .notification(let method):
      do throws(ResponseError) {
        try notify(method, bytes)
      } catch {
        log.append("\(method): \(error.message)")
      }
      return nil
    case .request(let id, let method):
      do throws(ResponseError) {
        return try answer(id, method, bytes)
      } catch {
        return encoded(ErrorResponse(id: id, error: error))
      }
    }
  }

  private mutating func notify(_ method: String, _ bytes: [UInt8]) throws(ResponseError) {
    if method == "exit" {
      exitCode = phase == .shutDown ? 0 : 1
      return
    }
    guard phase == .running else { return }
    switch method {
    case "textDocument/didOpen": open(try Message.parameters(LSP.OpenParameters.self, bytes))
    case "textDocument/didChange": try change(try Message.parameters(LSP.ChangeParameters.self, bytes))
    case "textDocument/didClose": close(try Message.parameters(LSP.DocumentParameters.self, bytes))
    default: break
    }
  }

  private mutating func answer(
    _ id: RequestID, _ method: String, _ bytes: [UInt8]
  ) throws(ResponseError) -> [UInt8] {
    switch phase {
    case .new where method != "initialize": throw .notInitialized
    case .running where method == "initialize": throw .invalidRequest("the server is initialized already")
    case .shutDown: throw .invalidRequest("the server is shut down")
    default: break
    }
    func response(_ result: some Encodable) -> [UInt8] { encoded(Response(id: id, result: result)) }
    func place() throws(ResponseError) -> LSP.PlaceParameters {
      try Message.parameters(LSP.PlaceParameters.self, bytes)
    }
    func document() throws(ResponseError) -> LSP.DocumentParameters {
      try Message.parameters(LSP.DocumentParameters.self, bytes)
    }
    switch method {
    case "initialize": return response(initialize(try Message.parameters(LSP.InitializeParameters.self, bytes)))
    case "shutdown":
      phase = .shutDown
      return response(Nothing?.none)
    case "textDocument/hover": return response(try hover(try place()))
    case "textDocument/inlayHint":
      return response(try inlayHints(try Message.parameters(LSP.InlayHintParameters.self, bytes)))
    case "textDocument/definition": return response(try definition(try place()))
    case "textDocument/documentSymbol":
      let parameters = try document()
      return hasSymbolTrees ? response(try documentSymbols(parameters)) : response(try symbolInformation(parameters))
    case "textDocument/completion": return response(try completion(try place()))
    case "textDocument/formatting": return response(try formatting(try document()))
    case "textDocument/codeAction":
      return response(try codeActions(try Message.parameters(LSP.CodeActionParameters.self, bytes)))
    default: throw .methodNotFound(method)
    }
  }

  /// Agrees on what both sides can do.
  mutating func initialize(_ parameters: LSP.InitializeParameters) -> LSP.InitializeResult {
    let client = parameters.capabilities
    if client?.general?.positionEncodings?.contains("utf-8") == true { encoding = .utf8 }
    hasSnippets = client?.textDocument?.completion?.completionItem?.snippetSupport == true
    hasSymbolTrees = client?.textDocument?.documentSymbol?.hierarchicalDocumentSymbolSupport == true
    phase = .running
    return LSP.InitializeResult(
      capabilities: LSP.ServerCapabilities(positionEncoding: encoding),
      serverInfo: LSP.ServerInfo(name: "resnetc", version: version))
  }
}

/// The result of a request that has none.
private struct Nothing: Encodable {}
