// Generated C: the same kernels printed in another language give the same bits, and what is around them holds.
import Foundation
import ResNetCompiler
import ResNetRuntime
import TestTiers
import Testing

@Suite(.serialized) struct CPackageTests {
  /// Against PyTorch, and against the Swift package to the bit.
  @Test func answersAreThoseOfSwift() throws {
    for net in [Net.torture[0], Net.attention] {
      try withTemporaryFolder { folder in
        let package = try CPackage(net, in: folder)
        let built = net.name == Net.torture[0].name ? try Umbrella.small.get() : nil
        try package.expectAnswers(threads: [1, 3, 16], like: built)
      }
    }
  }

  /// The tables that C code carries and the runtime that packs its weights agree on what tells packed files apart.
  @Test(arguments: Net.torture) func layoutHashesAreThoseOfTheRuntime(net: Net) throws {
    let contents = PackageContents(try net.compiled(), from: try net.sourceFile(), net.options)
    for tables in contents.tables {
      #expect(contents.packing(tables).layout == tables.layout, "\(net.name), \(tables.target.name)")
    }
  }

  /// GCC keeps no vector of a constant in a register through a loop over Winograd's tiles, whose 36 vectors need them all.
  @Test(.enabled(if: isInstalled("gcc") && ISA.available.contains(.avx512), "no gcc, or another processor"))
  func transformsOfGCCReadConstantsFromMemory() throws {
    try withTemporaryFolder { folder in
      let package = try CPackage(Net.digits, in: folder, isSingleFile: false, compiler: "")
      let kernels = folder.appending(path: "src/avx512")
      var transforms = 0
      for file in try FileManager.default.contentsOfDirectory(atPath: kernels.path) where file.hasPrefix("kernel0") {
        let text = try String(contentsOf: kernels.appending(path: file), encoding: .utf8)
        guard text.contains("_inputTileAxis(") else { continue }
        transforms += 1
        try run("gcc", ["-O2", "-S", "-I../../include", "-I..", file, "-o", "kernel.s"], in: kernels)
        let lines = try String(contentsOf: kernels.appending(path: "kernel.s"), encoding: .utf8).split(separator: "\n")
        let kept = lines.filter { $0.contains("\tvbroadcastss\t.L") && $0.contains("zmm") }
        #expect(kept.isEmpty, "\(package.prefix), \(file): \(kept)")
      }
      #expect(transforms > 2)
    }
  }

