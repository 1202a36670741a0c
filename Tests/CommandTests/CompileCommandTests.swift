// What compiling prints and makes.

import Foundation
import TestTiers
import Testing

struct CompileCommandTests {
  @Test func summaryTellsWhatWasBuilt() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.run(model("resnet50"), "-o", "My Net's")
    #expect(run.code == 0 && run.err.isEmpty)
    for line in [
      "  conv2_x  56x56    [1x1, 64; 3x3, 64; 1x1, 256] x 3",
      "  conv1    112x112  7x7, 64, stride 2",
      "  pool1    56x56    3x3 max pool, stride 2",
      "  head     1x1      average pool, 1000-d fc, softmax",
      "  parameters  25,557,032",
      "  cd 'My Net'\\''s'",
      "  swift run -c release resnet50 bench --weights random:1",
      "  swift run -c release resnet50 classify IMAGE --weights resnet50.safetensors",
    ] {
      #expect(run.out.contains(line + "\n"), "\(line)")
    }
    #expect(run.out.contains("4,089,184,256 multiply-adds an image") && run.out.contains("8.18 GFLOPs"))
    for isa in ["avx512", "avx2", "neon", "portable"] { #expect(run.out.contains("\(isa): ")) }
    let files = try sandbox.contents(of: "My Net's").filter { $0.key != ".resnetc" }
    let bytes = files.values.reduce(0) { $0 + $1.count }
    let line = try #require(run.out.split(separator: "\n").first { $0.hasPrefix("  files") })
    #expect(line.filter(\.isNumber) == "\(files.count)\(bytes)\(files.count)")
  }

  @Test func optionsReachThePackage() throws {
    let sandbox = try Sandbox()
    try sandbox.write(tinyModel, to: "x.rn")
    let run = try sandbox.run("x.rn", "-o", "o", "--isa", "portable,avx2", "--batch", "3", "--no-command")
    #expect(run.code == 0 && run.out.contains("batch 3") && run.out.contains("swift build -c release"))
    let manifest = try sandbox.read("o/Package.swift")
    #expect(manifest.contains("TinyAVX2") && manifest.contains("TinyPortable"))
    #expect(!manifest.contains("TinyNEON") && !manifest.contains("TinyAVX512") && !manifest.contains("executable"))
    #expect(!sandbox.exists("o/Sources/TinyCommand"))
    let swapped = try sandbox.run("x.rn", "-o", "p", "--isa", "avx2,portable", "--batch", "3", "--no-command", "-q")
    #expect(swapped.code == 0 && swapped.out.isEmpty)
    #expect(try sandbox.contents(of: "o") == sandbox.contents(of: "p"))
  }

  @Test func aPageIsMadeOrRefusedBeforeAnythingIsWritten() throws {
    let sandbox = try Sandbox()
    let digits = try String(contentsOfFile: model("digits20"), encoding: .utf8)
    try sandbox.write(digits, to: "digits20.rn")
    let run = try sandbox.run(
      "digits20.rn", "--language", "c", "--web", "--isa", "portable", "--no-command", "-o", "o")
    #expect(run.code == 0 && run.out.contains("  cd o/web\n  make -j\n  python3 -m http.server\n"), "\(run.err)")
    let page = try sandbox.read("o/web/index.html")
    #expect(page.contains("default-src 'none'") && page.contains("<h1>Digits20</h1>"))
    #expect(try sandbox.read("o/web/digits20.mjs").contains("filter: 'bilinear', crop: [32, 32]"))

    let blurred = digits.replacingOccurrences(of: "bilinear", with: "lanczos")
    try sandbox.write(blurred, to: "lanczos.rn")
    for (words, reason) in [
      (["lanczos.rn", "--language", "c", "--web"], "'resize ... lanczos' is not there in JavaScript"),
      (["digits20.rn", "--language", "c", "--web", "--isa", "avx2"], "add 'portable' to '--isa'"),
      (["digits20.rn", "--language", "c", "--web", "--prefix", "page"], "is a file of the generated package"),
      (["digits20.rn", "--web"], "'--web' goes with '--language c'"),
    ] {
      let refused = try sandbox.run(words + ["-o", "p"])
      #expect(refused.code != 0 && refused.err.contains(reason), "\(refused.err)")
      #expect(!sandbox.exists("p"))
    }
  }

