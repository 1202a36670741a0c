// Quantised ONNX files: integers become floats, scales ranges, and what comes of both computes what ONNX Runtime computes
// of the file to the letter. scripts/quantized_checkpoint.py writes the files, each with one thing of its own.
import Foundation
import Testing

@testable import ResNetCheckpoints
@testable import ResNetRuntime

@Suite struct QuantizedTests {
  private static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/quantized/\(name)").path
  }

  /// What the compiler says of Tests/Fixtures/quantized/small.rn.
  private let model: ModelTensors = {
    let names = ["conv1.weight", "conv1.bias", "fc.weight", "fc.bias"]
    let shapes = [[4, 3, 3, 3], [4], [5, 4], [5]]
    return ModelTensors(
      name: "Small", tensors: zip(names, shapes).map { TensorSpec(name: $0, shape: $1) }, auxiliary: [],
      spellings: [ModelTensors.Spelling(name: "own", names: names)], norms: [],
      layers: [
        ModelLayer(name: "input", role: .image, inputs: [], number: .int8),
        ModelLayer(
          name: "conv1", role: .sum(weights: ["conv1.weight"], adds: false), inputs: [0], number: .uint8),
        ModelLayer(name: "head.pool", role: .mean, inputs: [1], number: .uint8),
        ModelLayer(name: "head.fc", role: .sum(weights: ["fc.weight"], adds: false), inputs: [2], number: .float32),
      ])
  }()
  private static let table = """
    input      input, 3, 4x4
    conv1      conv 3x3, 3 to 4, 4x4, pad 1x1, relu, reads input, weight conv1.weight, bias conv1.bias
    head.pool  globalavgpool, 4, 1x1, reads conv1
    head.fc    linear, 4 to 5, 1x1, reads head.pool, weight fc.weight, bias fc.bias
    """

  private func read(_ name: String) throws -> (tensors: [CheckpointTensor], found: QuantizedRanges) {
    let checkpoint = try Checkpoint(Self.path("\(name).onnx"))
    let conversion = try checkpoint.converted(to: model)
    let found = try checkpoint.quantizedRanges(of: model.layers, model: model.name, names: conversion.origins)
    return (conversion.tensors, found)
  }

  private func values(_ name: String, of file: String) throws -> [Float] {
    let file = try Safetensors(Self.path(file))
    let data = file.data(file.entries[try #require(file.index(of: name))])
    return stride(from: 0, to: data.count, by: 4).map {
      Float(bitPattern: UInt32(littleEndian: data.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
    }
  }

  /// The value of each layer, by the definition of our arithmetic.
  private func interpreted(_ name: String, keeping layer: Int) throws -> [Float] {
    let (tensors, found) = try read(name)
    let layers = try Array(Self.table.utf8).withUnsafeBufferPointer { try readLayers(TableLine.lines(of: $0)) }
    return try withFile([]) { path in
      try writeSafetensors(tensors, to: path)
      let interpreter = try IntegerInterpreter(
        layers, model.layers.map(\.number), found.ranges, WeightSource(path))
      let value = try interpreter.run(values("image", of: "small.safetensors"), keeping: [layer])[0]
      return interpreter.scales.values(value, of: layer, layers[layer].shape)
    }
  }

  /// Where it rounds, the file rounds, and nowhere else: what is left is how floats are added up, which comes to a few units
  /// in the last place of answers of five.
  @Test(arguments: ["small", "small_steps", "small_one_scale"])
  func computesWhatTheFileSays(name: String) throws {
    let answers = try interpreted(name, keeping: 3)
    let expected = try values(name, of: "small.safetensors")
    #expect(answers.count == 5)
    for (a, b) in zip(answers, expected) { #expect(abs(a - b) < 4e-6, "\(name): \(answers), \(expected)") }
  }

  @Test func scalesBecomeRanges() throws {
    let (tensors, found) = try read("small")
    #expect(found.notes == [] && found.ranges.layers == ["input", "conv1", "head.pool"])
    #expect(found.ranges["input"] == Ranges.Range(low: -127 * Float(0.02), high: 127 * Float(0.02)))
    #expect(found.ranges["conv1"] == Ranges.Range(low: 0, high: 255 * Float(0.05)))
    #expect(found.ranges["head.pool"] == Ranges.Range(low: 0, high: 255 * Float(0.03)))
    // The largest integer of each row is 127, so that rows tell their steps.
    #expect(found.ranges.steps == [:])
    let bias = try #require(tensors.first { $0.name == "conv1.bias" }?.values())
    let sums = bias.enumerated().map { $1 / (0.02 * (0.01 + Double($0) / 256)) }
    #expect(sums.allSatisfy { abs($0 - $0.rounded()) < 1e-3 } && Set(sums.map { $0.rounded() }).count == 4)
  }

  @Test func stepsAreKeptWhereWeightsDoNotTell() throws {
    let (tensors, found) = try read("small_steps")
    let steps = try #require(found.ranges.steps["conv1.weight"])
    #expect(steps == (0..<4).map { Float(0.01) + Float($0) / 256 } && found.ranges.steps["fc.weight"]?.count == 5)
    // -128 of the first row, which 127 steps would not hold.
    #expect(tensors.first { $0.name == "conv1.weight" }?.values()?.min() ?? 0 < -128 * 0.0099)
    #expect(try read("small_one_scale").found.ranges.steps["conv1.weight"] == nil)
    let written = try Ranges(Array(found.ranges.text.utf8), path: "text")
    #expect(written == found.ranges)
  }

  @Test func theSameNumbersInOtherTypesAreTheSame() throws {
    let sound = try read("small")
    for name in ["small_unsigned_image", "small_signed_value"] {
      let (tensors, found) = try read(name)
      #expect(found.ranges == sound.found.ranges && found.notes == [])
      #expect(plain(tensors) == plain(sound.tensors))
    }
    // 127 steps there, of which ours has 255.
    let narrow = try read("small_narrow_value").found
    #expect(narrow.ranges == sound.found.ranges)
    #expect(narrow.notes == ["1 value ends at 127 steps there, and here, as nothing is below zero, at 255"])
  }

  private func fault(_ name: String) throws -> QuantizedFault? {
    do {
      _ = try read(name)
      return nil
    } catch let error as QuantizedFault {
      return error
    } catch let error as CheckpointError {
      guard case .quantized(let fault) = error.fault else { return nil }
      return fault
    }
  }

  @Test(
    arguments: [
      (
        "small_image_zero",
        .valueZeros([QuantizedZero(layer: "input", value: "input", type: .u8, zero: 117, isSigned: true)]),
        "has its zero at 117 of uint8, and here at 0 of int8 (or 128 of uint8), as it may be negative"
      ),
      (
        "small_value_zero",
        .valueZeros([QuantizedZero(layer: "conv1", value: "relu", type: .u8, zero: 3, isSigned: false)]),
        "the value of conv1, 'relu', has its zero at 3 of uint8, and here at 0 of uint8 (or -128 of int8)"
      ),
      ("small_wide_value", .valueType(layer: "conv1", value: "relu", .u16), "is rounded to U16, and here to 8 bits"),
      ("small_weight_zero", .weightZero(tensor: "conv1.weight", zero: 5), "have their zero at 5"),
      ("small_unsigned_weights", .weightType(tensor: "conv1.weight", .u8), "are U8, and those of weights here I8"),
      ("small_axis", .axis(tensor: "conv1.weight", 1), "a scale for each index of dimension 1"),
      ("small_other_scales", .scale(of: "conv1.weight"), "the scales of 'conv1.weight'"),
      ("small_not_rounded", .notRounded(layer: "head.pool"), "the value of head.pool is not rounded"),
      ("small_operators", .operators("QLinearConv"), "its network is of 'QLinearConv'"),
    ] as [(String, QuantizedFault, String)])
  func whatIsNotTheSameIsRefused(name: String, expected: QuantizedFault, said: String) throws {
    let found = try #require(try fault(name))
    #expect(found == expected)
    #expect(([found.message.head] + found.message.lines).contains { $0.contains(said) }, "\(found.message)")
    // The way out is a way of quantising, or ours.
    #expect(found.message.help.contains("'quantize'"))
  }

  @Test func aFileOfFloatsHasNoRanges() throws {
    let checkpoint = try Checkpoint(fixture("net.onnx"))
    #expect(throws: QuantizedFault.plain) {
      try checkpoint.quantizedRanges(of: model.layers, model: "Small", names: [:])
    }
  }

  /// A graph that goes round in circles ends.
  @Test func circlesEnd() throws {
    var file = try Data(contentsOf: URL(fileURLWithPath: Self.path("small.onnx")))
    // The value behind ReLU is called as that before it.
    let (name, other) = (Data([0x12, 4] + "relu".utf8), Data([0x12, 5] + "conv1".utf8))
    let place = try #require(file.range(of: name))
    #expect(file.range(of: other) != nil)
    file.replaceSubrange(place, with: Data([0x12, 4] + "logi".utf8))
    let error = try withFile(Array(file)) { path -> QuantizedFault? in
      let checkpoint = try Checkpoint(path)
      let conversion = try checkpoint.converted(to: model)
      do throws(QuantizedFault) {
        _ = try checkpoint.quantizedRanges(of: model.layers, model: "Small", names: conversion.origins)
        return nil
      } catch {
        return error
      }
    }
    #expect(error == .notRounded(layer: "conv1"))
  }

  // MARK: Names

  @Test(arguments: [
    ("conv1.weight_quantized", "Conv_0", "conv1.weight"),
    ("ConvBnFusion_W_layer1.0.conv1.weight_quantized", "x", "layer1.0.conv1.weight"),
    ("onnx::Conv_193_quantized", "/layer1/layer1.0/conv1/Conv", "layer1.0.conv1.weight"),
    ("onnx::Conv_193", "/layer1/layer1.0/downsample/downsample.0/Conv", "layer1.0.downsample.0.weight"),
    ("onnx::Conv_193", "Conv", "onnx::Conv_193"),
  ])
  func weightsHaveTheNamesTheyHad(name: String, node: String, expected: String) throws {
    var operation = try ONNXNode(UnsafeRawBufferPointer(start: nil, count: 0), 0..<0)
    operation.name = node
    #expect(QuantizedGraph.plainName(name, operation) == expected)
  }

  // MARK: Folded norms

  @Test func foldedNormsBecomeNormsThatAddBiases() throws {
    func tensor(_ name: String, _ shape: [Int], _ values: [Float]) -> CheckpointTensor {
      // Fixed numbers of this file.
      CheckpointTensor(
        name: name, dtype: .f32, shape: shape, storage: .memory(values.flatMap { word(Int($0.bitPattern)) }))!
    }
    let names = ["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"]
    let model = ModelTensors(
      name: "Small", tensors: names.map { TensorSpec(name: $0, shape: $0 == names[0] ? [2, 1, 1, 1] : [2]) },
      auxiliary: [], spellings: [ModelTensors.Spelling(name: "own", names: names)],
      norms: [
        ModelTensors.Norm(
          convolution: names[0], factor: names[1], mean: names[3], variance: names[4], epsilon: 0.001)
      ])
    func converted(_ tensors: [CheckpointTensor]) throws -> Conversion {
      try withFile([]) { path in
        try writeSafetensors(tensors, to: path)
        return try Checkpoint(path).converted(to: model)
      }
    }
    let folded = [tensor("conv1.weight", [2, 1, 1, 1], [3, 4]), tensor("conv1.bias", [2], [-5, 6])]
    let made = try converted(folded)
    let values = made.tensors.map { $0.values() ?? [] }
    #expect(made.tensors.map(\.name) == names)
    #expect(values[0] == [3, 4] && values[1] == [1, 1] && values[2] == [-5, 6] && values[3] == [0, 0])
    #expect(values[4].allSatisfy { abs(($0 + 0.001).squareRoot() - 1) < 1e-7 })
    // Without a bias nothing was folded, and half of a norm is a mistake.
    #expect(throws: ConversionFault.self) { try converted([folded[0]]) }
    #expect(throws: ConversionFault.self) { try converted(folded + [tensor("bn1.weight", [2], [1, 1])]) }
  }
}
