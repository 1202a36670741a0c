// search WEIGHTS FOLDER IMAGE: which images of the folder are most like this one. The index is a row for each image, what
// the network's last layer reads, divided by its length: then a dot product is a cosine. Brute force is right up to some
// hundred thousand rows, whose products take milliseconds.
import Digits20
import Foundation

/// Embeddings of length 1, one after another.
struct Index {
  private(set) var names: [String] = []
  private var rows: [Float] = []

  mutating func add(_ name: String, _ embedding: [Float]) {
    names.append(name)
    rows += normalised(embedding)
  }

  /// The `count` nearest by cosine, the nearest first.
  func nearest(to embedding: [Float], count: Int) -> [(name: String, cosine: Float)] {
    let query = normalised(embedding)
    let cosines = names.indices.map { row in
      zip(query, rows[row * query.count..<(row + 1) * query.count]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let order = cosines.indices.sorted { (cosines[$1], $0) < (cosines[$0], $1) }
    return order.prefix(count).map { (names[$0], cosines[$0]) }
  }

  private func normalised(_ row: [Float]) -> [Float] {
    let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? row.map { $0 / length } : row
  }
}

@main struct Search {
  static func main() async {
    guard CommandLine.arguments.count == 4 else { return print("usage: Search WEIGHTS FOLDER IMAGE") }
    let (weights, folder, image) = (CommandLine.arguments[1], CommandLine.arguments[2], CommandLine.arguments[3])
    do {
      let service = try Digits20(weights: weights).makeService()
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        .filter { $0.hasSuffix(".png") || $0.hasSuffix(".jpg") || $0.hasSuffix(".ppm") }
      var index = Index()
      for (name, embedding) in try await embeddings(of: names, in: folder, by: service) { index.add(name, embedding) }
      let query = try await service.embedding(ofFile: [UInt8](try Data(contentsOf: URL(filePath: image))))
      for (name, cosine) in index.nearest(to: query, count: 5) {
        print(String(format: "%.4f", cosine), name)
      }
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit(1)
    }
  }

  /// In the order of the names. Here all files are asked for at once, which is right for some hundred; `Batch` bounds them.
  private static func embeddings(
    of names: [String], in folder: String, by service: InferenceService
  ) async throws -> [(String, [Float])] {
    try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
      for (index, name) in names.enumerated() {
        group.addTask {
          let file = [UInt8](try Data(contentsOf: URL(filePath: folder + "/" + name)))
          return (index, try await service.embedding(ofFile: file))
        }
      }
      var rows = [[Float]](repeating: [], count: names.count)
      for try await (index, row) in group { rows[index] = row }
      return Array(zip(names, rows))
    }
  }
}