  @Test func exactMeansNoWinograd() throws {
    let sandbox = try Sandbox()
    let fast = try sandbox.run(model("resnet18"), "-o", "fast", "-q", "--isa", "avx512")
    let exact = try sandbox.run(model("resnet18"), "-o", "exact", "-q", "--isa", "avx512", "--exact")
    #expect(fast.code == 0 && exact.code == 0, "\(fast.err)\(exact.err)")
    func hasWinograd(_ folder: String) throws -> Bool {
      try sandbox.contents(of: folder).contains {
        $0.key.hasPrefix("Sources/ResNet18AVX512/")
          && String(decoding: $0.value, as: UTF8.self).contains("inputTile")
      }
    }
    #expect(try hasWinograd("fast"))
    #expect(try !hasWinograd("exact"))
    #expect(try sandbox.read("exact/README.md").contains("| compiled with | `--isa avx512 --exact` |"))
    let head = try #require(try sandbox.read("exact/Sources/ResNet18/Layers.swift").split(separator: "\n").first)
    #expect(head.hasSuffix(", --isa avx512 --exact). Do not edit."))
  }

  /// Processes seed their hashing anew, so a dictionary's order would show.
  @Test(arguments: [
    ["resnet18"], ["table1", "--variant", "50", "--isa", "avx512"], ["cifar", "--set", "n=9", "--isa", "neon"],
    ["digits20", "--isa", "avx2"], ["plain18", "--batch", "4", "--no-command", "--isa", "portable"],
  ])
  func twoProcessesGiveIdenticalBytes(words: [String]) throws {
    let sandbox = try Sandbox()
    for folder in ["a", "b"] {
      let run = try sandbox.run([model(words[0])] + words.dropFirst() + ["-o", folder, "-q"])
      #expect(run.code == 0, "\(run.err)")
    }
    let first = try sandbox.contents(of: "a")
    #expect(first.count > 20)
    #expect(try first == sandbox.contents(of: "b"))
    // Nor does anything tell where it was made, or from where.
    for (path, contents) in first {
      let text = String(decoding: contents, as: UTF8.self)
      #expect(!text.contains(sandbox.url.path) && !text.contains(repository.path), "\(path)")
    }
  }

  @Test func templatesFromAFolder() throws {
    let sandbox = try Sandbox()
    try sandbox.write(tinyModel, to: "x.rn")
    let folder = repository.appendingPathComponent("Templates").path
    #expect(try sandbox.run("x.rn", "-o", "a", "-q").code == 0)
    #expect(try sandbox.run("x.rn", "-o", "b", "-q", "--templates", folder).code == 0)
    #expect(try sandbox.contents(of: "a") == sandbox.contents(of: "b"))

    let missing = try sandbox.run("x.rn", "-o", "c", "--templates", "nowhere")
    #expect(missing.code == 74 && missing.err.contains("'nowhere'"))
    try FileManager.default.copyItem(at: URL(fileURLWithPath: folder), to: sandbox("templates"))
    try sandbox.write("one\n//% if 1 +\ntwo\n//% end\n", to: "templates/Kernels/Pool.swift")
    let broken = try sandbox.run("x.rn", "-o", "c", "--templates", "templates")
    #expect(broken.code == 1 && broken.err.contains("Kernels/Pool.swift, line 2: "))
    try FileManager.default.removeItem(at: sandbox("templates/Kernels/Pool.swift"))
    let absent = try sandbox.run("x.rn", "-o", "c", "--templates", "templates")
    #expect(absent.code == 1 && absent.err.contains("Cannot read 'templates/Kernels/Pool.swift'"))
    #expect(!sandbox.exists("c"))
  }

