// Several networks as one: the mean of their scores, as `--average` makes it of files, to the last bit.
import Foundation
import ResNetCompiler
import TestTiers
import Testing

@Suite(.serialized) struct EnsembleTests {
  private let digits = models.appending(path: "digits").path
  private let trained = models.appending(path: "digits20.safetensors").path

  private func pair(_ arguments: [String], in folder: URL) throws -> CommandResult {
    try execute(try Umbrella.small.get().products.appending(path: "pair").path, arguments, in: folder)
  }

  private func single(_ arguments: [String], in folder: URL) throws -> CommandResult {
    try execute(try Umbrella.small.get().command(of: Net.digits).path, arguments, in: folder)
  }

  @Test func scoresAreTheMeanOfTheMembers() throws {
    try withTemporaryFolder { scratch in
      let names = try FileManager.default.contentsOfDirectory(atPath: digits).sorted().filter { $0.hasPrefix("digit") }
      let list = names.map { "\(digits)/\($0) \($0.dropFirst(5).prefix(1))\n" }.joined()
      try Data(list.utf8).write(to: scratch.appending(path: "list.txt"))
      for crops in ["1", "10"] {
        let words = ["evaluate", "--images", "list.txt", "--crops", crops]
        try #require(
          single(words + ["--weights", trained, "--scores", "a.npy"], in: scratch).status == 0)
        let averaged = try single(
          words + ["--weights", "random:7", "--average", "a.npy", "--csv", "--scores", "b.npy"], in: scratch)
        let together = try pair(
          words + ["--weights", "random:7,\(trained)", "--csv", "--scores", "c.npy", "--threads", "2"], in: scratch)
        #expect(averaged.status == 0 && together.status == 0, "\(together.output)")
        #expect(together.output.split(separator: "\n").count == 9)
        let scores = try ["a", "b", "c"].map { name in
          try Data(contentsOf: scratch.appending(path: "\(name).npy")).dropFirst(128).withUnsafeBytes { bytes in
            (0..<names.count * 10).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
          }
        }
        let mean = zip(scores[1], scores[0]).map { ($0 + $1) / 2 }
        if crops == "1" {
          #expect(scores[2] == mean && averaged.output == together.output)
        } else {
          // Here each crop's scores are averaged over the networks first, there each network's over the crops.
          #expect(zip(scores[2], mean).allSatisfy { abs($0 - $1) < 1e-6 })
        }
        #expect(scores[0] != scores[2])
      }
      // The same network twice with the same weights says what it says alone.
      let classify = ["classify", digits, "--csv", "--weights"]
      let twice = try pair(classify + ["\(trained),\(trained)"], in: scratch)
      #expect(try twice.status == 0 && twice.output == single(classify + [trained], in: scratch).output)
    }
  }

  @Test func mistakesAreNamed() throws {
    try withTemporaryFolder { scratch in
      for weights in [trained, "\(trained),", "a,b,c", ""] {
        let one = try pair(["classify", digits, "--weights", weights], in: scratch)
        #expect(
          one.status == 64
            && one.output.contains(
              "--weights takes 2 files with commas between them, for Digits20, Digits20, not '\(weights)'")
        )
      }
      let logits = try pair(["logits", "--weights", "random:1,random:2"], in: scratch)
      #expect(
        logits.status == 64
          && logits.output.contains("Pair is an ensemble of 2, of which only scores have a mean: write these with"))
      let embed = try pair(["embed", digits, "-o", "o.npy"], in: scratch)
      #expect(embed.status == 64 && embed.output.contains("Pair is an ensemble of 2, each with its own: compile"))
      let twice = try pair(["pack", "--weights", "random:1,random:2", "-o", "a.packed,a.packed"], in: scratch)
      #expect(twice.status == 64 && twice.output.contains("-o names 'a.packed' twice"))
      let missing = try pair(["classify", digits, "--weights", "\(trained),none"], in: scratch)
      #expect(missing.status == 1 && missing.output.contains("cannot open 'none'"))
      let help = try pair(["classify", "--help"], in: scratch)
      #expect(help.output.contains("for each network, with commas") && help.output.contains("Digits20, Digits20."))
      let overview = try pair(["--help"], in: scratch).output
      #expect(["classify", "evaluate", "bench", "pack", "verify"].allSatisfy { overview.contains("\n  \($0) ") })
      #expect(!overview.contains("embed") && !overview.contains("logits"))
    }
  }

  /// Packed by the ensemble's command, weights give what they gave before, and `verify` holds each network's own.
  @Test func weightsArePackedForEachNetwork() throws {
    try withTemporaryFolder { scratch in
      let words = ["--isa", "portable", "--weights"]
      let files = "\(trained),random:7"
      let packed = try pair(["pack", "-o", "a.packed,b.packed"] + words + [files], in: scratch)
      #expect(packed.status == 0 && packed.output.contains("b.packed: Digits20 for portable, "), "\(packed.output)")
      let checked = try pair(["pack", "--check", "a.packed,b.packed"], in: scratch)
      #expect(checked.status == 0 && checked.output.split(separator: "\n").allSatisfy { $0.hasSuffix(" undamaged") })
      let classify = ["classify", digits, "--json"] + words
      let before = try pair(classify + [files], in: scratch)
      #expect(try before.status == 0 && before.output == pair(classify + ["a.packed,b.packed"], in: scratch).output)
      #expect(try before.output != pair(classify + ["b.packed,b.packed"], in: scratch).output)
      let verified = try pair(
        ["verify", "--quiet", "--packed", "a.packed,b.packed"] + words + [files], in: scratch)
      #expect(verified.status == 0 && verified.output.contains("network 2, Digits20\nportable: "), "\(verified.output)")
      // The second network's packed file is not of the first one's weights.
      let wrong = try pair(
        ["verify", "--quiet", "--packed", "b.packed,b.packed"] + words + [files], in: scratch)
      #expect(wrong.status == 1 && wrong.output.contains("which exceeds"))
    }
  }

  /// A call of an ensemble is a call of each of its networks; layer by layer each stands by itself.
  @Test func benchTimesAllNetworks() throws {
    try withTemporaryFolder { scratch in
      let words = ["bench", "--seconds", "0.1", "--weights", "random:1,random:2"]
      let text = try pair(words, in: scratch)
      #expect(text.status == 0 && text.output.contains("Pair, batch 1, 1 thread(s), "), "\(text.output)")
      struct Profile: Decodable { var model: String }
      let layers = try pair(words + ["--per-layer", "--json"], in: scratch)
      let profiles = try JSONDecoder().decode([Profile].self, from: Data(layers.output.utf8))
      #expect(profiles.map(\.model) == ["Digits20", "Digits20"])
    }
  }

  /// Two networks of different depth, with weights in the package's folder, as it is shipped.
  @Test(.enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it")) func packageStandsAlone() throws {
    try withTemporaryFolder { scratch in
      let source = try String(contentsOf: models.appending(path: "digits20.rn"), encoding: .utf8)
      let other = source.replacingOccurrences(of: "model Digits20", with: "model Deeper")
        .replacingOccurrences(of: "depth      20", with: "").replacingOccurrences(
          of: "[basic(64)] x 3", with: "[basic(64)] x 4")
      try Data(other.utf8).write(to: scratch.appending(path: "deeper.rn"))
      let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "resnetc")
      try run(
        binary.path,
        [
          "ensemble", models.appending(path: "digits20.rn").path, "deeper.rn", "--name", "Two", "-o", "Two", "--isa",
          "portable",
        ], in: scratch)
      let package = scratch.appending(path: "Two")
      let tests = try run("swift", ["test"], in: package)
      #expect(tests.output.contains("passed after") && !tests.output.contains("warning:"))
      let found = try run(
        package.appending(path: ".build/debug/two").path,
        ["classify", "\(digits)/digit0_0030.png", "--weights", "\(trained),random:1"], in: scratch)
      #expect(found.output.contains("class 0"))
    }
  }
}
