// Integers of sums at their limits: none can leave 32 bits, biases are kept, and a term of zeros costs the other nothing.

import Testing

@testable import ResNetRuntime

@Suite struct QuantizedSumTests {
  /// Numbers of a layer whose tensors are all given.
  private func sum(
    _ table: String, _ numbers: [NumberType], _ ranges: Ranges, _ tensors: [(String, [Int], [Float])]
  ) throws -> (numbers: QuantizedSum, layers: [LayerRecord], scales: ValueScales) {
    let layers = try tableLayers(table)
    var header: [String] = []
    var data: [UInt8] = []
    for (name, shape, values) in tensors {
      let bytes = littleEndian(values)
      let list = shape.map(String.init).joined(separator: ",")
      header.append(
        "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\(list)],\"data_offsets\":[\(data.count),\(data.count + bytes.count)]}"
      )
      data += bytes
    }
    let scales = try ValueScales(layers, numbers, ranges)
    return try withFile(safetensors("{" + header.joined(separator: ",") + "}", data: data)) { path in
      let packer = WeightPacker(try WeightSource(path), layers)
      return (try packer.quantizedSum(layer: layers.count - 1, scales: scales), layers, scales)
    }
  }

  /// The largest magnitude that a channel's sum can have, in steps of its last term.
  private func reach(_ sum: QuantizedSum, channel: Int, of channels: Int, magnitudes: [Double]) -> (Double, Double) {
    func products(_ term: Int) -> Double {
      let length = sum.terms[term].count / channels
      return sum.terms[term][channel * length..<(channel + 1) * length].reduce(0) { $0 + abs(Double($1)) }
        * magnitudes[term]
    }
    let first = products(0) + abs(Double(sum.bias[channel]))
    return (first, sum.terms.count == 1 ? first : first * Double(sum.ratio[channel]) + products(1))
  }

  private let limit = Double(Int32.max)

  /// Of a checkpoint in integers: those it has, down to -128, whatever the largest of a row is.
  @Test func givenStepsGiveTheirIntegers() throws {
    let integers: [[Float]] = [[-128, 50, 3, 0], [1, -2, 3, 63], [127, -127, 0, 0]]
    let steps: [Float] = [0.013, 1e-3, 0.7]
    let weights = zip(integers, steps).flatMap { row, step in row.map { $0 * step } }
    var ranges = calibrated([("input", 0, 255)])
    let tensors: [(String, [Int], [Float])] = [("w", [3, 4], weights), ("b", [3], [0, 0.001, 7])]
    let table = "input input, 4, 1x1\nfc linear, 4 to 3, 1x1, reads input, weight w, bias b"
    ranges.steps["w"] = steps
    let (sum, _, _) = try self.sum(table, [.uint8, .float32], ranges, tensors)
    #expect(sum.terms[0].map { Float($0) } == integers.flatMap { $0 })
    #expect(sum.multiplier == steps && sum.bias == [0, 1, 10])
    // By themselves rows of other largest weights have other integers.
    ranges.steps = [:]
    let (other, _, _) = try self.sum(table, [.uint8, .float32], ranges, tensors)
    #expect(Array(other.terms[0][8...]) == [127, -127, 0, 0])
    #expect(Array(other.terms[0][..<8]) == [-127, 50, 3, 0, 2, -4, 6, 127])
  }

  @Test func noSumOfManyProductsOverflows() throws {
    // 70,000 weights of one size: 70,000 x 127 x 255 is above 2^31.
    let count = 70_000
    let (sum, _, _) = try self.sum(
      "input input, \(count), 1x1\nfc linear, \(count) to 2, 1x1, reads input, weight w, bias b", [.uint8, .float32],
      calibrated([("input", 0, 255)]),
      [("w", [2, count], [Float](repeating: 0.5, count: 2 * count)), ("b", [2], [1, 1e9])])
    for channel in 0..<2 {
      let (reach, _) = self.reach(sum, channel: channel, of: 2, magnitudes: [255])
      // A bias as large leaves the weights nothing.
      #expect(reach < limit && reach > limit * (channel == 0 ? 0.9 : 0.4))
    }
    // Each weight is still what it was, to its step.
    let step = Double(sum.multiplier[0])
    #expect(abs(Double(sum.terms[0][0]) * step - 0.5) <= step / 2)
    let second = Double(sum.multiplier[1])
    #expect(abs(Double(sum.bias[1]) * second / 1e9 - 1) < 1e-6)
  }

