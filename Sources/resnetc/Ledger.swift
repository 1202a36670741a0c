// `.resnetc`: which files of a folder resnetc made, and what it put into them. It is what allows a later run to replace
// and remove them, and nothing else:
//
//     resnetc 1, 93 files
//     0f31c2a4d5e69788 Package.swift
//     ...
//
// While files are being replaced a path may stand there twice, with what it held and what it is to hold; so whatever
// an interrupted run leaves is still known to be ours.
import ResNetCompiler

/// The contents of a `.resnetc` file.
struct Ledger: Equatable {
  struct Entry: Hashable, Comparable {
    let path: String
    let hash: UInt64

    static func < (a: Entry, b: Entry) -> Bool { (a.path, a.hash) < (b.path, b.hash) }
  }

  /// Why the text of a ledger cannot be used.
  struct Fault: Error {
    let reason: String
  }

  static let fileName = ".resnetc"
  /// Far above what any network generates.
  static let byteLimit = 1 << 24

  /// Sorted, without duplicates.
  let entries: [Entry]
  private let hashes: [String: [UInt64]]

  init(_ entries: [Entry]) {
    self.entries = Set(entries).sorted()
    hashes = Dictionary(grouping: self.entries, by: \.path).mapValues { $0.map(\.hash) }
  }

  /// Files with the hashes of their contents.
  init(_ files: [EmittedFile]) {
    self.init(files.map { Entry(path: $0.path, hash: fnv1a(Array($0.contents.utf8))) })
  }

  /// Whether resnetc put `bytes` into the file at `path`.
  func covers(_ bytes: [UInt8], at path: String) -> Bool { hashes[path]?.contains(fnv1a(bytes)) ?? false }

  func lists(_ path: String) -> Bool { hashes[path] != nil }

  /// Every path once, in order.
  var paths: [String] {
    var result: [String] = []
    for entry in entries where result.last != entry.path { result.append(entry.path) }
    return result
  }

  // MARK: Text

  private static let head = "resnetc 1, "

  var text: String {
    Self.head + "\(entries.count) files\n" + entries.map { "\(hexadecimal($0.hash)) \($0.path)\n" }.joined()
  }

  init(text bytes: [UInt8]) throws(Fault) {
    guard bytes.count <= Self.byteLimit else { throw Fault(reason: "it is too large") }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Fault(reason: "it is not text") }
    // Scalars, not characters: what follows a line feed must not join it.
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    guard let first = lines.first, first.hasPrefix(Self.head) else {
      throw Fault(reason: "its first line does not begin with '\(Self.head.dropLast(2))'")
    }
    guard lines.count >= 2, lines.last == "", first == Self.head + "\(lines.count - 2) files" else {
      throw Fault(reason: "it is not complete")
    }
    var entries: [Entry] = []
    for (index, line) in lines[1..<lines.count - 1].enumerated() {
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].utf8.count == 16, let hash = UInt64(parts[0], radix: 16),
        hexadecimal(hash) == parts[0]
      else {
        throw Fault(reason: "line \(index + 2) is not a hash and a path")
      }
      guard isSafe(path: parts[1]) else { throw Fault(reason: "line \(index + 2) names a path outside the folder") }
      entries.append(Entry(path: String(parts[1]), hash: hash))
    }
    self.init(entries)
  }
}

/// A path that stays within its folder: relative, and made of plain names only.
func isSafe(path: some StringProtocol) -> Bool {
  guard path.utf8.count <= 1_024, !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return false }
  return path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
    !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
  }
}
