// Packed files: what is written is what is read, what does not fit is refused in a sentence that names it, and nothing
// that is not ours is replaced. The network's tables are written by hand, and its kernel hands its weights out.

import Foundation
import ResNetRuntime
import Testing

/// A fully connected layer from 3 values to 16.
private let layerTable: StaticString = """
  # layer, channels (that enter, where it has weights), size, attributes, inputs, tensors
  input  input, 3, 1x1
  fc     linear, 3 to 16, 1x1, reads input, weight fc.weight, bias fc.bias
  """
// Panels of one vector of 4 lanes: 16 biases, then for each panel 3 steps of 4 weights.
private let stepTable: StaticString = """
  # kernel and its units of work, place in the arena, halo, weights and vectors in a panel of them
  input, at 0, lanes 1
  fc,    kernel 0 of 16 units, at 16, weights 0, vectors 1
  """
private let weightFloats = 16 + 16 * 3

private func network(
  name: String = "Tiny", layers: StaticString = layerTable, steps: StaticString = stepTable, lanes: Int = 4,
  weightFloats: Int = weightFloats, isas: [ISA] = [.portable]
) -> ModelDescription {
  let plans = isas.map { isa in
    PlanDescription(
      isa: isa, lanes: lanes, arenaFloats: 64, scratchFloats: 0, weightFloats: weightFloats, steps: steps,
      // The first outputs are the first packed weights, the last is how far from a cache line they begin.
      kernels: { _, _, _, _, output, weights, _, begin, end in
        for unit in begin..<end - 1 { output[unit] = weights[unit] }
        output[end - 1] = Float(Int(bitPattern: weights) % 64)
      })
  }
  return ModelDescription(name: name, batch: 1, answer: .values, layers: layers, plans: plans, preprocess: nil)
}

private func outputs(_ engine: Engine) throws -> [UInt32] {
  var workspace = try engine.makeWorkspace()
  return try engine.logits([1, 2, 3], using: &workspace).map(\.bitPattern)
}

/// Calls `body` with a folder in which there is nothing but weights.packed.
private func withPacked<Result>(_ model: ModelDescription, _ body: (String) throws -> Result) throws -> Result {
  let folder = temporaryPath()
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  _ = try model.pack(weights: "random:1", to: folder + "/weights.packed", isa: .portable)
  return try body(folder + "/weights.packed")
}

/// What is said of a packed file of `model` when `other` loads it after it has been changed; `nil` if it is accepted.
private func fault(
  of model: ModelDescription = network(), for other: ModelDescription? = nil, isa: ISA? = nil,
  changed: (inout [UInt8]) -> Void = { _ in }
) throws -> PackedFault? {
  try withPacked(model) { path in
    var bytes = try readFile(path)
    changed(&bytes)
    try bytes.withUnsafeBytes { try writeFileAtomically(path, $0) }
    let loading = loadingError(other ?? model, path, isa: isa)
    let checking = checkingError(other ?? model, path, isa: isa)
    if loading != nil { #expect(loading == checking) }
    switch checking {
    case nil: return nil
    case .packedWeights(path, let fault): return fault
    case let error?: throw error
    }
  }
}

/// Why a model does not load a file.
private func loadingError(_ model: ModelDescription, _ path: String, isa: ISA? = nil) -> ModelError? {
  thrown { _ = try Engine(model, weights: path, threads: 1, isa: isa) }
}

/// Why a packed file fails its check.
private func checkingError(_ model: ModelDescription, _ path: String, isa: ISA? = nil) -> ModelError? {
  thrown { _ = try model.check(packed: path, isa: isa) }
}

/// Puts the hash of the first 4,088 bytes after them, as FNV-1a is defined.
private func seal(_ bytes: inout [UInt8]) {
  let hash = bytes[..<4088].reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  bytes.replaceSubrange(4088..<4096, with: (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * $0)) })
}

@Suite struct PackedTests {
  @Test func aPackedFileGivesTheSameAnswers() throws {
    let model = network()
    try withPacked(model) { path in
      let engine = try Engine(model, weights: path, threads: 1, isa: nil)
      let same = try Engine(model, weights: "random:1", threads: 1, isa: .portable)
      let another = try Engine(model, weights: "random:2", threads: 1, isa: .portable)
      #expect(try outputs(engine) == outputs(same))
      #expect(try outputs(engine) != outputs(another))
      let bias = try WeightSource("random:1").values("fc.bias", shape: [16])
      #expect(try outputs(engine) == bias.dropLast().map(\.bitPattern) + [0], "biases first, on a cache line")

      let summary = try model.check(packed: path, isa: nil)
      #expect(summary.isa == .portable && summary.floats == weightFloats)
      #expect(try readFile(path).count == summary.bytes)
    }
  }

