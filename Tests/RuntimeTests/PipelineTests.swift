// Input pipelines against torchvision, timm, Keras and Caffe, bit for bit, by what scripts/pipeline_fixtures.py stored.

import Foundation
import ResNetRuntime
import Testing

private struct Pipeline: Decodable, Sendable, CustomTestStringConvertible {
  enum Part: Decodable, Sendable {
    case word(String)
    case number(Int)
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .word(try container.decode(String.self))
      }
    }
  }
  let family, filter: String
  let width, height, seed: Int
  let resize: [Part]
  let crop: [Int]
  let mean, std: [Float]
  let antialias, bgr, square: Bool?
  let range: String?
  let fill: [UInt8]?
  let views: Int?
  let crc: UInt32
  /// All values, where they are not expected to the last one.
  let bytes: Data?

  var testDescription: String { "\(family) \(width)x\(height) \(resize) \(filter) \(views ?? 1)" }

  static let all = Result {
    try JSONDecoder().decode([Pipeline].self, from: Data(contentsOf: URL(filePath: fixture("pipelines.json"))))
  }

  func preprocess() throws -> Preprocess {
    let numbers = resize.compactMap { if case .number(let number) = $0 { number } else { nil } }
    let size: Preprocess.Resize =
      switch resize[0] {
      case .word("short"): .shortSide(numbers[0])
      case .word("fit"): .fit(height: numbers[0], width: numbers[1])
      case .word("cover"): .cover(height: numbers[0], width: numbers[1])
      default: .exactly(height: numbers[0], width: numbers[1])
      }
    return Preprocess(
      resize: size, filter: try #require(Preprocess.Filter(rawValue: filter)), cropHeight: crop[0], cropWidth: crop[1],
      mean: mean, std: std, antialias: antialias ?? true,
      range: range == "bytes" ? .bytes : range == "symmetric" ? .symmetric : .unit, isBGR: bgr ?? false,
      isSquared: square ?? false, fill: fill)
  }
}

@Suite struct PipelineTests {
  @Test(arguments: ["torchvision", "timm", "keras", "caffe", "square", "ten"]) func everyPixel(
    family: String
  ) throws {
    let cases = try Pipeline.all.get().filter { $0.family == family }
    #expect(cases.count >= 10)
    for c in cases {
      let image = try Image(
        width: c.width, height: c.height, rgb: noise(seed: c.seed, count: c.width * c.height * 3))
      let preprocess = try c.preprocess()
      let views = c.views == 10 ? CropView.ten : [.centre]
      var output = [Float](repeating: .nan, count: preprocess.count * views.count)
      try output.withUnsafeMutableBufferPointer { try preprocess.apply(image, views: views, into: $0) }
      #expect(output.withUnsafeBytes { crc32($0) } == c.crc, "\(c.testDescription)")
    }
  }

  /// PyTorch's sums depend on its build in their last bit, which decides where the exact value is a half.
  @Test func withoutAntialiasing() throws {
    let cases = try Pipeline.all.get().filter { $0.family == "tensor" }
    #expect(cases.count == 66)
    var (samples, others) = (0, 0)
    for c in cases {
      let image = try Image(
        width: c.width, height: c.height, rgb: noise(seed: c.seed, count: c.width * c.height * 3))
      let preprocess = try c.preprocess()
      var output = [Float](repeating: .nan, count: preprocess.count)
      try output.withUnsafeMutableBufferPointer { try preprocess.apply(image, into: $0) }
      let expected = try #require(c.bytes).map { Float($0) }
      #expect(zip(output, expected).allSatisfy { abs($0 - $1) <= 1 }, "\(c.testDescription)")
      samples += output.count
      others += zip(output, expected).count { $0 != $1 }
    }
    #expect(samples > 25_000 && others <= 8, "\(others) of \(samples)")
    print("without antialiasing: \(others) of \(samples) bytes are another")
  }
}
