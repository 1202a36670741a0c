// SPDX-License-Identifier: Apache-2.0
// NumPy's file of one array (NEP 1): a line of text that says type and shape, then the numbers.

/// A table of float32 whose rows come one after another, their number known only at the end.
final class NPYWriter {
  private let file: PendingFile
  private let columns: Int
  private(set) var rows = 0

  static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Room for any shape; a multiple of 64, as the format asks.
  private static let headerSize = 128

  init(_ path: String, columns: Int) throws(ModelError) {
    file = try PendingFile(path)
    self.columns = columns
    header.withUnsafeBytes { file.write($0) }
  }

  /// Adds a row of `columns` values.
  func add(_ row: [Float]) {
    precondition(row.count == columns)
    row.map(\.bitPattern.littleEndian).withUnsafeBytes { file.write($0) }
    rows += 1
  }

  func finish() throws(ModelError) {
    file.rewind()
    header.withUnsafeBytes { file.write($0) }
    try file.finish()
  }

  private var header: [UInt8] {
    let size = Self.headerSize - 10
    var text = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(columns)), }".utf8)
    text += [UInt8](repeating: 0x20, count: size - 1 - text.count) + [0x0A]
    return Self.signature + [1, 0, UInt8(size), 0] + text
  }
}

/// Throws where a file of another kind has the name.
func expectReplaceable(_ path: String, beginning: [UInt8], _ what: String) throws(ModelError) {
  guard PathKind(path) != .missing else { return }
  guard case .file = PathKind(path) else { throw .cannotWrite(path: path, reason: "it is no file; name another one") }
  let file = try MappedFile(path)
  guard file.bytes.starts(with: beginning) else {
    throw .cannotWrite(path: path, reason: "it exists, and is no \(what); name another file, or remove it")
  }
}
