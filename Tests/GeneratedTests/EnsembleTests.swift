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
      let one = try pair(["classify", digits, "--weights", trained], in: scratch)
      #expect(one.status == 1 && one.output.contains("1 file of weights for an ensemble of 2 networks"))
      let bench = try pair(["bench", "--weights", "random:1,random:2"], in: scratch)
      #expect(bench.status == 64 && bench.output.contains("Pair is an ensemble of 2"))
      let missing = try pair(["classify", digits, "--weights", "\(trained),none"], in: scratch)
      #expect(missing.status == 1 && missing.output.contains("cannot open 'none'"))
      let help = try pair(["classify", "--help"], in: scratch)
      #expect(help.output.contains("for each network, with commas") && help.output.contains("Digits20, Digits20."))
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
