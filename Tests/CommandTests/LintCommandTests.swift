// `lint` as people, scripts and other tools meet it: exit codes, configurations, baselines, fixes, formats.

import Foundation
import Testing

private let biased = """
  model Net
  input  3 x 32 x 32
  conv1  32x32  3x3, 16, bias
  head    1x1   average pool, 10-d fc

  """

struct LintCommandTests {
  private func sandbox(_ files: [String: String] = ["net.rn": biased]) throws -> Sandbox {
    let sandbox = try Sandbox()
    for (path, text) in files { try sandbox.write(text, to: path) }
    return sandbox
  }

  @Test func exitCodes() throws {
    let sandbox = try sandbox([
      "warns.rn": biased, "clean.rn": biased.replacing(", bias", by: ""),
      "notes.rn": biased.replacing("16, bias", by: "20"),
      "broken.rn": "model Net\n",
    ])
    for (file, code) in [("warns", 1), ("clean", 0), ("notes", 0), ("broken", 1)] {
      let run = try sandbox.run("lint", "\(file).rn")
      #expect(run.code == Int32(code) && run.err.isEmpty, "\(file): \(run.out)\(run.err)")
    }
    let run = try sandbox.run("lint", "warns.rn", "clean.rn", "notes.rn")
    #expect(run.out.hasPrefix("warning[RN201 bias-before-norm]: batch normalisation cancels the bias of conv1\n"))
    #expect(run.out.hasSuffix("\n1 warning and 1 note in 3 files\n"))
    #expect(try sandbox.run("lint", "clean.rn").out == "no findings in 1 file\n")
    #expect(try sandbox.run("lint", "warns.rn", "--level", "RN201=note").code == 0)
    #expect(try sandbox.run("lint", "notes.rn", "--level=RN4=error").code == 1)
  }

  /// What is wrong with the run, and not with a model, has a code of its own.
  @Test(arguments: [
    (["missing.rn"], "Cannot read 'missing.rn'"), ([], "Missing expected argument"),
    (["net.rn", "--select", "RN9"], "No rule is called 'RN9'"),
    (["net.rn", "--ignore", "mising-size"], "Did you mean 'missing-size'?"),
    (["net.rn", "--select", ","], "names no rule"),
    (["net.rn", "--level", "RN1"], "such as RN105=error"), (["net.rn", "--level", "RN1=bad"], "such as RN105=error"),
    (["net.rn", "--format", "xml"], "It takes text, json, sarif or github"),
    (["net.rn", "--unsafe"], "goes with '--fix'"),
    (["net.rn", "--fix", "--variant", "50"], "do not go with it"), (["-", "-"], "only once"),
    (["net.rn", "--baseline", "none"], "Cannot read 'none'"),
    (["net.rn", "--baseline", "net.rn"], "a baseline begins with"),
    (["net.rn", "--write-baseline", "net.rn"], "it is no baseline"),
    (["net.rn", "--config", "net.rn"], "a line begins with"),
    (["net.rn", "--config", "x", "--no-config"], "do not go together"),
    (["net.rn", "--baseline", "a", "--write-baseline", "b"], "does not go with it"),
  ]) func runsThatDoNotWork(words: [String], message: String) throws {
    let sandbox = try sandbox()
    let run = try sandbox.run(["lint"] + words)
    #expect(run.code == 2 && run.out.isEmpty && run.err.contains(message), "\(run.code) \(run.err)")
    #expect(try sandbox.read("net.rn") == biased)
  }

  @Test func whatIsNotThereWasMistyped() throws {
    #expect(try Sandbox().run("lint", model("table1"), "--variant", "51").code == 2)
    #expect(try Sandbox().run("lint", model("cifar"), "--set", "m=3").code == 2)
  }

  @Test func rulesAreSelected() throws {
    let sandbox = try sandbox()
    #expect(try sandbox.run("lint", "net.rn", "--ignore", "RN2,RN5").code == 0)
    #expect(try sandbox.run("lint", "net.rn", "--select", "residual", "--select=file").code == 0)
    #expect(try sandbox.run("lint", "net.rn", "--select", "RN2", "--ignore", "bias-before-norm").code == 0)
    #expect(try sandbox.run("lint", "net.rn", "--select", "RN201", "--ignore", "layers").code == 1)
    #expect(try sandbox.run("lint", model("resnet50_v1"), "--select", "all").code == 0)
    let family = try sandbox.run("lint", model("cifar_plain"), "--set", "n=9")
    #expect(family.code == 1 && family.out.contains("CifarPlain56 is plain and 56 layers deep"))
    #expect(try sandbox.run("lint", model("table1"), "--variant", "18").out == "no findings in 1 file\n")
  }

