// What the tests of the runtime share: fixtures, noise and files that go away.

import Foundation
import Testing

@testable import ResNetRuntime

/// A file under Fixtures.
func fixture(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)").path(percentEncoded: false)
}

func fixtureBytes(_ name: String) throws -> [UInt8] {
  try [UInt8](Data(contentsOf: URL(filePath: fixture(name))))
}

/// The next numbers of splitmix64; `noise` in scripts/image_fixtures.py is the same.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  init(seed: Int) { state = UInt64(seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

func noise(seed: Int, count: Int) -> [UInt8] {
  var generator = SplitMix(seed: seed)
  return (0..<count).map { _ in UInt8(generator.next() >> 56) }
}

/// Calls `body` with the path of a file of these contents, which is deleted afterwards.
@discardableResult
func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
  let path = temporaryPath()
  try Data(bytes).write(to: URL(filePath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

/// A path in the temporary directory where nothing is.
func temporaryPath() -> String {
  FileManager.default.temporaryDirectory.appending(path: "resnetc-\(UUID().uuidString)").path(percentEncoded: false)
}

/// A safetensors file: a header, padded as writers do, and data.
func safetensors(_ header: String, data: [UInt8] = [], padding: Int = 0) -> [UInt8] {
  let text = Array(header.utf8) + [UInt8](repeating: 0x20, count: padding)
  return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
}

func littleEndian(_ floats: [Float]) -> [UInt8] {
  floats.flatMap { float in (0..<4).map { UInt8(truncatingIfNeeded: float.bitPattern >> (8 * $0)) } }
}

extension WeightSource {
  /// The values of a tensor.
  func values(_ name: String, shape: [Int]) throws -> [Float] {
    var output = [Float](repeating: .nan, count: shape.reduce(1, *))
    try output.withUnsafeMutableBufferPointer { try read(name, shape: shape, into: $0) }
    return output
  }
}

/// What `body` throws, if it is one of ours.
func thrown(_ body: () throws -> Void) -> ModelError? {
  do {
    try body()
    return nil
  } catch {
    return error as? ModelError
  }
}

/// A step of so many units, as a step table has it.
func stepRecord(_ units: Int, _ work: String? = nil) throws -> StepRecord {
  func read<Result>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    try Array(text.utf8).withUnsafeBufferPointer(body)
  }
  let line = "a, kernel 0 of \(units) units" + (work.map { ", work \($0)" } ?? "") + ", at 0"
  let layers = try read("a  input, 1, 1x1") { try readLayers(TableLine.lines(of: $0)) }
  return try read(line) { try readSteps(TableLine.lines(of: $0), layers: layers, lanes: 1, isa: .portable).steps[0] }
}
