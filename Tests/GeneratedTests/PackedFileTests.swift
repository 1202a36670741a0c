// Packed files in generated packages, through the command and through the interface: the same answers to the last bit,
// and what is said where a file does not fit.
import Foundation
import ResNetRuntime
import Testing

@Suite(.serialized) struct PackedFileTests {
  private let digits = models.appending(path: "digits20.safetensors")

  @Test(arguments: ISA.available) func packedWeightsGiveTheSameBits(isa: ISA) throws {
    let umbrella = try Umbrella.small.get()
    let net = Net.torture[0]
    let answers = try Answers(try #require(net.fixture))
    let compilation = try net.compiled()
    try withTemporaryFolder { scratch in
      let (weights, pixels) = (scratch.appending(path: "w.safetensors"), scratch.appending(path: "in.f32"))
      try answers.writeWeights(of: compilation, to: weights)
      try write(answers.pixels(of: compilation), to: pixels)
      let (fromCommand, fromProgram) = (scratch.appending(path: "command"), scratch.appending(path: "program"))
      let command = try umbrella.command(of: net).path
      let text = try run(
        command, ["pack", "--weights", weights.path, "-o", fromCommand.path, "--isa", "\(isa)"]
      ).output
      #expect(text.hasPrefix("\(fromCommand.path): Odd for \(isa), "))
      try umbrella.pack(net, weights: weights, isa: isa, to: fromProgram)
      #expect(try Data(contentsOf: fromCommand) == Data(contentsOf: fromProgram))

      let expected = try umbrella.logits(net, weights: weights, isa: isa, threads: 1, pixels: pixels).values
      #expect(answers.error(of: expected) < 1e-4)
      for threads in [1, 2] {
        let packed = try umbrella.logits(net, weights: fromCommand, isa: isa, threads: threads, pixels: pixels).values
        #expect(packed.map(\.bitPattern) == expected.map(\.bitPattern), "\(threads) threads")
      }
      // Without --isa, the file decides.
      let verified = try run(command, ["verify", "--weights", weights.path, "--packed", fromCommand.path, "--quiet"])
      #expect(verified.output.hasPrefix("\(isa): "))
      #expect(verified.output.contains("within 1.0e-04"))
    }
  }

  @Test func classifyReadsPackedWeights() throws {
    let command = try Umbrella.small.get().command(of: Net.digits).path
    try withTemporaryFolder { scratch in
      let packed = scratch.appending(path: "digits.packed")
      try run(command, ["pack", "--weights", digits.path, "-o", packed.path])
      let folder = models.appending(path: "digits")
      let images = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".png") }
      #expect(!images.isEmpty)
      let answers = try [digits, packed].map { weights in
        try run(command, ["classify"] + images.sorted() + ["--weights", weights.path], in: folder).output
      }
      #expect(answers[0] == answers[1])
    }
  }

  /// What the command says, and that it ends with 1 where files are at fault and 64 where its arguments are.
  @Test func misfitsAreNamed() throws {
    let umbrella = try Umbrella.small.get()
    let (command, other) = (try umbrella.command(of: Net.digits).path, try umbrella.command(of: Net.torture[0]).path)
    try withTemporaryFolder { scratch in
      func expect(
        _ program: String, _ arguments: [String], _ status: Int32, _ texts: String..., at line: Int = #line
      ) throws {
        let result = try execute(program, arguments, in: scratch)
        #expect(result.status == status && texts.allSatisfy { result.output.contains($0) }, "\(line): \(result.output)")
      }
      let weights = ["--weights", digits.path]
      try expect(command, ["pack"] + weights + ["-o", "p", "--isa", "portable"], 0, "p: Digits20 for portable, ")
      try expect(command, ["pack", "--check", "p"], 0, "undamaged")
      try expect(command, ["bench", "--weights", "p", "--seconds", "0.1"], 0, "portable")
      try expect(other, ["bench", "--weights", "p"], 1, "packed for Digits20", "'odd pack --weights")
      if let best = ISA.available.first, best != .portable {
        try expect(
          command, ["bench", "--weights", "p", "--isa", "\(best)"], 1,
          "packed for portable, and this run uses \(best); run 'digits20 pack --weights WEIGHTS -o FILE --isa \(best)'")
      }
      try expect(command, ["verify", "--weights", "p"], 1, "--packed FILE")
      try expect(command, ["pack", "--weights", "p", "-o", "q"], 1, "the tensors that they were made from")
      try expect(command, ["pack"] + weights + ["-o", "q", "--check", "p"], 64, "--weights does not go with --check")
      try expect(command, ["pack"] + weights, 64, "-o is missing")

      try Data("precious".utf8).write(to: scratch.appending(path: "mine"))
      try expect(command, ["pack"] + weights + ["-o", "mine"], 1, "not replaced")
      #expect(try Data(contentsOf: scratch.appending(path: "mine")) == Data("precious".utf8))

      let packed = scratch.appending(path: "p")
      var bytes = try Data(contentsOf: packed)
      bytes[bytes.count - 2] ^= 1
      try bytes.write(to: packed)
      try expect(command, ["pack", "--check", "p"], 1, "checksum")
      try bytes.dropLast(4096).write(to: packed)
      try expect(command, ["bench", "--weights", "p"], 1, "cut short")
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["mine", "p"])
    }
  }
}