  @Test func largeBiasesOfSmallWeightsAreKept() throws {
    // As training leaves a channel whose batch norm scales it to nothing: the bias is all it says.
    let (sum, _, scales) = try self.sum(
      "input input, 1, 1x1\nc conv 1x1, 1 to 3, 1x1, reads input, weight w, bias b", [.int8, .int8],
      calibrated([("input", -1, 1), ("c", -2, 2)]),
      [("w", [3, 1, 1, 1], [1e-30, 0, 0]), ("b", [3], [0.7, -1.3, 0])])
    for (channel, bias) in [0.7, -1.3, 0].enumerated() {
      let found = Double(sum.bias[channel]) * Double(sum.multiplier[channel]) * Double(scales.scales[1])
      #expect(abs(found - bias) < 1e-6)
    }
    #expect(sum.terms == [[0, 0, 0]] && sum.multiplier.allSatisfy { $0.isFinite && $0 > 0 })
  }

  @Test func secondTermsKeepTheFirstsDigits() throws {
    let table = """
      input  input, 1, 1x1
      x      conv 1x1, 1 to 1, 1x1, reads input, weight x.w
      c      conv 1x1, 1 to 4, 1x1, reads input x, weight v, bias b, and 1x1, from 1, weight w
      """
    let first: [Float] = [0, 0.5, 100, 1e-3]
    let second: [Float] = [0.25, 0, 1e-6, 1000]
    let (sum, _, scales) = try self.sum(
      table, [.int8, .int8, .int8], calibrated([("input", -1, 1), ("x", -0.5, 0.5), ("c", -4, 4)]),
      [
        ("x.w", [1, 1, 1, 1], [1]), ("v", [4, 1, 1, 1], first), ("w", [4, 1, 1, 1], second),
        ("b", [4], [0.1, 0.1, 0.1, 0.1]),
      ])
    #expect(sum.ratio.allSatisfy { $0 <= 8 && $0 > 0 })
    // A term of zeros takes the other's steps.
    #expect(sum.ratio[0] == 1 && sum.ratio[1] == 1)
    for channel in 0..<4 {
      let step = Double(sum.multiplier[channel]) * Double(scales.scales[2])
      let weight = Double(sum.terms[1][channel]) * step / Double(scales.scales[1])
      let largest = max(abs(Double(second[channel])), step / Double(scales.scales[1]))
      #expect(abs(weight - Double(second[channel])) <= largest * 0.51)
      let own = Double(sum.terms[0][channel]) * step * Double(sum.ratio[channel]) / Double(scales.scales[0])
      #expect(abs(own - Double(first[channel])) <= abs(Double(first[channel])) * 0.005 + 1e-12)
      let (before, after) = reach(sum, channel: channel, of: 4, magnitudes: [128, 128])
      #expect(before < limit && after < limit)
    }
  }

  @Test func ratiosCannotOverflowEither() throws {
    let count = 66_000
    let table = """
      input  input, \(count), 1x1
      x      conv 1x1, \(count) to 1, 1x1, reads input, weight x.w
      c      conv 1x1, \(count) to 1, 1x1, reads input x, weight v, and 1x1, from 1, weight w
      """
    let (sum, _, _) = try self.sum(
      table, [.int8, .int8, .float32], calibrated([("input", -1, 1), ("x", -1, 1)]),
      [
        ("x.w", [1, count, 1, 1], [Float](repeating: 1, count: count)),
        ("v", [1, count, 1, 1], [Float](repeating: 1, count: count)), ("w", [1, 1, 1, 1], [0.001]),
      ])
    let (before, after) = reach(sum, channel: 0, of: 1, magnitudes: [128, 128])
    #expect(before < limit && after < limit && after > limit * 0.9)
  }

  @Test func factorsOverflowByName() {
    let error = thrown {
      _ = try sum(
        "input input, 1, 1x1\nc conv 1x1, 1 to 1, 1x1, reads input, weight w", [.int8, .int8],
        calibrated([("input", -3e38, 3e38), ("c", -1e-30, 1e-30)]), [("w", [1, 1, 1, 1], [3e38])])
    }
    #expect(error == .weightValue(tensor: "w", channel: 0, .overflow))
  }
}
