// What features are asked with, and what they answer.

extension LSP {
  struct PublishDiagnostics: Codable, Hashable, Sendable {
    var uri: String
    var version: Int?
    var diagnostics: [Diagnostic]
  }

  struct Diagnostic: Codable, Hashable, Sendable {
    var range: Range
    /// 1 error, 2 warning, 3 information.
    var severity: Int
    var code: String
    var source = "resnetc"
    var message: String
    var relatedInformation: [Related]?

    struct Related: Codable, Hashable, Sendable {
      var location: Location
      var message: String
    }
  }

  struct Hover: Codable, Hashable, Sendable {
    var contents: Markup
    var range: Range
  }

  struct InlayHintParameters: Codable, Sendable {
    var textDocument: DocumentID
    var range: Range
  }

  struct InlayHint: Codable, Hashable, Sendable {
    var position: Position
    var label: String
    var paddingLeft = true
    var tooltip: Markup
  }

  enum SymbolKind: Int, Codable, Sendable {
    case `class` = 5
    case property = 7
    case function = 12
    case variable = 13
    case array = 18
  }

  struct DocumentSymbol: Codable, Hashable, Sendable {
    var name: String
    var detail: String?
    var kind: SymbolKind
    var range: Range
    var selectionRange: Range
    var children: [DocumentSymbol]?
  }

  /// For clients that know no trees.
  struct SymbolInformation: Codable, Hashable, Sendable {
    var name: String
    var kind: SymbolKind
    var location: Location
    var containerName: String?
  }

  enum CompletionKind: Int, Codable, Sendable {
    case function = 3
    case variable = 6
    case property = 10
    case keyword = 14
    case snippet = 15
    case enumMember = 20
  }

  struct CompletionItem: Codable, Hashable, Sendable {
    var label: String
    var kind: CompletionKind
    var detail: String?
    var documentation: Markup?
    /// Keeps the server's order.
    var sortText: String
    var insertText: String
    /// 1 plain text, 2 snippet.
    var insertTextFormat: Int
  }

  struct CompletionList: Codable, Hashable, Sendable {
    var isIncomplete = false
    var items: [CompletionItem]
  }

  struct CodeActionParameters: Codable, Sendable {
    var textDocument: DocumentID
    var range: Range
    var context: Context?

    struct Context: Codable, Sendable { var only: [String]? }
  }

  struct CodeAction: Codable, Hashable, Sendable {
    var title: String
    var kind = "quickfix"
    var diagnostics: [Diagnostic]
    var isPreferred: Bool
    var edit: WorkspaceEdit
  }

  struct WorkspaceEdit: Codable, Hashable, Sendable {
    var changes: [String: [TextEdit]]
  }
}
