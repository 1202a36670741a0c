// From an image's file to its scores: `evaluate` with ten crops, and with the mean over two scales, against what a script of
// torchvision makes of the same files (scripts/score_fixtures.py), over odd, tall, wide and tiny images.
import Foundation
import ResNetCompiler
import ResNetRuntime
import Testing

@Suite(.serialized) struct ScoreTests {
  private struct Stored: Decodable {
    let sizes: [[Int]]
    /// By the network and the number of crops.
    let scores: [String: [[Double]]]
  }

  @Test(arguments: [1, 10]) func areThoseOfTorchvision(crops: Int) throws {
    let stored = try JSONDecoder().decode(
      Stored.self, from: Data(contentsOf: fixtures.appending(path: "scores/scores.json")))
    try withTemporaryFolder { scratch in
      var list = ""
      for (index, size) in stored.sizes.enumerated() {
        var file = Data("P6 \(size[0]) \(size[1]) 255\n".utf8)
        file.append(contentsOf: noise(seed: 3_000 + index, count: 3 * size[0] * size[1]))
        try file.write(to: scratch.appending(path: "\(index).ppm"))
        list += "\(index).ppm 0\n"
      }
      try Data(list.utf8).write(to: scratch.appending(path: "list.txt"))
      let words = [
        "evaluate", "--images", "list.txt", "--weights", "random:3", "--crops", "\(crops)", "--threads", "2",
      ]
      for net in Net.scoreScales {
        let result = try execute(
          Umbrella.small.get().command(of: net).path, words + ["--scores", "\(net.name).npy"], in: scratch)
        #expect(result.status == 0, "\(result.output)")
        let expected = try #require(stored.scores["\(net.name), \(crops)"])
        let actual = try scores(scratch.appending(path: "\(net.name).npy"), like: expected)
        #expect(difference(actual, expected) < 1e-4, "\(net.name), \(crops) crops")
      }
      // The mean over both scales, of which `--csv` prints the best class and its score.
      let result = try execute(
        Umbrella.small.get().command(of: Net.scoreScales[1]).path, words + ["--average", "Scale24.npy", "--csv"],
        in: scratch)
      #expect(result.status == 0, "\(result.output)")
      let means = try #require(stored.scores["both, \(crops)"])
      let lines = result.output.split(separator: "\n").filter { $0.contains(".ppm,") }
      try #require(lines.count == means.count, "\(result.output)")
      for (line, mean) in zip(lines, means) {
        // The path, its class twice, what it is taken for twice, that one's score, the class's own, its rank.
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        let predicted = try #require(Int(cells[3]))
        #expect(mean.allSatisfy { $0 < mean[predicted] + 1e-4 }, "\(line)")
        #expect(abs(try #require(Double(cells[5])) - mean[predicted]) < 1e-4, "\(line)")
        #expect(abs(try #require(Double(cells[6])) - mean[0]) < 1e-4, "\(line)")
      }
    }
  }

  /// The numbers that `noise` of scripts/image_fixtures.py makes: the upper bytes of splitmix64.
  private func noise(seed: Int, count: Int) -> [UInt8] {
    var state = UInt64(seed)
    return (0..<count).map { _ in
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return UInt8((z ^ (z >> 31)) >> 56)
    }
  }

  /// The table in a file of NumPy's, whose header has 128 bytes.
  private func scores(_ file: URL, like expected: [[Double]]) throws -> [[Double]] {
    let bytes = try Data(contentsOf: file)
    let columns = expected[0].count
    try #require(bytes.count == 128 + 4 * expected.count * columns)
    return bytes.withUnsafeBytes { raw in
      expected.indices.map { row in
        (0..<columns).map { Double(raw.loadUnaligned(fromByteOffset: 128 + 4 * (row * columns + $0), as: Float.self)) }
      }
    }
  }

  private func difference(_ a: [[Double]], _ b: [[Double]]) -> Double {
    zip(a.joined(), b.joined()).map { abs($0 - $1) }.max() ?? .infinity
  }
}
