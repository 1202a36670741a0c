// `quantize` as a person types it: the network of the digits on digits that it was not trained on.
import Foundation
import ResNetCompiler
import ResNetRuntime
import Testing

@Suite(.serialized) struct QuantizeCommandTests {
  private static let count = 60
  private let weights = models.appending(path: "digits20.safetensors").path

  private func execute(_ arguments: [String], in folder: URL) throws -> CommandResult {
    try GeneratedTests.execute(try Umbrella.small.get().command(of: Net.calibrated).path, arguments, in: folder)
  }

  /// The first images of the test split as files, and a list of them with their classes.
  private func withDigits(_ body: (URL) throws -> Void) throws {
    let file = try Data(contentsOf: repository.appending(path: "Tests/Fixtures/digits.safetensors"))
    let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    struct Header: Decodable {
      struct Tensor: Decodable { let data_offsets: [Int] }
      let images, labels: Tensor
    }
    let header = try JSONDecoder().decode(Header.self, from: file[8..<8 + length])
    func bytes(_ tensor: Header.Tensor) -> Data {
      let offsets = tensor.data_offsets
      return file[8 + length + offsets[0]..<8 + length + offsets[1]]
    }
    let (images, labels) = (Array(bytes(header.images)), Array(bytes(header.labels)))
    try withTemporaryFolder { folder in
      var list = ""
      for index in 0..<Self.count {
        let name = "\(index).pgm"
        try Data("P5 8 8 255\n".utf8 + images[index * 64..<(index + 1) * 64]).write(to: folder.appending(path: name))
        list += "\(name) \(labels[index])\n"
      }
      try Data(list.utf8).write(to: folder.appending(path: "list.txt"))
      try body(folder)
    }
  }

  private struct Report: Decodable {
    struct Trial: Decodable { let error: Double }
    struct Layer: Decodable { let name, type: String }
    let images, chosen_by, held_out, same_class: Int
    let method: String
    let error: Double
    let trials: [Trial]
    let layers: [Layer]
    let right: [String: Int]
  }

