// SPDX-License-Identifier: Apache-2.0
// Scores of evaluations in files, so that several packages, each compiled for another size of image or another network
// altogether, are evaluated together: the paper's scales 224, 256, 384, 480 and 640 are five packages.

/// A table of float32 in a file of NumPy's.
final class ScoreFile: Sendable {
  private let file: MappedFile
  private let start: Int
  let rows: Int
  let columns: Int

  /// Throws unless the file holds a row for each image and a column for each class.
  init(_ path: String, images: Int, classes: Int) throws(ModelError) {
    file = try MappedFile(path)
    guard let (start, rows, columns) = Self.shape(file.bytes) else {
      throw .evaluationImages(
        path: path, line: nil, reason: "it is no table of float32 of NumPy's; make it with 'evaluate --scores'")
    }
    guard rows == images, columns == classes else {
      throw .evaluationImages(
        path: path, line: nil,
        reason: "it holds \(rows) x \(columns) scores where there are \(images) images of \(classes) classes; evaluate "
          + "the same images")
    }
    (self.start, self.rows, self.columns) = (start, rows, columns)
  }

  /// The scores of one image; NaN where it could not be read.
  subscript(row: Int) -> [Float] {
    (0..<columns).map { column in
      let bits = file.bytes.loadUnaligned(fromByteOffset: start + 4 * (row * columns + column), as: UInt32.self)
      return Float(bitPattern: UInt32(littleEndian: bits))
    }
  }

  /// Where the numbers begin, and how many there are.
  private static func shape(_ bytes: UnsafeRawBufferPointer) -> (start: Int, rows: Int, columns: Int)? {
    guard bytes.count > 12, bytes.starts(with: NPYWriter.signature), bytes[6] == 1 else { return nil }
    let start = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
    guard start <= bytes.count else { return nil }
    let header = String(decoding: bytes[10..<start], as: UTF8.self).filter { $0 != " " }
    guard header.hasPrefix("{'descr':'<f4','fortran_order':False,'shape':("),
      let open = header.firstIndex(of: "("), let close = header.firstIndex(of: ")")
    else { return nil }
    let sides = header[header.index(after: open)..<close].split(separator: ",").map { Int($0) }
    guard sides.count == 2, let rows = sides[0], let columns = sides[1], rows >= 0, columns > 0,
      rows <= bytes.count / 4 / columns, bytes.count == start + 4 * rows * columns
    else { return nil }
    return (start, rows, columns)
  }
}

/// The mean of an image's scores and of those that others gave it.
func averaged(_ scores: [Float], with others: [ScoreFile], row: Int) -> [Float] {
  guard !others.isEmpty else { return scores }
  var sum = scores
  for file in others {
    for (index, score) in file[row].enumerated() { sum[index] += score }
  }
  return sum.map { $0 / Float(others.count + 1) }
}
