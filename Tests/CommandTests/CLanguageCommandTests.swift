// `resnetc --language c`: what is written, and what is refused before anything is.
import Foundation
import Testing

@Suite struct CLanguageCommandTests {
  private let weights = repository.appendingPathComponent("models/digits20.safetensors").path

  @Test func projectFileAndWeightsAreWritten() throws {
    let box = try Sandbox()
    let run = try box.run(
      model("digits20"), "--language", "c", "--isa", "neon,portable", "--weights", weights, "-o", "C")
    #expect(run.code == 0, "\(run.err)")
    #expect(run.out.contains("Digits20 in C"))
    let files = try FileManager.default.subpathsOfDirectory(atPath: box("C").path)
    for file in [
      "CMakeLists.txt", "include/digits20.h", "src/neon/plan_neon.c", "command/command.c", "digits20.neon.packed",
      "digits20.portable.packed", "digits20.expected",
    ] {
      #expect(files.contains(file), "\(file)")
    }
    #expect(!files.contains { $0.hasPrefix("src/avx") || $0.contains("unpacked") })

    // A second run changes nothing; another layout takes the place of what the first one wrote.
    let again = try box.run(
      model("digits20"), "--language", "c", "--single-file", "--no-command", "--prefix", "my_net", "-o", "C")
    #expect(again.code == 0, "\(again.err)")
    let after = try FileManager.default.subpathsOfDirectory(atPath: box("C").path)
    #expect(after.contains("my_net.c") && after.contains("my_net.h") && !after.contains("src/digits20.c"))
    #expect(after.contains("digits20.neon.packed"), "weights are nobody's to remove")
  }

  @Test(arguments: [
    ("--language rust", "Unknown language 'rust'"), ("--prefix a", "'--prefix' goes with '--language c'"),
    ("--single-file", "'--single-file' goes with"), ("--static-arena", "'--static-arena' goes with"),
    ("--embed-weights", "'--embed-weights' goes with"), ("--language c --embed-weights", "name them"),
    ("--language c --prefix int", "which is a word of C"), ("--language c --prefix 9a", "is no name of C"),
    ("--language c --prefix a-b", "is no name of C"), ("--language c --prefix avx2", "is an instruction set"),
    ("--language c --prefix threads", "is a file of the generated package"),
    ("--precision int8 --keep-float nothing", "'--keep-float' names 'nothing', which is no layer"),
  ])
  func wordsThatMeanNothingAreRefused(words: String, reason: String) throws {
    let box = try Sandbox()
    let run = try box.run([model("digits20")] + words.split(separator: " ").map(String.init) + ["-o", "C"])
    #expect(run.code == 64)
    #expect(run.err.contains(reason), "\(run.err)")
    #expect(!box.exists("C"))
  }

  /// Files of others are not overwritten, and weights that do not fit end the run before anything is.
  @Test func nothingOfOthersIsLost() throws {
    let box = try Sandbox()
    try box.write("mine", to: "C/digits20.avx2.packed")
    let run = try box.run(model("digits20"), "--language", "c", "--weights", weights, "-o", "C")
    #expect(run.code != 0 && run.err.contains("resnetc did not write it"), "\(run.err)")
    #expect(
      try box.contents(of: "C").mapValues { String(decoding: $0, as: UTF8.self) } == ["digits20.avx2.packed": "mine"])
    let misfit = try box.run(model("resnet18"), "--language", "c", "--weights", weights, "-o", "Other")
    #expect(misfit.code != 0 && misfit.err.contains("the weights do not fit ResNet18"), "\(misfit.err)")
    #expect(!box.exists("Other"))
  }
}
