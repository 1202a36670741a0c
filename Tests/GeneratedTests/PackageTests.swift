// What the binary and a generated package promise as files: the same bytes from every process, no tie to the place
// where they were made, a test of their own, and a build whose time does not follow the depth of the network.
import Foundation
import ResNetCompiler
import TestTiers
import Testing

/// A quarter of these where a sample is drawn.
private let everyNet = Net.torture + [Net.digits] + Net.imageNet

@Suite(.serialized) struct PackageTests {
  /// Swift seeds its hashing anew in every process, so what follows the order of a dictionary or a set differs. The
  /// default tier has seven models in `CompileCommandTests`.
  @Test(
    .enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it"),
    arguments: sample == nil ? everyNet : everyNet.share(oneIn: 4))
  func twoProcessesWriteTheSameBytes(net: Net) throws {
    try withTemporaryFolder { scratch in
      for copy in ["a", "b"] {
        try run(binary.path, [repository.appending(path: net.source).path, "-o", copy], in: scratch)
      }
      let packages = try ["a", "b"].map { try files(below: scratch.appending(path: $0)) }
      #expect(packages[0].count > 40)
      #expect(packages[0] == packages[1])
    }
  }

  /// The binary alone in another folder, out of reach of its checkout, writes what the compiler here does.
  @Test func binaryWorksElsewhere() throws {
    try withTemporaryFolder { scratch in
      let net = Net.digits
      try FileManager.default.copyItem(at: binary, to: scratch.appending(path: "resnetc"))
      try FileManager.default.copyItem(
        at: repository.appending(path: net.source), to: scratch.appending(path: "digits20.rn"))
      try run("./resnetc", ["digits20.rn", "-o", "Out"], in: scratch)
      var written = try files(below: scratch.appending(path: "Out"))
      // The list of what it wrote, by which it knows its own.
      #expect(written.removeValue(forKey: ".resnetc") != nil)
      #expect(try written == net.package())
    }
  }

  /// Generated in one place, moved to another, built and tested there; then its command alone in a third.
  @Test(.enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it"))
  func packageWorksElsewhere() throws {
    try withTemporaryFolder { scratch in
      let net = Net.torture[0]
      let source = repository.appending(path: net.source).path
      try run(binary.path, [source, "-o", "First"], in: scratch)
      let second = scratch.appending(path: "second/place/Odd")
      try FileManager.default.createDirectory(at: second.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.moveItem(at: scratch.appending(path: "First"), to: second)
      let tests = try run("swift", ["test"], in: second)
      print(tests.output.split(separator: "\n").last ?? "")
      #expect(tests.output.contains("passed after"))
      try FileManager.default.copyItem(
        at: second.appending(path: ".build/debug/odd"), to: scratch.appending(path: "odd"))
      try FileManager.default.removeItem(at: second)
      #expect(try run("./odd", ["verify", "--weights", "random:7"], in: scratch).output.contains("within 1.0e-04"))
    }
  }

  /// The library alone, whose runtime has nothing of the command's.
  @Test(.enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it"))
  func packageWithoutItsCommandBuilds() throws {
    try withTemporaryFolder { scratch in
      let source = repository.appending(path: Net.torture[0].source).path
      try run(binary.path, [source, "--no-command", "--isa", "portable", "-o", "Library"], in: scratch)
      let build = try run("swift", ["build"], in: scratch.appending(path: "Library"))
      #expect(!build.output.contains("warning:"), "\(build.output)")
    }
  }

  /// A package with weights in its folder finds them wherever both are moved, and so does its command with them beside it.
  @Test(.enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it"))
  func weightsMoveWithThePackage() throws {
    try withTemporaryFolder { scratch in
      let fixtures = repository.appending(path: "Tests/CommandTests/Fixtures/convert")
      let (source, weights) = (
        fixtures.appending(path: "narrow.rn").path, fixtures.appending(path: "huggingface.bin").path
      )
      try run(binary.path, [source, "--weights", weights, "-o", "First", "--isa", "portable"], in: scratch)
      let second = scratch.appending(path: "second/place")
      try FileManager.default.createDirectory(at: second.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.moveItem(at: scratch.appending(path: "First"), to: second)
      try run("swift", ["build"], in: second)
      let command = second.appending(path: ".build/debug/narrow")
      let file = second.appending(path: "narrow.safetensors")
      let image = models.appending(path: "digits/digit0_0030.png").path
      let found = try run(command.path, ["classify", image, "--json"], in: scratch).output
      let named = try run(command.path, ["classify", image, "--json", "--weights", file.path], in: scratch).output
      #expect(found == named && found.contains("score"))
      let alone = scratch.appending(path: "alone")
      try FileManager.default.createDirectory(at: alone, withIntermediateDirectories: true)
      for moved in [command, file] {
        try FileManager.default.copyItem(at: moved, to: alone.appending(path: moved.lastPathComponent))
      }
      try FileManager.default.removeItem(at: second)
      let narrow = alone.appending(path: "narrow").path
      #expect(try run(narrow, ["classify", image, "--json"], in: scratch).output == found)
      try FileManager.default.removeItem(at: alone.appending(path: "narrow.safetensors"))
      #expect(
        try execute(narrow, ["classify", image], in: scratch).output.contains("bring it back, or pass --weights"))
    }
  }

  /// 1202 layers and 20 have the same kernels; what grows is tables.
  @Test(.enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it"))
  func deepNetworksBuildAboutAsFastAsShallowOnes() throws {
    try withTemporaryFolder { scratch in
      let source = models.appending(path: "cifar.rn").path
      let seconds = try [3, 200].map { n in
        let generation = try run(binary.path, [source, "--set", "n=\(n)", "-o", "n\(n)"], in: scratch).seconds
        let build = try run("swift", ["build", "-c", "release"], in: scratch.appending(path: "n\(n)")).seconds
        print("cifar.rn, n = \(n): generated in \(rounded(generation)) s, built in \(rounded(build)) s")
        return build
      }
      #expect(seconds[1] < 1.5 * seconds[0])
    }
  }

  /// As `swift test` built it, beside the tests.
  private var binary: URL {
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "resnetc")
  }
}
