// The compiler works in memory: what it emits is text with a path. Only the command touches the disk.

/// A file of a generated package.
package struct EmittedFile: Hashable, Sendable {
  /// Relative to the package: `Sources/ResNet50/ResNet50.swift`.
  package let path: String
  package let contents: String

  package init(path: String, contents: String) {
    self.path = path
    self.contents = contents
  }
}

/// A source of ours that the compiler carries in itself.
struct EmbeddedFile {
  let name: String
  let text: String
}