  /// The same tables give the same bits, or `packingVersion` must be raised: files that were packed before would be
  /// read with another meaning. Computed from the definitions by hand.
  @Test func packingIsWhatItsVersionSays() throws {
    let bytes = try withPacked(network()) { try readFile($0) }
    #expect(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 24, as: UInt64.self) } == 0xA7D5_E36D_B21F_1829)
    let source = try WeightSource("random:1")
    let (weight, bias) = (try source.values("fc.weight", shape: [16, 3]), try source.values("fc.bias", shape: [16]))
    let panels = (0..<4).flatMap { panel in
      (0..<3).flatMap { step in (0..<4).map { lane in weight[(4 * panel + lane) * 3 + step] } }
    }
    #expect(Array(bytes[4096...]) == littleEndian(bias + panels))
  }

  @Test func theFilesInstructionSetIsUsed() throws {
    let both = network(isas: ISA.available)
    try withPacked(both) { path in
      for isa: ISA? in [nil, .portable] {
        let engine = try Engine(both, weights: path, threads: 1, isa: isa)
        #expect(engine.isa == .portable)
      }
    }
    guard let best = ISA.available.first, best != .portable else { return }
    #expect(try fault(of: both, isa: best) == .otherISA(found: "portable", expected: "\(best)", model: "Tiny"))
  }

  @Test(arguments: ["neon\0\0\0\0", "avx10\0\0\0", "portabl\0"]) func namesAnInstructionSetThatDoesNotRunHere(
    field: String
  )
    throws
  {
    let found = try fault { bytes in
      bytes.replaceSubrange(56..<64, with: field.utf8)
      seal(&bytes)
    }
    let name = String(field.prefix { $0 != "\0" })
    #expect(found == .isaNotHere(found: name, available: ["portable"], model: "Tiny"))
  }

  @Test func refusesOtherModels() throws {
    #expect(try fault(for: network(name: "Other")) == .otherModel(found: "Tiny", expected: "Other"))
    let long = String(repeating: "x", count: 300)
    #expect(try fault(of: network(name: long), for: network(name: long)) == nil)
    #expect(
      try fault(for: network(name: long)) == .otherModel(found: "Tiny", expected: long))
  }

  @Test func refusesOtherLayouts() throws {
    let others = [
      network(steps: "input, lanes 1\nfc, kernel 0 of 16 units, at 16, weights 0, vectors 2"),
      network(steps: "input, lanes 1\nfc, kernel 0 of 16 units, at 16, weights 16, vectors 1"),
      network(
        steps: "input, lanes 1\nfc, kernel 0 of 16 units, at 16, weights 0, vectors 1, winograd 2 packed 0.0 1.0 -1.0"),
      network(steps: "input, lanes 4\nfc, kernel 0 of 16 units, at 16, weights 0, vectors 1"),
      network(steps: "input, lanes 1\nfc, kernel 0 of 16 units, at 16, weights 0, vectors 1, order 8+8"),
      network(lanes: 8), network(weightFloats: 80),
      network(layers: "input input, 3, 1x1\nfc linear, 3 to 16, 1x1, reads input, weight fc.weight"),
      network(
        layers: "input input, 3, 1x1\nfc linear, 3 to 16, 1x1, relu, reads input, weight fc.weight, bias fc.bias"),
    ]
    for other in others { #expect(try fault(for: other) == .otherLayout(model: "Tiny")) }
  }

  /// As between batches: other kernels and places, the same weights.
  @Test func acceptsPlansThatReadTheSameWeights() throws {
    let other: StaticString = """
      # read by people
      input, at 8, lanes 1
      fc, kernel 7 of 3 units, at 32, halo 1x1, weights 0, vectors 1
      """
    #expect(try fault(for: network(steps: other)) == nil)
  }

  @Test func refusesFilesOfTheWrongLength() throws {
    let full = 4096 + 4 * weightFloats
    #expect(try fault { $0.removeLast() } == .fileSize(expected: full, found: full - 1))
    #expect(try fault { $0.append(0) } == .fileSize(expected: full, found: full + 1))
    #expect(try fault { $0.removeLast(4 * weightFloats) } == .fileSize(expected: full, found: 4096))
    for length in [8, 9, 4095] {
      #expect(try fault { $0 = Array($0.prefix(length)) } == .fileSize(expected: 4096, found: length))
    }
    // Numbers of floats that no file, and no integer, can hold.
    for count in [UInt64(weightFloats + 1), 1 << 61, 1 << 62, 1 << 63, .max] {
      let found = try fault { bytes in
        bytes.replaceSubrange(40..<48, with: (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) })
        seal(&bytes)
      }
      #expect(found == (count < 1 << 61 ? .fileSize(expected: full + 4, found: full) : .headerDamaged))
    }
  }

  @Test func refusesWhatItCannotRead() throws {
    #expect(try fault { $0[8..<16].reverse() } == .byteOrder)
    #expect(try fault { $0[16] = 2 } == .formatVersion(found: 2, expected: 1))
  }

  /// One bit in every byte that means something; one bit of every weight is found where that is asked for.
  @Test func noticesEveryChange() throws {
    let model = network()
    try withPacked(model) { path in
      let bytes = try readFile(path)
      for index in Array(8..<336) + Array(4080..<bytes.count) {
        var changed = bytes
        changed[index] ^= 1 << UInt8(index % 8)
        try changed.withUnsafeBytes { try writeFileAtomically(path, $0) }
        let loading = loadingError(model, path)
        let checking = checkingError(model, path)
        #expect((loading == nil) == (index >= 4096), "byte \(index)")
        #expect(index < 4096 || checking == .packedWeights(path: path, .weightsDamaged), "byte \(index)")
      }
    }
  }

  @Test func saysWhatIsNotPacked() throws {
    let model = network()
    for bytes in [[], [1, 2, 3], Array("\u{89}RNPACK".utf8), [UInt8](repeating: 0, count: 5000)] {
      try withFile(bytes) { path in
        let checking = checkingError(model, path)
        #expect(checking == .packedWeights(path: path, .notPacked))
        // Whatever is not packed is held to be safetensors.
        let loading = loadingError(model, path)
        #expect("\(loading, default: "")".contains("not a usable safetensors file"))
      }
    }
    let error = checkingError(model, "/tmp")
    #expect(error == .cannotOpen(path: "/tmp", reason: "it is a directory; pass a file"))
  }

  @Test func namesTheUseOfPackedWeightsAsTensors() throws {
    let model = network()
    try withPacked(model) { path in
      let expected = ModelError.packedWeights(path: path, .noTensors)
      #expect(thrown { _ = try WeightSource(path) } == expected)
      #expect(thrown { _ = try model.pack(weights: path, to: path, isa: nil) } == expected)
      let engine = try Engine(model, weights: path, threads: 1, isa: nil)
      #expect(thrown { _ = try engine.verify(weights: path) } == expected)
    }
  }
}

