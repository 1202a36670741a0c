// What is said of checkpoints that nearly fit: where names begin differently, where there are two networks in a file, where it
// is one of several; and of numbers that a package cannot hold.
import ResNetRuntime
import Testing

@testable import ResNetCheckpoints

@Suite struct MisfitTests {
  private let names = ["conv1.weight", "bn1.weight", "bn1.bias", "fc.weight", "fc.bias"]
  private let shapes = [[2, 3, 1, 1], [2], [2], [4, 2], [4]]

  private var model: ModelTensors {
    ModelTensors(
      name: "Small", tensors: zip(names, shapes).map { TensorSpec(name: $0, shape: $1) }, auxiliary: [],
      spellings: [ModelTensors.Spelling(name: "own", names: names)], norms: [])
  }

  /// What is said of a file with tensors of these names, and zeros for numbers.
  private func message(_ tensors: [String]) throws -> (lines: [String], help: String)? {
    let made = try tensors.map { name in
      let place = try #require(names.firstIndex { name.hasSuffix($0) })
      let count = shapes[place].reduce(1, *)
      return try #require(
        CheckpointTensor(
          name: name, dtype: .f32, shape: shapes[place], storage: .memory(.init(repeating: 0, count: 4 * count))))
    }
    let checkpoint = try withFile([]) { path in
      try writeSafetensors(made, to: path)
      return try Checkpoint(path)
    }
    do throws(ConversionFault) {
      _ = try checkpoint.converted(to: model)
      return nil
    } catch {
      return (error.message.lines, error.message.help)
    }
  }

  @Test func aSecondNetworkIsSaid() throws {
    let said = try #require(try message(names.map { "model." + $0 } + names.map { "model_ema." + $0 }))
    #expect(said.lines.contains("read      names that begin with 'model.'"))
    #expect(
      said.help
        == "the file holds a second network; '--rename model_ema=' leaves it out, '--rename model=' the one that "
        + "was read")
  }

  @Test func beginningsThatDifferAreSaid() throws {
    let said = try #require(try message(names.prefix(3).map { "module." + $0 } + names.suffix(2)))
    #expect(said.help.hasPrefix("names begin differently; bring them to one beginning, such as that of 'fc.weight'"))
    let other = try #require(try message(names.prefix(3) + names.suffix(2).map { "module." + $0 }))
    #expect(other.help.contains("such as that of 'module.fc.weight'"))
    #expect(try message(names.map { "module." + $0 }) == nil)
  }

  @Test(arguments: [
    ("model-00001-of-00002.safetensors", true), ("/a/pytorch_model-00002-of-00003.bin", true),
    ("model-00001-of-00001.safetensors", false), ("model.safetensors", false), ("one-of-two.pth", false),
  ])
  func oneOfSeveralFilesIsKnownByItsName(path: String, isOne: Bool) { #expect(isNamedAsShard(path) == isOne) }

  @Test func doublesBeyondFloatsAreFound() throws {
    let values: [Double] = [1, -1e39, 3.4e38, 1e-300]
    let bytes = values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * $0)) }
    }
    let tensor = try #require(CheckpointTensor(name: "fc.bias", dtype: .f64, shape: [4], storage: .memory(bytes)))
    let findings = Conversion(tensors: [tensor], notes: []).findings(for: model)
    #expect(
      findings == [WeightFinding(tensor: "fc.bias", kind: .tooLarge, first: 1, channels: 1, of: 4)]
        && findings.allSatisfy(\.isError))
  }
}
