// Weights by name: seeded ones against values from NumPy, files of every float type, and what is said when a file does
// not fit the model.

import Foundation
import ResNetRuntime
import Testing

@Suite struct RandomTensorTests {
  /// Checksums of the little-endian float32 values as NumPy computes them from the definition.
  @Test(
    arguments: [
      ("conv1.weight", [8, 3, 7, 7], 1, 1_147_097_287, Float(-0.032897037)),
      ("fc.weight", [5, 64], 1, 912_363_204, 0.06789862),
      ("bn1.weight", [9], 1, 4_196_863_787, 0.5144724),
      ("bn1.bias", [9], 1, 2_878_954_337, 0.034918975),
      ("bn1.running_mean", [9], 1, 303_958_294, -0.12480023),
      ("bn1.running_var", [9], 1, 4_084_218_463, 3.9567833),
      ("input", [1, 3, 8, 8], 1, 207_837_955, 0.96724176),
      ("conv1.weight", [8, 3, 7, 7], 0, 3_390_568_993, -0.17202467),
      ("layer1.0.conv1.weight", [4, 4, 3, 3], UInt64.max, 924_212_125, 0.38245547),
    ] as [(String, [Int], UInt64, UInt32, Float)])
  func agreesWithNumPy(name: String, shape: [Int], seed: UInt64, checksum: UInt32, first: Float) throws {
    let source = try WeightSource("random:\(seed)")
    let values = try source.values(name, shape: shape)
    #expect(values[0] == first)
    #expect(littleEndian(values).withUnsafeBytes { crc32($0) } == checksum)
    #expect(source.isRandom)
    try source.check([TensorSpec(name: name, shape: shape), TensorSpec(name: "another", shape: [1])])
  }

  @Test(arguments: ["random:", "random:x", "random:-1", "random:+1", "random:1 ", "random:18446744073709551616"])
  func refusesWhatIsNotASeed(text: String) {
    #expect(throws: ModelError.badSeed(text: text)) { _ = try WeightSource(text) }
  }
}

/// A file of tensors with these names, shapes and types, filled with `data` from a running index.
private func weights(_ tensors: [(String, [Int], String, [UInt8])]) -> [UInt8] {
  var data: [UInt8] = []
  let header = tensors.map { name, shape, dtype, bytes in
    defer { data += bytes }
    return
      #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[\#(data.count),\#(data.count + bytes.count)]}"#
  }
  return safetensors("{" + header.joined(separator: ",") + "}", data: data)
}

private func floats(_ name: String, _ shape: [Int]) -> (String, [Int], String, [UInt8]) {
  (name, shape, "F32", littleEndian((0..<shape.reduce(1, *)).map { Float($0) }))
}

private func check(_ tensors: [(String, [Int], String, [UInt8])], _ expected: [TensorSpec]) throws -> ModelError? {
  try withFile(weights(tensors)) { path in
    let source = try WeightSource(path)
    return thrown { try source.check(expected) }
  }
}

@Suite struct WeightSourceTests {
  private let expected = [
    TensorSpec(name: "conv1.weight", shape: [2, 1, 3, 3]), TensorSpec(name: "bn1.bias", shape: [2]),
  ]