  /// Whatever is wrong with packed weights or a call is an error of its own.
  @Test func wrongWeightsAndCallsAreRefused() throws {
    try withTemporaryFolder { folder in
      let package = try CPackage(Net.digits, in: folder)
      let weights = models.appending(path: "digits20.safetensors")
      let packed = try Data(contentsOf: try package.pack(weights, for: .portable))
      let program = """
        #include "digits20.h"
        #include <stdio.h>
        #include <stdlib.h>
        static unsigned char *bytes;
        static size_t size;
        static void load(void) {
          FILE *file = fopen("digits20.portable.packed", "rb");
          size = fread(bytes, 1, 1 << 24, file);
          fclose(file);
        }
        static void say(const char *what, digits20_error error) { printf("%s: %d\\n", what, (int)error); }
        int main(void) {
          digits20_model model;
          bytes = (unsigned char *)aligned_alloc(64, 1 << 24);
          load();
          say("good", digits20_open(&model, bytes, size));
          say("null", digits20_open(NULL, bytes, size));
          say("unaligned", digits20_open(&model, bytes + 4, size - 4));
          say("empty", digits20_open(&model, bytes, 0));
          say("head", digits20_open(&model, bytes, 100));
          say("cut", digits20_open(&model, bytes, size - 4));
          say("long", digits20_open(&model, bytes, size + 4));
          bytes[size - 1] ^= 1;
          say("damaged, opened", digits20_open(&model, bytes, size));
          say("damaged, checked", digits20_check(bytes, size));
          load(); bytes[0] = 0; say("magic", digits20_open(&model, bytes, size));
          load(); bytes[8] ^= 1; say("mark", digits20_open(&model, bytes, size));
          load(); for (int i = 0; i < 8; i++) bytes[8 + i] = (unsigned char)(i + 1);
          say("order", digits20_open(&model, bytes, size));
          load(); bytes[16] = 9; say("version", digits20_open(&model, bytes, size));
          load(); bytes[100] ^= 1; say("header", digits20_open(&model, bytes, size));
          load(); say("checked", digits20_check(bytes, size)); digits20_open(&model, bytes, size);
          static float input[DIGITS20_BATCH * DIGITS20_INPUT_FLOATS], output[DIGITS20_OUTPUT_FLOATS];
          void *arena = aligned_alloc(64, DIGITS20_ACTIVATIONS_BYTES), *scratch = aligned_alloc(64, DIGITS20_SCRATCH_BYTES);
          say("run", digits20_run(&model, input, 1, output, arena, scratch));
          say("static", digits20_run_static(&model, input, 1, output));
          say("no images", digits20_run(&model, input, 0, output, arena, scratch));
          say("many images", digits20_run(&model, input, DIGITS20_BATCH + 1, output, arena, scratch));
          say("no input", digits20_run(&model, NULL, 1, output, arena, scratch));
          say("odd arena", digits20_run(&model, input, 1, output, (char *)arena + 4, scratch));
          digits20_team *team;
          say("no threads", digits20_team_create(&team, 0));
          say("257 threads", digits20_team_create(&team, 257));
          say("threads", digits20_team_create(&team, 3));
          say("team", digits20_team_run(team, &model, input, 1, output, arena, scratch));
          return 0;
        }
        """.replacingOccurrences(
          of: "digits20_team_run(team, &model, input, 1, output, arena, scratch)",
          with:
            "digits20_team_run(team, &model, input, 1, output, arena, aligned_alloc(64, 3 * DIGITS20_SCRATCH_BYTES))")
      #expect(packed.count > 4096)
      try Data(program.utf8).write(to: folder.appending(path: "calls.c"))
      try run(
        "sh", ["-c", "clang -O1 -DDIGITS20_THREADS calls.c digits20.c -lm -pthread -o calls"], in: folder)
      let text = try run(folder.appending(path: "calls").path, [], in: folder).output
      let codes = text.split(separator: "\n").map { $0.split(separator: ":").map(String.init) }
      let names = [
        "OK", "NOT_PACKED", "SIZE", "BYTE_ORDER", "FORMAT_VERSION", "HEADER_DAMAGED", "WEIGHTS_DAMAGED", "OTHER_MODEL",
        "OTHER_LAYOUT", "ISA", "ALIGNMENT", "NULL", "IMAGES", "THREADS",
      ]
      let found = try codes.map { "\($0[0]): \(names[try #require(Int($0[1].dropFirst()))])" }
      #expect(
        found == [
          "good: OK", "null: NULL", "unaligned: ALIGNMENT", "empty: NOT_PACKED", "head: SIZE", "cut: SIZE",
          "long: SIZE",
          "damaged, opened: OK", "damaged, checked: WEIGHTS_DAMAGED", "magic: NOT_PACKED", "mark: HEADER_DAMAGED",
          "order: BYTE_ORDER", "version: FORMAT_VERSION", "header: HEADER_DAMAGED", "checked: OK", "run: OK",
          "static: OK", "no images: IMAGES", "many images: IMAGES", "no input: NULL", "odd arena: ALIGNMENT",
          "no threads: THREADS", "257 threads: THREADS", "threads: OK", "team: OK",
        ])
    }
  }

  /// A packed file of another model, of the same model compiled otherwise, and for no instruction set of this machine.
  @Test func weightsOfOthersAreRefused() throws {
    try withTemporaryFolder { folder in
      var other = Net.torture[0]
      other.batch = 2
      let package = try CPackage(Net.torture[0], in: folder.appending(path: "own"))
      let exact = try CPackage(other, in: folder.appending(path: "other"), compiler: "")
      let answers = try Answers(try #require(other.fixture))
      let weights = folder.appending(path: "weights.safetensors")
      try answers.writeWeights(of: package.compilation, to: weights)
      let isa = ISA.available[0]
      let digits = try CPackage(Net.digits, in: folder.appending(path: "digits"), compiler: "")
      let cases = [
        (try digits.pack(models.appending(path: "digits20.safetensors"), for: isa), "another model than Odd"),
        (try exact.pack(weights, for: .neon), "does not run here"),
      ]
      for (file, reason) in cases where !(reason.hasPrefix("does") && ISA.available.contains(.neon)) {
        let result = try execute(package.command, ["bench", "--weights", file.path])
        #expect(result.status == 1)
        #expect(result.output.contains(reason), "\(result.output)")
      }
    }
  }
}

/// The slow tier: every small network by each compiler, and whole ones by one; of a sample a ninth of the small.
@Suite(.serialized, .enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it")) struct CParityTests {
  private static let compilers = ["clang -O2 -std=c11", "gcc -O2", "g++ -x c++ -std=c++17 -O2"].filter {
    isInstalled(String($0.prefix { $0 != " " }))
  }
  private static let nets = Umbrella.allNets.filter { $0.fixture?.hasPrefix("torture") ?? false }
  private static let whole = Umbrella.allNets.filter { $0.fixture?.hasPrefix("parity") ?? false }
  private static let cases: [(Net, String)] = {
    guard isSlowRun, sample != nil else {
      return whole.map { ($0, compilers[0]) } + nets.flatMap { net in compilers.map { (net, $0) } }
    }
    return nets.share(oneIn: 9).enumerated().map { ($1, compilers[$0 % compilers.count]) }
  }()

  @Test(arguments: cases) func logitsAreThoseOfPyTorchAndOfSwift(net: Net, compiler: String) throws {
    try withTemporaryFolder { folder in
      let package = try CPackage(net, in: folder, compiler: compiler)
      try package.expectAnswers(threads: [1, 2], like: try Umbrella.all.get())
    }
  }

  /// All that the compilers of C and of C++ have to say of every network of `models/`, which is nothing.
  @Test func everyModelCompilesWithoutAWarning() throws {
    let compilers = ["gcc -std=c11", "g++ -x c++ -std=c++17", "clang -std=c2x"].filter {
      isInstalled(String($0.prefix { $0 != " " }))
    }
    let nets = try Net.wholeModels()
    #expect(nets.count > 40)
    for net in nets.share(oneIn: sample == nil ? 1 : 12) {
      try withTemporaryFolder { folder in
        _ = try CPackage(net, in: folder, compiler: "")
        for compiler in compilers {
          try run(
            "sh", ["-c", "for f in *.c; do \(compiler) -fsyntax-only \(warnings) $f || exit 1; done"], in: folder)
        }
      }
    }
  }
}

