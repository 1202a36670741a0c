// The first request, and what documents are told about.

extension LSP {
  /// How positions count.
  enum PositionEncoding: String, Codable, Sendable {
    case utf8 = "utf-8"
    case utf16 = "utf-16"
  }

  struct InitializeParameters: Codable, Sendable {
    var capabilities: ClientCapabilities?
  }

  struct ClientCapabilities: Codable, Sendable {
    var general: General?
    var textDocument: TextDocument?

    struct General: Codable, Sendable {
      /// Any text: there are encodings that this server has not heard of.
      var positionEncodings: [String]?
    }

    struct TextDocument: Codable, Sendable {
      var completion: Completion?
      var documentSymbol: DocumentSymbol?
    }

    struct Completion: Codable, Sendable {
      var completionItem: Item?
      struct Item: Codable, Sendable { var snippetSupport: Bool? }
    }

    struct DocumentSymbol: Codable, Sendable { var hierarchicalDocumentSymbolSupport: Bool? }
  }

  struct InitializeResult: Codable, Sendable {
    var capabilities: ServerCapabilities
    var serverInfo: ServerInfo
  }

  struct ServerInfo: Codable, Sendable {
    var name: String
    var version: String
  }

  struct ServerCapabilities: Codable, Sendable {
    var positionEncoding: PositionEncoding
    var textDocumentSync = Sync()
    var hoverProvider = true
    var inlayHintProvider = true
    var definitionProvider = true
    var documentSymbolProvider = true
    var completionProvider = Completion()
    var documentFormattingProvider = true
    var codeActionProvider = CodeActions()

    struct Sync: Codable, Sendable {
      var openClose = true
      /// Incremental; a change without a range is the whole text.
      var change = 2
    }

    struct Completion: Codable, Sendable {
      var triggerCharacters = [" ", ",", ";", "|", "[", "("]
    }

    struct CodeActions: Codable, Sendable {
      var codeActionKinds = ["quickfix"]
    }
  }

  struct OpenParameters: Codable, Sendable {
    var textDocument: Item

    struct Item: Codable, Sendable {
      var uri: String
      var version: Int?
      var text: String
    }
  }

  struct ChangeParameters: Codable, Sendable {
    var textDocument: VersionedID
    var contentChanges: [Change]

    struct VersionedID: Codable, Sendable {
      var uri: String
      var version: Int?
    }
    /// Without a range, the whole text.
    struct Change: Codable, Sendable {
      var range: Range?
      var text: String
    }
  }
}