  @Test func calibratesAndPacks() throws {
    try withDigits { folder in
      let words = ["quantize", "--images", "list.txt", "--weights", weights, "--ranges", "a.ranges", "-o", "a.packed"]
      let result = try execute(words + ["--json"], in: folder)
      #expect(result.status == 0, "\(result.output)")
      let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
      #expect(report.images == Self.count && report.chosen_by == 45 && report.held_out == 15)
      // 8 bits lose a hundredth of the outputs; a class may change where two are as good.
      #expect(report.error < 0.03 && report.error == report.trials.map(\.error).min())
      #expect(report.same_class >= Self.count - 1)
      #expect(abs((report.right["int8"] ?? 0) - (report.right["float32"] ?? 0)) <= 1)
      #expect(report.layers.first?.type == "int8" && report.layers.last?.type == "float32")

      // `evaluate` with the packed file counts the same.
      let evaluated = try execute(
        ["evaluate", "--images", "list.txt", "--weights", "a.packed", "--json"], in: folder)
      let top1 = Double(report.right["int8"] ?? 0) / Double(Self.count)
      #expect(evaluated.output.contains("\"top1\": \(top1),"), "\(evaluated.output)")

      // The file of ranges makes the same file again, whose kernels do what the interpreter does.
      let packed = try execute(
        ["pack", "--weights", weights, "--precision", "int8", "--ranges", "a.ranges", "-o", "b.packed"], in: folder)
      #expect(packed.status == 0, "\(packed.output)")
      #expect(
        try Data(contentsOf: folder.appending(path: "a.packed"))
          == Data(
            contentsOf: folder.appending(path: "b.packed")))
      let verified = try execute(
        ["verify", "--weights", weights, "--precision", "int8", "--ranges", "a.ranges", "--tolerance", "0", "--quiet"],
        in: folder)
      #expect(verified.status == 0 && verified.output.contains(" with 0 "), "\(verified.output)")

      // Threads change nothing, and what people read says what programs do.
      let text = try execute(
        [
          "quantize", "--images", "list.txt", "--weights", weights, "--ranges", "b.ranges", "-o", "b.packed",
          "--threads", "3",
        ], in: folder)
      #expect(text.status == 0 && text.output.contains("name the same class for \(report.same_class) of \(Self.count)"))
      #expect(
        try Data(contentsOf: folder.appending(path: "a.ranges"))
          == Data(
            contentsOf: folder.appending(path: "b.ranges")))
    }
  }

  @Test func aBudgetNamesTheLayers() throws {
    try withDigits { folder in
      let result = try execute(
        [
          "quantize", "--images", "list.txt", "--weights", weights, "--method", "minmax", "--count", "12",
          "--max-loss", "0.0001", "-o", "a.packed",
        ], in: folder)
      #expect(result.status == 1 && result.output.contains("--precision float32,int8 --keep-float "))
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "a.packed").path))
    }
  }

  @Test func mistakesAreNamed() throws {
    try withDigits { folder in
      try Data("no picture".utf8).write(to: folder.appending(path: "bad.png"))
      try FileManager.default.createDirectory(at: folder.appending(path: "empty"), withIntermediateDirectories: false)
      let images = ["--images", "list.txt"]
      let output = ["-o", "a.packed"]
      let own = ["--weights", weights]
      for (words, status, said) in [
        (images + own, 64, "-o is missing"), (own + output, 64, "--images is missing"),
        (images + own + output + ["--method", "mnmax"], 64, "not 'mnmax'; did you mean 'minmax'?"),
        (images + own + output + ["--count", "0"], 64, "--count takes a whole number from 1"),
        (images + own + output + ["--max-loss", "2"], 64, "--max-loss takes a number from"),
        (images + output + ["--weights", "list.txt"], 1, "'list.txt' is not a usable safetensors file"),
        (["--images", "none"] + own + output, 1, "cannot open 'none'"),
        (["--images", "empty"] + own + output, 1, "'empty' leads to no image"),
        (["--images", "bad.png"] + own + output, 1, "cannot read the image 'bad.png'"),
      ] as [([String], Int32, String)] {
        let result = try execute(["quantize"] + words, in: folder)
        #expect(result.status == status && result.output.contains(said), "\(words): \(result.output)")
      }
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "a.packed").path))
      // A package without kernels for int8 says how it would have them.
      let other = try GeneratedTests.execute(
        try Umbrella.small.get().command(of: Net.digits).path, ["quantize"] + images + own + output, in: folder)
      #expect(other.status == 1 && other.output.contains("'resnetc --precision float32,int8'"), "\(other.output)")
    }
  }

  /// A packed file of one type is no other's, and says how to have one: by words that the command takes.
  @Test func packedFilesOfOtherTypesAreRefused() throws {
    try withDigits { folder in
      for precision in ["float32", "float16", "int8"] {
        let words = ["--weights", "random:1", "--precision", precision, "-o", "\(precision).packed"]
        #expect(try execute(["pack"] + words, in: folder).status == 0)
      }
      for file in ["float32", "float16", "int8"] {
        for precision in ["float32", "float16", "int8"] where precision != file {
          let result = try execute(
            ["bench", "--weights", "\(file).packed", "--precision", precision, "--seconds", "0.1"], in: folder)
          #expect(result.status == 1 && result.output.contains("and \(precision) was asked for"), "\(result.output)")
          let advice = precision == "float32" ? "" : " --precision \(precision)"
          let ranges = precision == "int8" ? " --ranges RANGES" : ""
          #expect(result.output.contains("pack --weights WEIGHTS -o FILE\(advice)\(ranges)'"), "\(result.output)")
        }
        #expect(try execute(["bench", "--weights", "\(file).packed", "--seconds", "0.1"], in: folder).status == 0)
      }
    }
  }

  /// Values that would be infinite as halves are found before anything is packed, layer by layer; weights that are made
  /// larger by a batch norm alone are not what is at fault.
  @Test func valuesThatAreNoHalvesAreFound() throws {
    let net = Net.calibrated
    let compilation = try net.compiled()
    let halves = compilation.plans.contains { $0.target.multipliesHalves }
    try withDigits { folder in
      let source = try WeightSource(weights)
      let loud = folder.appending(path: "loud.safetensors")
      try writeSafetensors(compilation.lowered.tensors.map { ($0.name, $0.shape) }, to: loud) { name, shape in
        var values = [Float](repeating: 0, count: shape.reduce(1, *))
        try values.withUnsafeMutableBufferPointer { try source.read(name, shape: shape, into: $0) }
        return name == "bn1.weight" || name == "bn1.bias" ? values.map { $0 * 25_000 } : values
      }
      let words = ["--precision", "float16", "--check-range", "--images", "list.txt", "-o", "a.packed"]
      let good = try execute(["pack", "--weights", weights] + words, in: folder)
      #expect(good.status == 0, "\(good.output)")
      #expect(good.output.contains(halves ? "60 images: the largest value that may be a half is " : "no kernels"))
      #expect(FileManager.default.fileExists(atPath: folder.appending(path: "a.packed").path))
      let beyond = try execute(
        ["pack", "--weights", loud.path] + words.dropLast() + ["b.packed"], in: folder)
      guard halves else { return }
      #expect(beyond.status == 1 && beyond.output.contains("conv1 has values up to "), "\(beyond.output)")
      #expect(beyond.output.contains("--keep-float conv1"))
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "b.packed").path))
      for (words, said) in [
        (["--check-range", "--images", "list.txt"], "goes with --precision float16"),
        (["--check-range", "--precision", "float16"], "--images is missing"),
        (["--images", "list.txt"], "--images goes with --check-range"),
      ] {
        let result = try execute(["pack", "--weights", weights, "-o", "c.packed"] + words, in: folder)
        #expect(result.status == 64 && result.output.contains(said), "\(result.output)")
      }
    }
  }
}