@Suite struct PackTargetTests {
  @Test func replacesAPackedFile() throws {
    let model = network()
    try withPacked(model) { path in
      let before = try outputs(Engine(model, weights: path, threads: 1, isa: nil))
      // Who has mapped the old file keeps it.
      let reader = try Engine(model, weights: path, threads: 1, isa: nil)
      _ = try model.pack(weights: "random:2", to: path, isa: .portable)
      #expect(try outputs(reader) == before)
      let again = try Engine(model, weights: path, threads: 1, isa: nil)
      #expect(try outputs(again) != before)
      let folder = URL(filePath: path).deletingLastPathComponent().path
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["weights.packed"])
    }
  }

  @Test(arguments: ["", "my only copy", "\u{89}RNPACK"]) func replacesNothingElse(text: String) throws {
    try withFile(Array(text.utf8)) { path in
      let error = thrown { _ = try network().pack(weights: "random:1", to: path, isa: nil) }
      #expect(error == .packedWeights(path: path, .foreignTarget))
      let left = try readFile(path)
      #expect(left == Array(text.utf8))
    }
  }

  @Test func leavesTheOldFileWhenPackingFails() throws {
    let model = network()
    try withPacked(model) { path in
      let before = try readFile(path)
      let missing = thrown { _ = try model.pack(weights: "/nowhere", to: path, isa: nil) }
      #expect(missing == .cannotOpen(path: "/nowhere", reason: "No such file or directory"))
      let isa: ISA = ISA.neon.isAvailable ? .avx2 : .neon
      let foreign = thrown { _ = try model.pack(weights: "random:1", to: path, isa: isa) }
      #expect(foreign == .unsupportedISA(name: "\(isa)", available: ["portable"]))
      #expect(try readFile(path) == before)
    }
  }

  @Test func namesWhatCannotBeWritten() throws {
    let model = network()
    for (path, expected) in [
      ("/tmp", ModelError.cannotOpen(path: "/tmp", reason: "it is a directory; pass a file")),
      ("/dev/null", .cannotOpen(path: "/dev/null", reason: "it is not a regular file")),
      ("/nowhere/at/all", .cannotWrite(path: "/nowhere/at/all", reason: "No such file or directory")),
      ("a\0b", .cannotWrite(path: "a\0b", reason: "the path holds a NUL character")),
    ] {
      #expect(thrown { _ = try model.pack(weights: "random:1", to: path, isa: nil) } == expected)
    }
  }
}
