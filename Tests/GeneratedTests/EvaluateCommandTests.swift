// `evaluate` and `embed` as a person types them: the network of the digits on its digits, and features that make the logits.
import Foundation
import ResNetCompiler
import ResNetRuntime
import Testing

@Suite(.serialized) struct EvaluateCommandTests {
  private let digits = models.appending(path: "digits")

  private func execute(_ net: Net, _ arguments: [String], in folder: URL) throws -> CommandResult {
    try GeneratedTests.execute(try Umbrella.small.get().command(of: net).path, arguments, in: folder)
  }

  /// The digits of models/digits and their classes by their names.
  private func images() throws -> [(path: String, label: Int)] {
    let names = try FileManager.default.contentsOfDirectory(atPath: digits.path).sorted().filter {
      $0.hasSuffix(".png")
    }
    return try names.map { (digits.appending(path: $0).path, try #require(Int($0.dropFirst(5).prefix(1)))) }
  }

  private struct Report: Decodable {
    struct Failed: Decodable { let image, error: String }
    let images, evaluated, crops: Int
    let top1, top1_error, top5: Double
    let failed: [Failed]
  }

  private func report(_ output: String) throws -> Report {
    let start = try #require(output.range(of: "{\n")), end = try #require(output.range(of: "\n}"))
    return try JSONDecoder().decode(Report.self, from: Data(output[start.lowerBound..<end.upperBound].utf8))
  }

  @Test func evaluatesListsAndFolders() throws {
    let images = try images()
    try withTemporaryFolder { scratch in
      let list = images.map { "\($0.path) \($0.label)" }.joined(separator: "\n") + "\nmissing.png 3\n"
      try Data(list.utf8).write(to: scratch.appending(path: "list.txt"))
      let words = ["--weights", models.appending(path: "digits20.safetensors").path]
      // What `classify` says of each, counted by hand.
      let labels = try String(contentsOf: digits.appending(path: "labels.txt"), encoding: .utf8).split(separator: "\n")
      let classified = try execute(Net.digits, ["classify", digits.path, "--top", "1", "--csv"] + words, in: scratch)
      let named = classified.output.split(separator: "\n").filter { $0.contains(".png") }
        .map { Int($0.split(separator: ",")[2]) }
      #expect(named.count == images.count && labels.count == 10)
      let right = zip(named, images).count { $0 == $1.label }
      for threads in ["1", "2"] {
        let result = try execute(
          Net.digits, ["evaluate", "--images", "list.txt", "--json", "--threads", threads] + words, in: scratch)
        let found = try report(result.output)
        #expect(result.status == 1 && found.images == images.count + 1 && found.evaluated == images.count)
        #expect(
          found.failed.map(\.image) == ["missing.png"] && result.output.contains("Error: cannot open 'missing.png'"))
        #expect(found.top1 == Double(right) / Double(images.count) && found.top5 >= found.top1)
      }
      // Folders that are called as the labels are.
      for (path, label) in images {
        let folder = scratch.appending(path: "by_class/\(labels[label])")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: path, toPath: folder.appending(path: "\(UUID()).png").path)
      }
      let options = [
        "--images", "by_class", "--labels", digits.appending(path: "labels.txt").path, "--resume", "state",
      ]
      let folders = try execute(Net.digits, ["evaluate"] + options + words, in: scratch)
      #expect(
        folders.status == 0 && folders.output.contains("Digits20, \(images.count) of \(images.count) images, 1 crop"))
      #expect(folders.output.contains("top-1") && folders.output.contains("top-5"), "\(folders.output)")
      // All is known by now, and the same is said.
      let again = try execute(Net.digits, ["evaluate"] + options + words, in: scratch)
      #expect(again.output.split(separator: "\n").dropFirst() == folders.output.split(separator: "\n").dropFirst())
      let other = try execute(Net.digits, ["evaluate", "--crops", "10"] + options + words, in: scratch)
      #expect(other.status == 1 && other.output.contains("cannot go on from 'state': its crops is '1'"))
      let ten = try execute(
        Net.digits, ["evaluate", "--crops", "10", "--images", "list.txt", "--csv"] + words, in: scratch)
      #expect(ten.output.split(separator: "\n").count { $0.contains(".png,") } == images.count)
    }
  }

  /// What is mistyped is said before anything is computed, in a sentence of its own, and leaves no file.
  @Test func mistakesOnTheCommandLineAreNamed() throws {
    let image = try images()[0].path
    try withTemporaryFolder { scratch in
      try Data("\(image) 0\n".utf8).write(to: scratch.appending(path: "list.txt"))
      let weights = ["--weights", "random:1"]
      let evaluate = ["evaluate", "--images", "list.txt"] + weights
      for (words, status, said) in [
        (
          ["classify", image, "--json=1"] + weights, 64, "Error: --json takes no value\nSee 'digits20 classify --help'"
        ),
        (["classify", ""] + weights, 1, "cannot open '': the name is empty"),
        (["classify", image, "--weights", ""], 1, "cannot open '': the name is empty"),
        (["classify"] + weights + ["--", "--top"], 1, "cannot open '--top'"),
        (["nothing"], 64, "unknown subcommand 'nothing'\nSee 'digits20 --help'"),
        (
          evaluate + ["--average", ""], 64,
          "--average takes files with commas between them, and one of these has no name"
        ),
        (evaluate + ["--average", "a.npy,"], 64, "one of these has no name"),
        (evaluate + ["--resume", ""], 1, "cannot write '': the name is empty"),
        (evaluate + ["--resume", "no/state"], 1, "cannot write 'no/state': No such file or directory"),
        (["embed", "none.png", "-o", "f.npy"] + weights, 1, "no image could be read; nothing is written"),
      ] {
        let result = try execute(Net.digits, words, in: scratch)
        #expect(result.status == status && result.output.contains(said), "\(words): \(result.output)")
        #expect(!result.output.contains("images/s"), "\(words)")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["list.txt"])
      // Behind `--` a name may begin as options do.
      try FileManager.default.copyItem(atPath: image, toPath: scratch.appending(path: "-0.png").path)
      let dashed = try execute(Net.digits, ["classify"] + weights + ["--csv", "--", "-0.png"], in: scratch)
      #expect(dashed.status == 0 && dashed.output.contains("\n-0.png,"), "\(dashed.output)")
    }
  }

  /// Features times the classifier's matrix are the logits.
  @Test func featuresMakeTheLogits() throws {
    let net = Net.endings[1]
    let paths = try images().map(\.path)
    try withTemporaryFolder { scratch in
      try Data("no picture".utf8).write(to: scratch.appending(path: "bad.png"))
      let result = try execute(
        net, ["embed"] + paths + ["bad.png", "--weights", "random:1", "-o", "f.npy"], in: scratch)
      #expect(result.status == 1 && result.output.contains("f.npy: \(paths.count) x 32 float32"), "\(result.output)")
      let names = try String(contentsOf: scratch.appending(path: "f.txt"), encoding: .utf8)
      #expect(names == paths.map { $0 + "\n" }.joined())
      let bytes = try Data(contentsOf: scratch.appending(path: "f.npy"))
      #expect(bytes.count == 128 + paths.count * 32 * 4)
      let values = bytes.dropFirst(128).withUnsafeBytes { raw in
        (0..<paths.count * 32).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
      let weight = RandomTensors(seed: 1).tensor("fc.weight", [5, 32])
      let bias = RandomTensors(seed: 1).tensor("fc.bias", [5])
      let classified = try execute(
        net, ["classify"] + paths + ["--weights", "random:1", "--csv", "--top", "5"], in: scratch)
      var scores: [String: Float] = [:]
      for line in classified.output.split(separator: "\n") where line.contains(".png,") {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        scores["\(cells[0]) \(cells[2])"] = Float(cells[4])
      }
      for (row, path) in paths.enumerated() {
        for class_ in 0..<5 {
          let sum = (0..<32).reduce(bias[class_]) { $0 + weight[class_ * 32 + $1] * values[row * 32 + $1] }
          let score = try #require(scores["\(path) \(class_)"])
          #expect(abs(sum - score) < 1e-4 * max(1, abs(score)), "\(path) \(class_)")
        }
      }
      // Neither is a file of others replaced, nor a text without its array.
      let taken = try execute(net, ["embed", paths[0], "--weights", "random:1", "-o", "f.txt.npy"], in: scratch)
      #expect(taken.status == 0)
      try Data("mine".utf8).write(to: scratch.appending(path: "g.txt"))
      let refused = try execute(net, ["embed", paths[0], "--weights", "random:1", "-o", "g.npy"], in: scratch)
      #expect(refused.status == 1 && refused.output.contains("'g.txt'"), "\(refused.output)")
      try Data("mine".utf8).write(to: scratch.appending(path: "h.npy"))
      let other = try execute(net, ["embed", paths[0], "--weights", "random:1", "-o", "h.npy"], in: scratch)
      #expect(other.status == 1 && other.output.contains("it exists, and is no array of NumPy"))
    }
  }
}
