// Values that no network can run on, refused by tensor and channel when weights are packed; and values that are all but
// zero, which are packed as zeros. The network's tables are written by hand.

import Foundation
import ResNetRuntime
import Testing

/// A 1x1 convolution from 3 channels to 5 with a batch norm, PReLU, then a fully connected layer to 2.
private func network(epsilon: String = "1e-05", precision: Precision = .float32) -> ModelDescription {
  // Panels of one vector of 4 lanes: 8 biases and 8 slopes, 2 panels of 3 steps; then 4 biases and a panel of 8 steps.
  let steps: StaticString = """
    input, lanes 1
    conv, kernel 0 of 2 units, at 16, weights 0, vectors 1
    fc, kernel 0 of 2 units, at 32, weights 64, vectors 1
    """
  let layers: StaticString =
    epsilon == "0"
    ? """
    input input, 3, 1x1
    conv conv 1x1, 3 to 5, 1x1, prelu relu.weight, reads input, weight conv.weight, norm bn, eps 0
    fc linear, 5 to 2, 1x1, reads conv, weight fc.weight, bias fc.bias
    """
    : """
    input input, 3, 1x1
    conv conv 1x1, 3 to 5, 1x1, prelu relu.weight, reads input, weight conv.weight, norm bn
    fc linear, 5 to 2, 1x1, reads conv, weight fc.weight, bias fc.bias
    """
  let plan = PlanDescription(
    isa: .portable, precision: precision, lanes: 4, arenaFloats: 64, scratchFloats: 0, weightFloats: 64 + 4 + 32,
    steps: steps,
    kernels: { _, _, _, _, _, _, _, _, _ in })
  return ModelDescription(name: "Tiny", batch: 1, answer: .values, layers: layers, plans: [plan], preprocess: nil)
}

private let shapes: [(name: String, shape: [Int])] = [
  ("bn.bias", [5]), ("bn.running_mean", [5]), ("bn.running_var", [5]), ("bn.weight", [5]),
  ("conv.weight", [5, 3, 1, 1]), ("fc.bias", [2]), ("fc.weight", [2, 5]), ("relu.weight", [5]),
]

/// A file of ones in which the values of `changes` stand at their indices.
private func file(_ changes: [(String, Int, Float)]) -> [UInt8] {
  var header: [String] = []
  var data: [UInt8] = []
  for (name, shape) in shapes {
    var values = [Float](repeating: 1, count: shape.reduce(1, *))
    for (_, index, value) in changes.filter({ $0.0 == name }) { values[index] = value }
    let bytes = littleEndian(values)
    header.append(
      "\"\(name)\": {\"dtype\": \"F32\", \"shape\": \(shape), \"data_offsets\": [\(data.count), \(data.count + bytes.count)]}"
    )
    data += bytes
  }
  return safetensors("{" + header.joined(separator: ", ") + "}", data: data)
}

@Suite struct WeightValueTests {
  private func refusal(
    _ changes: [(String, Int, Float)], epsilon: String = "1e-05", precision: Precision = .float32
  ) throws -> ModelError? {
    try withFile(file(changes)) { path in
      thrown {
        let model = network(epsilon: epsilon, precision: precision)
        _ = try Engine(model, weights: path, threads: 1, isa: nil, precision: precision)
      }
    }
  }

