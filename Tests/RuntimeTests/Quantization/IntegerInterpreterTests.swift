// The integer interpreter, and the integers that packers lay out, against PyTorch's sums and NumPy's float32 for the same
// networks (scripts/quantized_answers.py), bit for bit.

import Foundation
import Testing

@testable import ResNetRuntime

@Suite struct IntegerInterpreterTests {
  struct Case: Decodable, CustomTestStringConvertible, Sendable {
    struct Sum: Decodable, Sendable {
      let terms: [[Int8]]
      let bias: [Int32]
      let ratio: [UInt32]
      let multiplier: [UInt32]
    }
    let name: String
    let seed: UInt64
    let table: String
    let numbers: [String]
    let ranges: [String: [Double]]
    /// Integers, or the bits of floats.
    let values: [String: [Int]]
    let sums: [String: Sum]
    /// Layers that are computed so.
    let winograd: [String]?

    var testDescription: String { name }

    func layers() throws -> [LayerRecord] {
      try Array(table.utf8).withUnsafeBufferPointer { try readLayers(TableLine.lines(of: $0)) }
    }

    func numberTypes() throws -> [NumberType] { try numbers.map { try #require(NumberType(rawValue: $0)) } }

    var calibrated: Ranges {
      var ranges = Ranges(network: "Fixture")
      for (name, ends) in self.ranges { ranges[name] = Ranges.Range(low: Float(ends[0]), high: Float(ends[1])) }
      return ranges
    }
  }

  static let cases: [Case] = {
    guard let data = try? fixtureBytes("quantized.json") else { return [] }
    return (try? JSONDecoder().decode([Case].self, from: Data(data))) ?? []
  }()

  @Test func theFixtureIsThere() { #expect(Self.cases.count == 5) }

  @Test(arguments: cases) func valuesAreThoseOfPyTorchAndNumPy(_ test: Case) throws {
    let layers = try test.layers()
    let source = try WeightSource("random:\(test.seed)")
    let network = try IntegerInterpreter(layers, test.numberTypes(), test.calibrated, source)
    let shape = layers[0].shape
    var pixels = [Float](repeating: 0, count: shape.count)
    pixels.withUnsafeMutableBufferPointer {
      RandomTensors(seed: test.seed).fill($0, name: "input", shape: [1, shape.channels, shape.height, shape.width])
    }
    var seen = 0
    _ = try network.run(pixels, keeping: []) { layer, value in
      let expected = test.values[layers[layer].name] ?? []
      switch value {
      case .integers(let found): #expect(found.map { Int($0) } == expected, "\(layers[layer].name)")
      case .floats(let found): #expect(found.map { Int($0.bitPattern) } == expected, "\(layers[layer].name)")
      }
      seen += 1
    }
    #expect(seen == layers.count && seen == test.values.count)
  }

  @Test(arguments: cases) func sumsHaveTheNumbersOfNumPy(_ test: Case) throws {
    let layers = try test.layers()
    let scales = try ValueScales(layers, test.numberTypes(), test.calibrated)
    let packer = WeightPacker(try WeightSource("random:\(test.seed)"), layers)
    for (index, layer) in layers.enumerated() {
      guard let expected = test.sums[layer.name] else { continue }
      let found = try packer.quantizedSum(layer: index, scales: scales)
      #expect(found.terms == expected.terms, "\(layer.name)")
      #expect(found.bias == expected.bias, "\(layer.name)")
      #expect(found.ratio.map(\.bitPattern) == expected.ratio, "\(layer.name)")
      #expect(found.multiplier.map(\.bitPattern) == expected.multiplier, "\(layer.name)")
    }
  }
}
