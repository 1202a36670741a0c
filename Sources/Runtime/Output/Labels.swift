// SPDX-License-Identifier: Apache-2.0
// Class names from a text file.

/// The names of a model's classes, in the order of its outputs.
public struct Labels: Sendable, Equatable {
  /// One name for each class.
  public let names: [String]

  /// Names in the order of the outputs.
  package init(_ names: [String]) { self.names = names }

  /// Reads a UTF-8 file of one name per line, `count` in all. Line ends may be LF or CR LF; empty lines at the end and a
  /// byte order mark do not count.
  ///
  /// Throws `ModelError.labelsCount` for another number of lines, `.labelsText` for a line that is not UTF-8, and
  /// `.cannotOpen` or `.cannotRead` for the file.
  public init(contentsOf path: String, count: Int) throws(ModelError) {
    let bytes = try readFile(path, limit: 1 << 22)
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      line.last == 0x0D ? line.dropLast() : line
    }
    if let first = lines.first, first.starts(with: [0xEF, 0xBB, 0xBF]) { lines[0] = first.dropFirst(3) }
    while let last = lines.last, last.isEmpty { lines.removeLast() }
    guard lines.count == count else { throw .labelsCount(path: path, expected: count, found: lines.count) }
    for (index, line) in lines.enumerated() {
      let invalid = line.withUnsafeBytes { firstInvalidUTF8($0) }
      guard invalid == nil else { throw .labelsText(path: path, line: index + 1) }
    }
    names = lines.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The name of a class, or nil beyond the last.
  public subscript(index: Int) -> String? { names.indices.contains(index) ? names[index] : nil }
}