  /// Weights alone are halves; biases and slopes are floats.
  @Test func whatNoHalfHoldsIsRefused() throws {
    func half(_ changes: [(String, Int, Float)]) throws -> ModelError? { try refusal(changes, precision: .float16) }
    #expect(try half([("fc.weight", 3, 65519), ("fc.weight", 4, -65519), ("fc.bias", 0, 1e9)]) == nil)
    #expect(
      try half([("fc.weight", 8, -65520)]) == .weightValue(tensor: "fc.weight", channel: 1, .halfOverflow))
    #expect(
      try half([("conv.weight", 7, 1e4), ("bn.weight", 2, 10)])
        == .weightValue(tensor: "conv.weight", channel: 2, .halfOverflow))
    // What is too small is zero, as it is next to any other weight.
    #expect(try half([("fc.weight", 0, 1e-30)]) == nil)
  }

  @Test func soundWeightsLoad() throws {
    #expect(try refusal([]) == nil)
    #expect(try refusal([("bn.running_var", 2, 0)]) == nil)
    #expect(try refusal([("conv.weight", 0, .greatestFiniteMagnitude)]) == nil)
  }

  /// The channel is the index in the tensor's own first dimension, whatever its rank.
  @Test(
    arguments: [
      ("conv.weight", 13, 4), ("bn.weight", 3, 3), ("bn.bias", 0, 0), ("bn.running_mean", 4, 4),
      ("bn.running_var", 2, 2), ("relu.weight", 1, 1), ("fc.weight", 5, 1), ("fc.bias", 1, 1),
    ]) func namesTensorAndChannel(name: String, index: Int, channel: Int) throws
  {
    #expect(try refusal([(name, index, .nan)]) == .weightValue(tensor: name, channel: channel, .notANumber))
    for value in [Float.infinity, -.infinity] {
      #expect(try refusal([(name, index, value)]) == .weightValue(tensor: name, channel: channel, .infinite))
    }
  }

  @Test func negativeVariancesAreRefused() throws {
    let error = try #require(try refusal([("bn.running_var", 3, -1)]))
    #expect(error == .weightValue(tensor: "bn.running_var", channel: 3, .negativeVariance(-1)))
    #expect(error.description.hasPrefix("bn.running_var[3] = -1"))
    // Small enough for eps to make it positive again.
    #expect(
      try refusal([("bn.running_var", 0, -1e-7)])
        == .weightValue(tensor: "bn.running_var", channel: 0, .negativeVariance(-1e-7)))
  }

  @Test func whatOverflowsWhenFoldedIsRefused() throws {
    #expect(
      try refusal([("bn.running_var", 1, 0)], epsilon: "0")
        == .weightValue(tensor: "bn.running_var", channel: 1, .zeroVariance))
    #expect(
      try refusal([("conv.weight", 7, 1e38), ("bn.weight", 2, 1e3)])
        == .weightValue(tensor: "conv.weight", channel: 2, .overflow))
    #expect(
      try refusal([("bn.running_mean", 4, 3e38), ("bn.weight", 4, 1e3)])
        == .weightValue(tensor: "bn.bias", channel: 4, .overflow))
  }

  /// Loading a file and packing it refuse alike, and nothing is written.
  @Test func packingRefusesToo() throws {
    try withFile(file([("fc.bias", 0, .nan)])) { path in
      let target = temporaryPath()
      #expect(
        thrown { _ = try network().pack(weights: path, to: target, isa: nil) }
          == .weightValue(tensor: "fc.bias", channel: 0, .notANumber))
      #expect(!FileManager.default.fileExists(atPath: target))
    }
  }

  /// A number below 2^-126 after folding is packed as zero, one above stays.
  @Test func denormalsArePackedAsZeros() throws {
    let tiny: Float = 0x1p-130
    let changes: [(String, Int, Float)] = [
      ("conv.weight", 0, tiny), ("conv.weight", 1, -tiny), ("conv.weight", 3, 1e-20), ("bn.weight", 1, 1e-20),
      ("relu.weight", 2, tiny), ("fc.bias", 0, tiny), ("fc.weight", 4, -tiny), ("conv.weight", 14, 0x1p-120),
    ]
    try withFile(file(changes)) { path in
      let target = temporaryPath()
      defer { try? FileManager.default.removeItem(atPath: target) }
      _ = try network().pack(weights: path, to: target, isa: nil)
      let bytes = try Data(contentsOf: URL(filePath: target)).dropFirst(4096)
      let packed = bytes.withUnsafeBytes { raw in
        (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
      #expect(packed.allSatisfy { $0 == 0 || $0.isNormal })
      let panels = 8 + 8
      #expect(packed[8 + 2] == 0 && packed[8 + 1] == 1, "slopes")
      #expect(packed[panels] == 0 && packed[panels + 4] == 0 && packed[panels + 8] != 0, "the first channel")
      #expect(packed[panels + 1] == 0 && packed[panels + 5] != 0, "folded")
      #expect(packed[panels + 12 + 8].binade == 0x1p-121, "what is not denormal stays")
      #expect(packed[64] == 0 && packed[65] == 1, "biases")
    }
  }
}
