// What `quantize` reads and prints: which images it takes, which layers it blames, and JSON that is JSON.

import Foundation
import Testing

@testable import ResNetRuntime

@Suite struct QuantizeReportTests {
  private static let table: StaticString = """
    input  input, 3, 4x4
    pool   globalavgpool, 3, 1x1, reads input
    """

  private var model: ModelDescription {
    ModelDescription(
      name: "Tiny", batch: 1, answer: .softmax, layers: Self.table, plans: [],
      preprocess: Preprocess(
        resize: .shortSide(4), filter: .bilinear, cropHeight: 4, cropWidth: 4, mean: [0, 0, 0], std: [1, 1, 1]))
  }

  /// A folder with pictures of one colour, an empty file called as one, and a text.
  private func withPictures<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (index, name) in ["b/1.ppm", "a/0.ppm", "c/2.ppm", "c/3.ppm"].enumerated() {
      let path = URL(filePath: folder + "/" + name)
      try FileManager.default.createDirectory(
        at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("P6 4 4 255\n".utf8 + [UInt8](repeating: UInt8(10 * index), count: 48)).write(to: path)
    }
    return try body(folder)
  }

  private func images(_ path: String, count: Int = 300) throws -> QuantizeImages {
    try QuantizeImages(
      path, of: model, count: count, orients: false, labels: nil, ThreadPool(threads: 2))
  }

  @Test func foldersOfClassesTellThem() throws {
    try withPictures { folder in
      let found = try images(folder)
      #expect(found.paths.map { $0.suffix(7) } == ["a/0.ppm", "b/1.ppm", "c/2.ppm", "c/3.ppm"])
      #expect(found.labels == [0, 1, 2, 2] && found.failures.isEmpty)
      #expect(try found.pixels(1) == [Float](repeating: 0, count: 48))
      #expect(try found.pixels(3)[0] == Float(30) / 255)
      // Spread evenly.
      #expect(try images(folder, count: 2).paths.map { $0.suffix(7) } == ["a/0.ppm", "c/2.ppm"])
    }
  }

  @Test func otherFoldersAndListsDoNot() throws {
    try withPictures { folder in
      let found = try images(folder + "/c")
      #expect(found.paths.count == 2 && found.labels == nil)
      #expect(try images(folder + "/c/2.ppm").paths.count == 1)
      let list = folder + "/list.txt"
      try Data("c/2.ppm\r\n\nmissing.ppm\n\(folder)/a/0.ppm\n".utf8).write(to: URL(filePath: list))
      let listed = try images(list)
      #expect(listed.paths == [folder + "/c/2.ppm", folder + "/a/0.ppm"] && listed.labels == nil)
      #expect(listed.failures.count == 1 && listed.failures[0].description.contains("missing.ppm"))
      try Data("c/2.ppm 2\na/0.ppm 0\n".utf8).write(to: URL(filePath: list))
      #expect(try images(list).labels == [2, 0])
      #expect(thrown { _ = try images(folder + "/d") }?.description.contains("/d") == true)
    }
  }

  private func calibration(error: Double) -> Calibration {
    func loss(_ name: String, _ number: NumberType, _ part: Double) -> LayerLoss {
      LayerLoss(
        name: name, number: number, scale: 0.5, canBeKept: name != "input" && name != "k.whole", signal: 100,
        ownNoise: 100 * part, noise: 200 * part)
    }
    return Calibration(
      ranges: Ranges(network: "Tiny"), method: .mse,
      trials: [CalibrationTrial(name: "minmax", error: 2 * error), CalibrationTrial(name: "mse", error: error)],
      error: error,
      losses: [
        loss("input", .int8, 0), loss("a", .uint8, 0.001), loss("b", .uint8, 0.01), loss("c", .uint8, 0.004),
        loss("k", .float32, 0.8), loss("k.whole", .uint8, 0.7), loss("fc", .float32, 0.9),
      ], floatSums: ["k"], chosenBy: 3, heldOut: 1, outputs: [])
  }

  @Test func theLayersThatLoseMostAreNamed() throws {
    try withPictures { folder in
      func worst(_ allowed: Double?) throws -> [String] {
        let report = QuantizeReport(
          model: "Tiny", images: try images(folder), calibration: calibration(error: 0.1), allowed: allowed)
        return report.worst.map(\.name)
      }
      #expect(try worst(nil) == [] && worst(0.1) == [])
      // Of 0.015 in all, 0.010 must go for an error of 0.0578.
      #expect(try worst(0.09) == ["b"] && worst(0.05) == ["b", "c"] && worst(0) == ["b", "c", "a"])
      let text = QuantizeReport(
        model: "Tiny", images: try images(folder), calibration: calibration(error: 0.1), allowed: 0.05
      ).text()
      // What is kept stays so, and a conversion is no layer that could be.
      #expect(text.contains("'resnetc MODEL --precision float32,int8 --keep-float k,b,c'"))
      #expect(text.contains("Tiny, 4 images: ranges by 3 of them, tried on 1 others"))
      #expect(text.contains("mse *") && text.contains("10.00 %") && !text.contains("inf"))
    }
  }

  @Test func jsonIsJSON() throws {
    try withPictures { folder in
      var report = QuantizeReport(
        model: "Tiny", images: try images(folder), calibration: calibration(error: 0.25), allowed: 0.5)
      report.classes = ComparedClasses(float32: [0, 1, 2, 2], int8: [0, 1, 2, 1], labels: [0, 1, 1, 2])
      report.packed = ("out \"x\".packed", PackedSummary(isa: .portable, precision: .int8, floats: 16))
      struct Layer: Decodable {
        let name, type: String
        let own_db, total_db: Double?
      }
      struct Object: Decodable {
        let model, method: String
        let images, chosen_by, held_out, same_class: Int
        let error: Double
        let layers: [Layer]
        let right: [String: Int]
        let keep_float: [String]
      }
      let object = try JSONDecoder().decode(Object.self, from: Data(report.json().utf8))
      #expect(object.model == "Tiny" && object.method == "mse" && object.images == 4 && object.chosen_by == 3)
      #expect(object.same_class == 3 && object.right == ["float32": 3, "int8": 2] && object.keep_float == [])
      #expect(
        object.layers.map(\.name) == ["input", "a", "b", "c", "k", "k.whole", "fc"] && object.layers[0].own_db == nil)
      #expect(object.layers[2].own_db.map { abs($0 - 20) < 1e-9 } == true)
      #expect(report.text().contains("the same class for 3 of 4 images, 75.00 %"))
      #expect(report.text().contains("accuracy: float32 75.00 %, int8 50.00 %, -25.00 points"))
    }
  }
}
