// Scales from ranges: who shares one, where integers end, and which ranges do not do.

import Testing

@testable import ResNetRuntime

func tableLayers(_ text: String) throws -> [LayerRecord] {
  try Array(text.utf8).withUnsafeBufferPointer { try readLayers(TableLine.lines(of: $0)) }
}

func calibrated(_ ends: [(String, Float, Float)]) -> Ranges {
  var ranges = Ranges(network: "Test")
  for (name, low, high) in ends { ranges[name] = Ranges.Range(low: low, high: high) }
  return ranges
}

@Suite struct ValueScalesTests {
  /// Two convolutions side by side, a pool of one and both together, then a sum.
  private let table = """
    input  input, 4, 4x4
    a      conv 1x1, 4 to 8, 4x4, relu, reads input, weight a.weight
    b      conv 1x1, 4 to 8, 4x4, relu6, reads input, weight b.weight
    pool   maxpool 3x3, 8, 4x4, pad 1, reads a
    both   concat, 16, 4x4, reads pool b
    c      conv 1x1, 16 to 4, 4x4, reads both, weight c.weight
    sum    add, 4, 4x4, reads c input
    fc     linear, 4 to 3, 1x1, reads sum, weight fc.weight
    """
  private let numbers: [NumberType] = [.int8, .uint8, .uint8, .uint8, .uint8, .int8, .int8, .float32]

  private func makeScales(_ ends: [(String, Float, Float)], _ numbers: [NumberType]? = nil) throws -> ValueScales {
    try ValueScales(tableLayers(table), numbers ?? self.numbers, calibrated(ends))
  }

  @Test func whatOnlyMovesValuesSharesTheUnionOfRanges() throws {
    let scales = try makeScales([("input", -2, 1), ("a", 0, 3), ("b", 0, 9), ("c", -1, 4), ("sum", -5, 1)])
    // Cut off at 6, the range of `b` is still the widest of what the concatenation holds.
    let shared = Float(6) / 255
    let expected: [Float] = [2 / 127, shared, shared, shared, shared, 4 / 127, 5 / 127, 1]
    #expect(scales.scales == expected)
    #expect(scales.limits(of: 1) == 0...255 && scales.limits(of: 2) == 0...255)
    #expect(scales.limits(of: 0) == -128...127 && scales.limits(of: 6) == -128...127)
    #expect(scales.limits(of: 7) == -.infinity ... .infinity)
    #expect(scales.multiplier(from: 0, to: 6) == Float(Double(Float(2) / 127) / Double(Float(5) / 127)))
  }

  /// Beside something wider, 6 is not the last integer; and after ReLU no integer is below 0, whatever its type has.
  @Test func activationsHoldWhereTheTypeDoesNot() throws {
    let signed: [NumberType] = [.int8, .int8, .int8, .int8, .int8, .int8, .int8, .float32]
    let scales = try makeScales(
      [("input", -2, 1), ("a", 0, 12.7), ("b", 0, 4), ("c", -1, 4), ("sum", -5, 1)], signed)
    #expect(scales.scales[2] == 0.1 && scales.limits(of: 2) == 0...60 && scales.limits(of: 1) == 0...127)
    #expect(scales.limits(of: 3) == -128...127)
  }

  @Test func aRangeOfNothingHasAScale() throws {
    let scales = try makeScales([("input", 0, 0), ("a", 0, 0), ("b", 0, 0), ("c", 0, 0), ("sum", 0, 0)])
    #expect(scales.scales.dropLast().allSatisfy { $0 > 0 })
    #expect(scales.multiplier(from: 0, to: 6).isFinite)
  }

  @Test func missingLayersAreNamed() throws {
    let error = thrown { _ = try makeScales([("input", -2, 1), ("a", 0, 3), ("sum", -5, 1)]) }
    #expect(error == .rangesMissing(layers: ["b", "c"]))
    #expect(
      error?.description
        == "the ranges say nothing of 'b', 'c': they belong to another network, or to one compiled otherwise; make them "
        + "again with 'quantize'")
  }

  @Test(arguments: [(Float.nan, Float(1)), (0, .infinity), (2, 1)]) func rangesAreOfNumbers(low: Float, high: Float) {
    let error = thrown {
      _ = try makeScales([("input", low, high), ("a", 0, 3), ("b", 0, 9), ("c", -1, 4), ("sum", -5, 1)])
    }
    #expect(error == .rangeNotFinite(layer: "input"))
    #expect(error?.description.hasPrefix("the range of 'input' is not one of numbers") == true)
  }

  @Test func typesThatCannotMeetAreTheCompilersError() {
    let mixed: [NumberType] = [.int8, .uint8, .int8, .uint8, .uint8, .int8, .int8, .float32]
    let error = thrown {
      _ = try makeScales([("input", -2, 1), ("a", 0, 3), ("b", 0, 9), ("c", -1, 4), ("sum", -5, 1)], mixed)
    }
    #expect(error == .invalidPlan(reason: "'both' is uint8 and moves 'b', which is int8"))
    #expect(
      thrown { _ = try makeScales([], [.int8]) } == .invalidPlan(reason: "1 number types for 8 layers"))
  }

  @Test func stepsAreOfTensorsThatThereAre() throws {
    let layers = try tableLayers(
      "input input, 2, 4x4\na conv 1x1, 2 to 3, 4x4, reads input, weight a.weight")
    var own = calibrated([("input", -1, 1)])
    own.steps["a.weight"] = [1, 2, 3]
    #expect(try ValueScales(layers, [.int8, .float32], own).steps == own.steps)
    own.steps["a.weight"] = [1, 2]
    #expect(
      thrown { _ = try ValueScales(layers, [.int8, .float32], own) }
        == .rangesChannels(layer: "a.weight", expected: 3, found: 2))
    own.steps = ["a": [1, 2, 3]]
    #expect(thrown { _ = try ValueScales(layers, [.int8, .float32], own) } == .rangesSteps(tensor: "a"))
  }

  @Test func factorsNeedReadersThatDivideByThem() throws {
    let chain = """
      input  input, 2, 4x4
      a      conv 1x1, 2 to 2, 4x4, relu, reads input, weight a.weight
      b      conv 1x1, 2 to 2, 4x4, relu6, reads a, weight b.weight
      c      conv 1x1, 2 to 2, 4x4, relu, reads b, weight c.weight, adds a
      d      conv 1x1, 2 to 2, 4x4, reads c, weight d.weight
      """
    let layers = try tableLayers(chain)
    let numbers: [NumberType] = [.int8, .uint8, .uint8, .uint8, .float32]
    // The image is no sum, `a` is added as it is, ReLU6 ends at 6, `c` adds something, nobody reads `d`.
    #expect(layers.indices.filter { layers.canScaleChannels(of: $0, numbers) } == [])
    var own = calibrated([("input", -1, 1), ("a", 0, 1), ("b", 0, 1), ("c", 0, 1)])
    own.factors["a"] = [1, 2]
    #expect(thrown { _ = try ValueScales(layers, numbers, own) } == .rangesFactors(layer: "a"))
    own.factors = [:]
    own.shifts["a"] = [1, 2, 3]
    #expect(
      thrown { _ = try ValueScales(layers, numbers, own) }
        == .rangesChannels(layer: "a", expected: 2, found: 3))
    let plain = try tableLayers(chain.replacing(", adds a", with: ""))
    #expect(plain.indices.filter { plain.canScaleChannels(of: $0, numbers) } == [1, 3])
  }
}