  @Test func readsEveryFloatType() throws {
    let file = weights([
      ("odd", [1], "U8", [7]),  // What follows is at odd addresses.
      ("f32", [2, 2], "F32", littleEndian([1, -0.0, .infinity, 0x1p-149])),
      ("f16", [6], "F16", [0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0xFF, 0x7B, 0x00, 0xFC, 0xFF, 0x83]),
      ("bf16", [3], "BF16", [0x80, 0x3F, 0x49, 0xC0, 0x80, 0x7F]),
      (
        "f64", [3], "F64",
        [1.1, 1e300, 1 + 0x1p-24 + 0x1p-50].flatMap { (value: Double) in
          (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
        }
      ),
    ])
    try withFile(file) { path in
      let source = try WeightSource(path)
      #expect(!source.isRandom)
      let f32 = try source.values("f32", shape: [2, 2])
      #expect(f32.map(\.bitPattern) == [1, -0.0, .infinity, 0x1p-149].map { (value: Float) in value.bitPattern })
      #expect(try source.values("f16", shape: [6]) == [1, -2, 0x1p-24, 65504, -.infinity, -0x1.FF8p-15])
      #expect(try source.values("bf16", shape: [3]) == [1, -3.140625, .infinity])
      #expect(try source.values("f64", shape: [3]) == [1.1, .infinity, 1 + 0x1p-23])
    }
  }

  #if !(os(macOS) && arch(x86_64))
    @Test func widensEveryHalf() {
      for bits in UInt16.min...UInt16.max {
        let (ours, theirs) = (floatFromHalf(bits), Float(Float16(bitPattern: bits)))
        #expect(ours == theirs || (ours.isNaN && theirs.isNaN))
      }
    }
  #endif

  @Test func acceptsWhatFits() throws {
    let counter = ("bn1.num_batches_tracked", [Int](), "I64", [UInt8](repeating: 1, count: 8))
    #expect(try check([floats("bn1.bias", [2]), floats("conv1.weight", [2, 1, 3, 3]), counter], expected) == nil)
  }

  @Test(arguments: ["module.", "model."]) func acceptsAWrappersPrefix(prefix: String) throws {
    let tensors = [floats(prefix + "bn1.bias", [2]), floats(prefix + "conv1.weight", [2, 1, 3, 3])]
    #expect(try check(tensors, expected) == nil)
    let values = try withFile(weights(tensors)) { try WeightSource($0).values("bn1.bias", shape: [2]) }
    #expect(values == [0, 1])
  }

  @Test func namesAMissingTensorAndTheNearestUnusedName() throws {
    #expect(
      try check([floats("bn1.bias", [2]), floats("conv_1.weight", [2, 1, 3, 3])], expected)
        == .tensorMissing(name: "conv1.weight", expected: [2, 1, 3, 3], nearest: "conv_1.weight"))
    // bn1.bias is nearest to nothing, for it is used; the other name is too different to be meant.
    #expect(
      try check([floats("bn1.bias", [2]), floats("classifier.6.extra", [2])], expected)
        == .tensorMissing(name: "conv1.weight", expected: [2, 1, 3, 3], nearest: nil))
  }

  @Test func namesAMisshapenTensor() throws {
    #expect(
      try check([floats("bn1.bias", [3]), floats("conv1.weight", [2, 1, 3, 3])], expected)
        == .tensorMisshapen(name: "bn1.bias", expected: [2], found: [3]))
  }

  @Test func namesWhatIsLeftOver() throws {
    let tensors = [
      floats("bn1.bias", [2]), floats("conv1.weight", [2, 1, 3, 3]), floats("z", [1]), floats("a", [1]),
      floats("my_num_batches_tracked", [1]),
    ]
    #expect(try check(tensors, expected) == .tensorsUnexpected(names: ["a", "my_num_batches_tracked", "z"]))
  }

  /// Heads used in training only: a checkpoint has all of their tensors, some, or none.
  @Test(arguments: ["", "module."]) func tensorsOfAuxiliaryHeadsMayBeThere(prefix: String) throws {
    let own = [floats(prefix + "bn1.bias", [2]), floats(prefix + "conv1.weight", [2, 1, 3, 3])]
    let heads = ["aux1.fc.weight", "aux1.fc.bias"]
    for count in 0...2 {
      try withFile(weights(own + heads.prefix(count).map { floats(prefix + $0, [7]) })) { path in
        let left = try WeightSource(path).check(expected, auxiliary: heads)
        #expect(left.isEmpty)
      }
    }
    // Only those that the source has.
    try withFile(weights(own + [floats(prefix + "aux2.fc.bias", [7])])) { path in
      let error = thrown { _ = try WeightSource(path).check(expected, auxiliary: heads) }
      #expect(error == .tensorsUnexpected(names: [prefix + "aux2.fc.bias"]))
    }
  }

  /// A whole network's weights in a network that ends before its head.
  @Test(arguments: ["", "module.", "model."]) func weightsOfAHeadMayBeLeftOver(prefix: String) throws {
    let own = [floats(prefix + "bn1.bias", [2]), floats(prefix + "conv1.weight", [2, 1, 3, 3])]
    let heads = [floats(prefix + "classifier.6.weight", [1]), floats(prefix + "fc.bias", [1])]
    try withFile(weights(own + heads)) { path in
      let left = try WeightSource(path).check(expected)
      #expect(left == [prefix + "classifier.6.weight", prefix + "fc.bias"])
    }
    // What is no head stays an error, and is all that it names.
    for stranger in ["layer4.0.fc.weight", "fc", "fc2.weight", "head.fc.weight"] {
      let names = [prefix + stranger]
      #expect(try check(own + heads + [floats(names[0], [1])], expected) == .tensorsUnexpected(names: names))
    }
    // A model with a head of its own has no use for another.
    let withHead = expected + [TensorSpec(name: "fc.bias", shape: [1])]
    #expect(try check(own + heads, withHead) == .tensorsUnexpected(names: [prefix + "classifier.6.weight"]))
    // Shapes are exact all the same.
    let wrong = [own[0], floats(prefix + "conv1.weight", [2, 1, 3, 4])]
    #expect(
      try check(wrong + heads, expected)
        == .tensorMisshapen(name: "conv1.weight", expected: [2, 1, 3, 3], found: [2, 1, 3, 4]))
  }

  @Test func namesAnUnsupportedType() throws {
    let tensors = [("bn1.bias", [2], "U8", [1, 2] as [UInt8]), floats("conv1.weight", [2, 1, 3, 3])]
    #expect(try check(tensors, expected) == .dtypeNotSupported(name: "bn1.bias", dtype: "U8"))
    try withFile(weights(tensors)) { path in
      let source = try WeightSource(path)
      #expect(
        thrown { _ = try source.values("bn1.bias", shape: [2]) } == .dtypeNotSupported(name: "bn1.bias", dtype: "U8"))
    }
  }

  @Test func readingChecksToo() throws {
    try withFile(weights([floats("bn1.bias", [2])])) { path in
      let source = try WeightSource(path)
      #expect(
        thrown { _ = try source.values("bn2.bias", shape: [2]) }
          == .tensorMissing(name: "bn2.bias", expected: [2], nearest: "bn1.bias"))
      #expect(
        thrown { _ = try source.values("bn1.bias", shape: [1, 2]) }
          == .tensorMisshapen(name: "bn1.bias", expected: [1, 2], found: [2]))
      var output: [Float] = [0]
      #expect(
        thrown { try output.withUnsafeMutableBufferPointer { try source.read("bn1.bias", shape: [2], into: $0) } }
          == .invalidPlan(reason: "1 floats for tensor 'bn1.bias' of shape [2]"))
    }
  }

  /// A linear layer's weights are those of a 1x1 convolution, and the other way round.
  @Test func dimensionsOfOneAtTheEndDoNotMatter() throws {
    try withFile(weights([floats("fc.weight", [2, 3]), floats("conv1.weight", [2, 1, 1, 1])])) { path in
      let source = try WeightSource(path)
      try source.check([
        TensorSpec(name: "fc.weight", shape: [2, 3, 1, 1]), TensorSpec(name: "conv1.weight", shape: [2]),
      ])
      #expect(try source.values("fc.weight", shape: [2, 3, 1, 1]) == source.values("fc.weight", shape: [2, 3]))
      #expect(
        thrown { _ = try source.values("fc.weight", shape: [2, 1, 3]) }
          == .tensorMisshapen(name: "fc.weight", expected: [2, 1, 3], found: [2, 3]))
    }
  }

  @Test func findsTheNearestName() {
    #expect(
      nearestName(to: "layer1.0.conv1.weight", in: ["layer1.0.conv2.weight", "layer1.0.bn1.weight"])
        == "layer1.0.conv2.weight")
    #expect(nearestName(to: "fc.weight", in: ["fc.weights", "fc.weight2"]) == "fc.weights")
    #expect(nearestName(to: "fc.weight", in: []) == nil)
    #expect(nearestName(to: "fc.weight", in: ["resnet.embedder.embedder.convolution.weight"]) == nil)
    #expect(nearestName(to: "", in: ["a"]) == nil)
  }
}