  @Test func configurationsAreFoundUpwards() throws {
    let sandbox = try sandbox([
      "a/b/net.rn": biased, "a/.resnetlint": "ignore RN201\n", "net.rn": biased, "other": "level RN201 error",
    ])
    #expect(try sandbox.run("lint", "a/b/net.rn").code == 0)
    #expect(try sandbox.run("lint", "net.rn").code == 1)
    #expect(try sandbox.run("lint", "a/b/net.rn", "--no-config").code == 1)
    #expect(try sandbox.run("lint", "a/b/net.rn", "--config", "other").out.hasPrefix("error[RN201"))
    // The command line says more than the configuration.
    #expect(try sandbox.run("lint", "a/b/net.rn", "--select", "RN201").code == 1)
    #expect(try sandbox.run("lint", "a/b/net.rn", "--select", "residual").code == 0)
    // A nearer one takes its place, and a broken one is no findings.
    try sandbox.write("select RN4", to: "a/b/.resnetlint")
    #expect(try sandbox.run("lint", "a/b/net.rn").code == 0)
    try sandbox.write("select\n", to: "a/b/.resnetlint")
    let broken = try sandbox.run("lint", "a/b/net.rn")
    #expect(
      broken.code == 2 && broken.out.isEmpty && broken.err.contains("error[lint-settings]: 'select' names no rules"))
  }

  @Test func baselinesHoldWhatIsKnown() throws {
    let sandbox = try sandbox()
    let written = try sandbox.run("lint", "net.rn", "--write-baseline", "known")
    #expect(written.code == 0 && written.out == "known: 1 finding known from now on\n")
    #expect(try sandbox.run("lint", "net.rn", "--baseline", "known").code == 0)
    try sandbox.write(biased.replacing("head", by: "conv2  32x32  3x3, 16, bias\nhead"), to: "net.rn")
    let run = try sandbox.run("lint", "net.rn", "--baseline", "known")
    #expect(run.code == 1 && run.out.contains("conv2") && run.out.hasSuffix("1 warning in 1 file\n"))
    // Wherever it is run from, and however the file is called there.
    let folder = sandbox("").lastPathComponent
    try sandbox.write("", to: "elsewhere/empty")
    for path in ["./net.rn", "elsewhere/../net.rn", "../\(folder)/net.rn", sandbox("net.rn").path] {
      #expect(
        try sandbox.run("lint", path, "--baseline", "known").out == run.out.replacing(" net.rn:", by: " \(path):"))
    }
    // A baseline may be written over a baseline.
    #expect(try sandbox.run("lint", "net.rn", "--write-baseline", "known").out.hasPrefix("known: 2 findings"))
  }

  @Test func fixes() throws {
    let sized = biased.replacing("32x32", by: "     ")
    let sandbox = try sandbox(["net.rn": sized])
    let safe = try sandbox.run("lint", "net.rn", "--fix")
    #expect(safe.code == 1 && safe.err == "net.rn: 1 fix applied\n")
    #expect(try sandbox.read("net.rn") == sized.replacing("conv1 ", by: "conv1 32x32 "))
    let unsafe = try sandbox.run("lint", "net.rn", "--fix", "--unsafe")
    #expect(unsafe.code == 0 && unsafe.err == "net.rn: 1 fix applied\n" && unsafe.out == "no findings in 1 file\n")
    #expect(try !sandbox.read("net.rn").contains("bias"))
    let nothing = try sandbox.run("lint", "net.rn", "--fix")
    #expect(nothing.code == 0 && nothing.err.isEmpty)
  }

  @Test func fixesOfStandardInput() throws {
    // What cannot be fixed comes out as it went in.
    let broken = try sandbox().run("lint", "-", "--fix", input: "model Net\n")
    #expect(broken.code == 1 && broken.out == "model Net\n")
    let run = try sandbox().run("lint", "-", "--fix", "--unsafe", input: biased)
    #expect(run.code == 0 && run.out == biased.replacing(", bias", by: "") && run.err == "no findings in 1 file\n")
  }

  @Test func filesWithErrorsStayAsTheyAre() throws {
    let broken = biased.replacing("head", by: "block b = 3x3, 8\nhaed x").replacing("bias", by: "bais")
    let sandbox = try sandbox(["net.rn": broken])
    let run = try sandbox.run("lint", "net.rn", "--fix")
    #expect(run.code == 1 && run.err == "net.rn: not fixed, because it has errors\n")
    #expect(try sandbox.read("net.rn") == broken)
    // With --unsafe, what was most likely meant is written.
    try sandbox.write(biased.replacing("bias", by: "bais"), to: "net.rn")
    #expect(try sandbox.run("lint", "net.rn", "--fix", "--unsafe").code == 0)
  }

  /// A link stays a link, and permissions stay.
  @Test func fixesKeepTheFile() throws {
    let sandbox = try sandbox()
    try FileManager.default.createSymbolicLink(at: sandbox("link.rn"), withDestinationURL: sandbox("net.rn"))
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: sandbox("net.rn").path)
    #expect(try sandbox.run("lint", "link.rn", "--fix", "--unsafe").code == 0)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: sandbox("link.rn").path) == sandbox("net.rn").path)
    let mode = try FileManager.default.attributesOfItem(atPath: sandbox("net.rn").path)[.posixPermissions] as? Int
    #expect(mode == 0o640)
    #expect(try sandbox.read("net.rn") == biased.replacing(", bias", by: ""))
  }

  // MARK: Formats

  private struct Finding: Decodable {
    struct Fix: Decodable { let safe: Bool }
    let severity: String
    let code: String
    let file: String
    let fixes: [Fix]
  }

  @Test func json() throws {
    let sandbox = try sandbox(["a.rn": biased, "b.rn": biased.replacing("32x32", by: "")])
    let run = try sandbox.run("lint", "a.rn", "b.rn", "--format", "json")
    let found = try JSONDecoder().decode([Finding].self, from: Data(run.out.utf8))
    #expect(found.map(\.code) == ["RN201", "RN503", "RN201"] && found.map(\.file) == ["a.rn", "b.rn", "b.rn"])
    #expect(found.map(\.severity) == ["warning", "note", "warning"])
    #expect(found.map { $0.fixes.map(\.safe) } == [[false], [true], [false]])
    #expect(try sandbox.run("lint", "a.rn", "--select", "RN1", "--format", "json").out == "[]\n")
  }

  @Test func gitHub() throws {
    let run = try sandbox(["a,b.rn": biased]).run("lint", "a,b.rn", "--format", "github")
    #expect(
      run.out == """
        ::warning file=a%2Cb.rn,line=3,endLine=3,col=24,endColumn=28,title=RN201 bias-before-norm::batch normalisation \
        cancels the bias of conv1%0A16 parameters without effect

        """)
  }

  /// The fixture is what `scripts/check_sarif.py` has held against the official schema.
  @Test func sarif() throws {
    let fixture = repository.appending(path: "Tests/CommandTests/Fixtures/lint.sarif")
    let sandbox = try sandbox([
      "models/a net.rn": """
      # Ä 𝄞
      family Net(n = 2, k = 1)
      input     3 x 33 x 33
      shortcut  A, pad end
      block     basic(w) = 3x3, w; 3x3, w, relu
      conv1         3x3, 16, bias  # 𝄞 lint: allow RN201
      pool1  16x16  2x2 max pool, stride 2
      stage1  8x8   [basic(20)] x n
      head    1x1   average pool, 10-d fc
      """,
      "broken.rn": "model Net\ninput 3 x 32 x 32\nconv1 3x3, 16, strde 2\n",
      "clean.rn": biased.replacing(", bias", by: ""),
    ])
    let run = try sandbox.run("lint", "models/a net.rn", "broken.rn", "clean.rn", "--format", "sarif")
    #expect(run.code == 1 && run.err.isEmpty)
    if ProcessInfo.processInfo.environment["RESNETC_UPDATE_GOLDENS"] == "1" {
      try run.out.write(to: fixture, atomically: true, encoding: .utf8)
      Issue.record("recorded lint.sarif; run scripts/check_sarif.py on it")
    }
    #expect(run.out == (try String(contentsOf: fixture, encoding: .utf8)))
    for part in [
      "\"uri\": \"models/a%20net.rn\"", "\"ruleId\": \"unknown-name\"", "\"level\": \"note\"", "\"level\": \"error\"",
      // Two UTF-16 units for a sign outside the basic plane would make column 33 of 32.
      "\"fixes\"", "\"columnKind\": \"utf16CodeUnits\"",
    ] { #expect(run.out.contains(part), "\(part)") }
  }
}