  /// Templates and runtime are in the binary, so it works without its checkout.
  @Test func theCommandCanBeMoved() throws {
    let sandbox = try Sandbox()
    try sandbox.write(tinyModel, to: "x.rn")
    #expect(try sandbox.run("x.rn", "-o", "a", "-q").code == 0)
    try FileManager.default.copyItem(at: try commandURL(), to: sandbox("elsewhere"))
    let process = Process()
    process.executableURL = sandbox("elsewhere")
    process.arguments = ["x.rn", "-o", "b", "-q"]
    process.currentDirectoryURL = sandbox.url
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try sandbox.contents(of: "a") == sandbox.contents(of: "b"))
  }

  @Test func inputsOfAnyNumberOfChannels() throws {
    let sandbox = try Sandbox()
    for channels in [1, 2, 5] {
      try sandbox.write(
        "model Tiny\ninput \(channels) x 8 x 8\nconv1 8x8 3x3, 8\nhead 1x1 average pool, 4-d fc", to: "x.rn")
      let run = try sandbox.run("x.rn", "-o", "o\(channels)")
      #expect(run.code == 0, "\(run.err)")
      #expect(run.out.contains(channels == 1 ? "classify IMAGE" : "logits --weights"))
    }
  }

  @Test func namesThatSwiftHasTaken() throws {
    let sandbox = try Sandbox()
    for name in ["Swift", "Int", "String", "Engine", "Image", "Foundation", "Testing", "Layers", "PlanAVX2", "Self"] {
      try sandbox.write(tinyModel.replacing("Tiny", by: name), to: "x.rn")
      let run = try sandbox.run("x.rn", "-o", "o")
      #expect(run.code == 1 && run.err.hasPrefix("error[model-name"), "\(name): \(run.err)")
    }
    // The name counts as it comes out.
    try sandbox.write(
      """
      family Int
      input 3 x 8 x 8
                 | 32
      conv1 8x8  | 3x3, 8
      """, to: "x.rn")
    let run = try sandbox.run("x.rn", "-o", "o", "--variant", "32")
    #expect(run.code == 1 && run.err.contains("a model cannot be named 'Int32'"), "\(run.err)")
    #expect(!sandbox.exists("o"))
  }

  /// Every capitalised word of the model's own module, its command and its tests, and every public type of the runtime,
  /// is one that a model cannot have as its name.
  @Test func noWordOfThePackageCanBeAModelsName() throws {
    let sandbox = try Sandbox()
    try sandbox.write(tinyModel, to: "x.rn")
    #expect(try sandbox.run("x.rn", "-o", "o").code == 0)
    var words: Set<String> = []
    for (path, contents) in try sandbox.contents(of: "o") where path.hasSuffix(".swift") {
      var text = String(decoding: contents, as: UTF8.self)
      text = text.replacing(/(?s)###""".*?"""###/, with: "").replacing(/\/\/.*/, with: "").replacing(/".*?"/, with: "")
      if path.contains("/TinyRuntime/") {
        for match in text.matches(of: /public (?:final )?(?:struct|enum|class|typealias|protocol) (\w+)/) {
          words.insert(String(match.1))
        }
      } else if path.hasPrefix("Sources/Tiny/") || path.hasPrefix("Sources/TinyCommand/") || path.hasPrefix("Tests/") {
        for match in text.matches(of: /\b[A-Z]\w*/) where !match.0.hasPrefix("Tiny") { words.insert(String(match.0)) }
      }
    }
    #expect(words.count > 15 && words.contains("Workspace") && words.contains("Float"))
    for word in words.sorted() {
      try sandbox.write(tinyModel.replacing("Tiny", by: word), to: "x.rn")
      let run = try sandbox.run("x.rn", "-o", "p", "--isa", "portable")
      #expect(run.code == 1 && run.err.hasPrefix("error[model-name"), "'\(word)' should be reserved")
    }
  }
}