extension CParityTests {
  /// Two models, two versions of one of them, and the Swift package of one, in one program.
  @Test func packagesLiveTogether() throws {
    try withTemporaryFolder { folder in
      let nets: [(Net, String)] = [(Net.torture[0], "odd"), (Net.digits, "digits20"), (Net.digits.exact, "older")]
      let packages = try nets.map { try CPackage($0, in: folder.appending(path: $1), prefix: $1) }
      let mixed = folder.appending(path: "Mixed")
      var sources: [String: Data] = [:]
      var calls = ""
      for (package, (net, prefix)) in zip(packages, nets) {
        for ending in ["h", "c"] {
          let text = try Data(contentsOf: package.folder.appending(path: "\(prefix).\(ending)"))
          sources["Sources/C/\(ending == "h" ? "include/" : "")\(prefix).\(ending)"] = text
        }
        let weights = folder.appending(path: "\(prefix).safetensors")
        if net.source == Net.digits.source {
          try FileManager.default.copyItem(at: models.appending(path: "digits20.safetensors"), to: weights)
        } else {
          try Answers(try #require(net.fixture)).writeWeights(of: package.compilation, to: weights)
        }
        let packed = try package.pack(weights, for: ISA.available[0])
        let upper = prefix.uppercased()
        calls += """
          do {
            var model = \(prefix)_model()
            let bytes = page(try! Data(contentsOf: URL(filePath: "\(packed.path)")))
            precondition(\(prefix)_open(&model, bytes.0, bytes.1) == \(upper)_OK)
            let input = pixels(Int(\(upper)_INPUT_FLOATS))
            var output = [Float](repeating: .nan, count: Int(\(upper)_OUTPUT_FLOATS))
            let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(\(upper)_ACTIVATIONS_BYTES), alignment: 64)
            let scratch = UnsafeMutableRawPointer.allocate(byteCount: Int(\(upper)_SCRATCH_BYTES), alignment: 64)
            precondition(\(prefix)_run(&model, input, 1, &output, memory, scratch) == \(upper)_OK)
            print("\(prefix)", output.map { String($0.bitPattern) }.joined(separator: ","))
          }

          """
        let floats = package.compilation.inputFloats
        try write((0..<floats).map { Float($0 % 17) / 8 - 1 }, to: folder.appending(path: "\(prefix).f32"))
      }
      let swift = try Net.digits.package()
      try replaceFiles(below: folder.appending(path: "Swift"), with: swift)
      sources["Sources/mixed/main.swift"] = Data(
        """
        import C
        import Digits20
        import Foundation

        func page(_ data: Data) -> (UnsafeMutableRawPointer, Int) {
          let bytes = UnsafeMutableRawPointer.allocate(byteCount: data.count, alignment: 64)
          data.copyBytes(to: bytes.assumingMemoryBound(to: UInt8.self), count: data.count)
          return (bytes, data.count)
        }
        func pixels(_ count: Int) -> [Float] { (0..<count).map { Float($0 % 17) / 8 - 1 } }
        \(calls)
        let model = try Digits20(weights: "\(folder.path)/digits20.safetensors")
        let output = try model.logits(pixels(Int(DIGITS20_INPUT_FLOATS)))
        print("swift", output.map { String($0.bitPattern) }.joined(separator: ","))

        """.utf8)
      sources["Package.swift"] = Data(
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
          name: "Mixed",
          dependencies: [.package(path: "../Swift")],
          targets: [
            .target(name: "C"),
            .executableTarget(name: "mixed", dependencies: ["C", .product(name: "Digits20", package: "Swift")]),
          ])

        """.utf8)
      try replaceFiles(below: mixed, with: sources)
      try run("swift", ["build", "-c", "release"], in: mixed)
      let text = try run(mixed.appending(path: ".build/release/mixed").path, []).output
      let lines = Dictionary(
        uniqueKeysWithValues: text.split(separator: "\n").map { line in
          let words = line.split(separator: " ")
          return (String(words[0]), words[1].split(separator: ",").compactMap { UInt32($0) })
        })
      for (package, (_, prefix)) in zip(packages, nets) {
        let packed = package.folder.appending(path: "\(prefix).\(ISA.available[0]).packed")
        let alone = try package.logits(packed, threads: 1, pixels: folder.appending(path: "\(prefix).f32"))
        #expect(try #require(lines[prefix]) == alone.map(\.bitPattern), "\(prefix) beside others")
      }
      #expect(lines["swift"] == lines["digits20"])
    }
  }
}
