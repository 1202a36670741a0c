// A network that ONNX Runtime quantised, from its file to the answers of a package: the network of the digits.
import Foundation
import ResNetRuntime
import TestTiers
import Testing

@Suite(.serialized) struct QuantizedCheckpointTests {
  private static let count = 60

  private func floats(_ name: String, of file: Safetensors) throws -> [Float] {
    let data = file.data(file.entries[try #require(file.index(of: name))])
    return stride(from: 0, to: data.count, by: 4).map {
      Float(bitPattern: UInt32(littleEndian: data.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
    }
  }

  private func length(_ values: some Sequence<Float>) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  private func best(_ values: ArraySlice<Float>) -> Int? {
    values.indices.max { values[$0] < values[$1] }.map { $0 - values.startIndex }
  }

  /// The file rounds before each sum with a shortcut, and ours after it; and ours computes some layers by Winograd, with
  /// finer weights. What that changes is no more than what rounding as a whole does, which the file's own distance from
  /// float32 tells: two that round one network are at most twice that apart.
  @Test func answersAreThoseOfTheFile() throws {
    let known = fixtures.appending(path: "quantized")
    let model = models.appending(path: "digits20.rn").path
    let program = try Umbrella.small.get().command(of: Net.calibrated).path
    try withTemporaryFolder { folder in
      func run(_ program: String, _ words: [String]) throws {
        let result = try execute(program, words, in: folder)
        #expect(result.status == 0, "\(result.output)")
      }
      try run(
        commandURL().path,
        [
          "convert", known.appending(path: "digits20.onnx").path, "--model", model, "-o", "w.safetensors", "--ranges",
          "r",
        ])
      let answers = try Safetensors(known.appending(path: "digits20.safetensors").path)
      let images = answers.data(answers.entries[try #require(answers.index(of: "images"))])
      try Data(images).write(to: folder.appending(path: "in.f32"))
      try run(program, ["pack", "--weights", "w.safetensors", "--precision", "int8", "--ranges", "r", "-o", "p"])
      try run(program, ["logits", "--weights", "p", "--input", "in.f32", "--output", "out.f32"])
      let ours = try Data(contentsOf: folder.appending(path: "out.f32")).withUnsafeBytes { bytes in
        Array(bytes.bindMemory(to: Float.self))
      }
      let theirs = try floats("answers", of: answers)
      let plain = try floats("logits", of: Safetensors(fixtures.appending(path: "digits.safetensors").path))
        .prefix(Self.count * 10)
      try #require(ours.count == Self.count * 10 && theirs.count == ours.count && plain.count == ours.count)
      let loss = length(zip(theirs, plain).map { $0 - $1 })
      let apart = length(zip(ours, theirs).map { $0 - $1 })
      #expect(apart < 2 * loss && loss < 0.03 * length(theirs), "\(apart) apart, \(loss) from float32")
      for image in 0..<Self.count {
        let range = image * 10..<(image + 1) * 10
        #expect(best(ours[range]) == best(theirs[range]), "image \(image)")
      }
      // Kernels do what the interpreter does, of the file's integers and of the largest that there can be: steps so small
      // that all weights are 127 or -128, which no weights of our own are.
      let verify = ["verify", "--weights", "w.safetensors", "--precision", "int8", "--tolerance", "0", "--quiet"]
      try run(program, verify + ["--ranges", "r"])
      var ranges = try String(contentsOf: folder.appending(path: "r"), encoding: .utf8)
      for tensor in try Safetensors(folder.appending(path: "w.safetensors").path).entries where tensor.shape.count > 1 {
        ranges += tensor.name + " steps" + String(repeating: " 1e-9", count: tensor.shape[0]) + "\n"
      }
      try Data(ranges.utf8).write(to: folder.appending(path: "extreme"))
      try run(program, verify + ["--ranges", "extreme"])
    }
  }
}
