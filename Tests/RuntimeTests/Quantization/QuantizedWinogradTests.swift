// Winograd's convolution of integers: what its 16 and 32 bits must hold at worst, how near it comes to the convolution, and
// the interpreter against NumPy's integers and float32 (scripts/quantized_winograd.py), bit for bit.

import Foundation
import Testing

@testable import ResNetRuntime

@Suite struct QuantizedWinogradTests {
  static let cases: [IntegerInterpreterTests.Case] = {
    guard let data = try? fixtureBytes("quantized_winograd.json") else { return [] }
    return (try? JSONDecoder().decode([IntegerInterpreterTests.Case].self, from: Data(data))) ?? []
  }()

  @Test func theFixtureIsThere() { #expect(Self.cases.first?.winograd?.count == 7) }

  @Test(arguments: cases) func valuesAreThoseOfNumPy(_ test: IntegerInterpreterTests.Case) throws {
    let layers = try test.layers()
    let algorithms = layers.map { test.winograd?.contains($0.name) ?? false ? StepAlgorithm.integerWinograd : .direct }
    let network = try IntegerInterpreter(
      layers, test.numberTypes(), test.calibrated, WeightSource("random:\(test.seed)"), algorithms: algorithms)
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

  @Test(arguments: [NumberType.uint8, .int8]) func limitsAreReached(_ number: NumberType) {
    let ends = number.limits
    for (position, limits) in QuantizedWinograd.limits(number).enumerated() {
      let (rows, columns) = (
        QuantizedWinograd.input[position / 6], QuantizedWinograd.input[position % 6]
      )
      func worst(_ pick: (Int32) -> Float) -> Double {
        var sum = 0.0
        for a in rows {
          for b in columns { sum += Double(a * b) * Double(pick(a * b)) }
        }
        return sum
      }
      #expect(worst { $0 > 0 ? ends.upperBound : ends.lowerBound } == limits.upperBound)
      #expect(worst { $0 > 0 ? ends.lowerBound : ends.upperBound } == limits.lowerBound)
      #expect(limits.upperBound <= 32_767 && limits.lowerBound >= -32_768)
    }
    let all = QuantizedWinograd.limits(number)
    #expect(all.map(\.upperBound).max() == (number == .uint8 ? 17_340 : 12_768))
    #expect(all.map(\.lowerBound).min() == (number == .uint8 ? -12_750 : -12_768))
  }

  /// Transformed weights of every kind, met by the worst numbers that a tile can have, in whole sums of 64 bits.
  @Test(arguments: [NumberType.uint8, .int8], [1, 7, 64, 512, 4096, 65_536])
  func noSumLeavesItsBits(_ number: NumberType, _ channels: Int) {
    var generator = SplitMix(seed: channels)
    let kinds: [(String, (Int) -> Double)] = [
      ("alike", { _ in 3 }), ("alternating", { $0 % 2 == 0 ? 1e-3 : -1e-3 }),
      ("one large", { $0 == channels / 2 ? 1e6 : 1 }), ("uniform", { _ in Double.random(in: -1...1, using: &generator) }),
      ("rectified", { _ in max(0, Double.random(in: -1...1, using: &generator)) }), ("tiny", { _ in -1e-300 }),
    ]
    for (name, weight) in kinds {
      let weights = (0..<channels).map(weight)
      for limits in QuantizedWinograd.limits(number) {
        let step = QuantizedWinograd.step(weights, limits)
        let rounded = weights.map { Int64(($0 / step).rounded(.toNearestOrEven)) }
        #expect(rounded.allSatisfy { $0.magnitude <= 32_767 }, "\(name)")
        let (low, high) = (Int64(limits.lowerBound), Int64(limits.upperBound))
        let most = rounded.reduce(Int64(0)) { $0 + $1 * ($1 > 0 ? high : low) }
        let least = rounded.reduce(Int64(0)) { $0 + $1 * ($1 > 0 ? low : high) }
        #expect(most <= Int64(Int32.max) && least >= -Int64(Int32.max), "\(name)")
        // And no step is larger than it must be, but for what rounding may have added.
        guard channels <= 4096 else { continue }
        let isFull = max(most, -least) > Int64(Double(Int32.max) * 0.9) || rounded.contains { $0.magnitude == 32_767 }
        #expect(isFull, "\(name), \(channels): \(most) and \(least)")
      }
    }
  }

  @Test func aFilterOfZerosIsZeros() {
    #expect(QuantizedWinograd.step([0, 0, 0], -10...10) == 1)
  }

  /// Random weights and a rectified input, 64 channels: nearer to the convolution than the direct sum of bytes is.
  @Test func itIsNearerThanTheDirectSum() throws {
    let table = """
      input input, 3, 16x18
      a conv 1x1, 3 to 64, 16x18, relu, weight a.weight, reads input
      b conv 3x3, 64 to 32, 16x18, pad 1 1 1 1, weight b.weight, reads a
      """
    let layers = try Array(table.utf8).withUnsafeBufferPointer { try readLayers(TableLine.lines(of: $0)) }
    let source = try WeightSource("random:5")
    var ranges = Ranges(network: "Fixture")
    ranges["input"] = Ranges.Range(low: -1, high: 1)
    ranges["a"] = Ranges.Range(low: 0, high: 2)
    let numbers: [NumberType] = [.int8, .uint8, .float32]
    var pixels = [Float](repeating: 0, count: 3 * 16 * 18)
    pixels.withUnsafeMutableBufferPointer { RandomTensors(seed: 5).fill($0, name: "input", shape: [1, 3, 16, 18]) }
    func values(_ algorithms: [StepAlgorithm]) throws -> (input: [Float], output: [Float]) {
      let network = try IntegerInterpreter(layers, numbers, ranges, source, algorithms: algorithms)
      let found = try network.run(pixels, keeping: [1, 2])
      return (found[0].values(network.scales.scales[1]), found[1].numbers)
    }
    let direct = try values([])
    let winograd = try values([.direct, .direct, .integerWinograd])
    #expect(direct.input == winograd.input)
    let exact = try layers[2].kind.value(
      [direct.input.map { Double($0) }], layers.shapes(around: 2), PlainTensors(source: source))
    func decibels(_ values: [Float]) -> Double {
      let noise = zip(values, exact).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
      return 10 * log10(exact.reduce(0) { $0 + $1 * $1 } / noise)
    }
    let (ofDirect, ofWinograd) = (decibels(direct.output), decibels(winograd.output))
    #expect(ofDirect > 35 && ofDirect < 50, "\(ofDirect)")
    // 14 bits of a filter in place of eight, less what the way back multiplies: 23 dB with PyTorch's initial weights.
    #expect(ofWinograd > ofDirect + 12, "\(ofDirect), \(ofWinograd)")
  }
}
