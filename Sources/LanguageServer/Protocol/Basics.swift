// The protocol's types that several features share. Only members that this server reads or writes are here; a decoder
// passes over the rest.

/// The Language Server Protocol, version 3.17.
enum LSP {
  /// A place between two characters; `character` counts code units of the encoding agreed on.
  struct Position: Codable, Hashable, Comparable, Sendable {
    var line: Int
    var character: Int

    static func < (a: Self, b: Self) -> Bool { (a.line, a.character) < (b.line, b.character) }
  }

  struct Range: Codable, Hashable, Sendable {
    var start: Position
    var end: Position
  }

  struct Location: Codable, Hashable, Sendable {
    var uri: String
    var range: Range
  }

  struct DocumentID: Codable, Sendable {
    var uri: String
  }

  struct TextEdit: Codable, Hashable, Sendable {
    var range: Range
    var newText: String
  }

  /// Of hover, definition and completion.
  struct PlaceParameters: Codable, Sendable {
    var textDocument: DocumentID
    var position: Position
  }

  /// Of symbols and formatting.
  struct DocumentParameters: Codable, Sendable {
    var textDocument: DocumentID
  }

  struct Markup: Codable, Hashable, Sendable {
    var kind = "markdown"
    var value: String
  }
}
