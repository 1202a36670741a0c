// Options, help, exit codes: what the command line itself does.

import Foundation
import Testing

struct CommandLineTests {
  @Test func helpHasTheLayoutThatSwiftUsersKnow() throws {
    let sandbox = try Sandbox()
    for words in [["--help"], ["-h"], ["help"]] {
      let run = try sandbox.run(words)
      #expect(run.code == 0 && run.err.isEmpty)
      let titles = run.out.split(separator: "\n").filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }
      #expect(titles == ["OVERVIEW", "USAGE", "ARGUMENTS", "OPTIONS", "SUBCOMMANDS"])
      #expect(run.out.contains("\n  -o, --output <folder>   Where"))
      #expect(run.out.contains("\n  -h, --help              Show help information.\n"))
      #expect(run.out.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }
    for name in ["compile", "report", "tune", "explain", "lint"] {
      let run = try sandbox.run("help", name)
      #expect(run.code == 0 && run.out.contains("USAGE: resnetc \(name) "))
      #expect(try sandbox.run(name, "--help").out == run.out)
      #expect(run.out.contains("-h, --help"))
    }
  }

  @Test func versionStandsAlone() throws {
    let run = try Sandbox().run("--version")
    #expect(run.code == 0)
    #expect(run.out.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test(arguments: [
    ([], "USAGE: resnetc <model>"),
    (["x.rn"], "Missing expected argument '--output <folder>'"),
    (["report"], "Missing expected argument '<model> ...'"),
    (["reprot", "x.rn"], "Did you mean 'report'?"),
    (["help", "exlpain"], "Did you mean 'explain'?"),
    (["x.rn", "--ouput", "o"], "Did you mean '--output'?"),
    (["x.rn", "-o"], "Missing value for '--output <folder>'"),
    (["x.rn", "-o", "--quiet"], "Missing value for '--output <folder>'"),
    (["x.rn", "-o", ""], "names no folder"),
    (["x.rn", "-o", "/"], "'--output' is '/', the folder that holds all others; a package has one of its own"),
    (["x.rn", "-o", "//"], "'--output' is '//', the folder that holds all others"),
    (["x.rn", "-o", "/.."], "'--output' is '/..', the folder that holds all others"),
    (["ensemble", "x.rn", "x.rn", "-o", "/"], "'--output' is '/', the folder that holds all others"),
    (["convert", "-", "-o", "o"], "A checkpoint is a file, and '-' is standard input"),
    (["decompile", "-"], "A checkpoint is a file, and '-' is standard input"),
    (["weights", "x.rn", "-"], "A checkpoint is a file, and '-' is standard input"),
    (["x.rn", "--weights", "-", "-o", "o"], "A checkpoint is a file, and '-' is standard input"),
    (["convert", "x.rn", "-o", ""], "'--output' names no file"),
    (["convert", "x.rn", "-o", "-"], "'--output' takes a file, and '-' is standard output"),
    (["export", "onnx", "x.rn", "-o", ""], "'--output' names no file"),
    (["export", "pytorch", "x.rn", "-o", "-"], "'--output' takes a file, and '-' is standard output"),
    (["decompile", "x.rn", "-o", ""], "'--output' names no file"),
    (["x.rn", "-o", "o", "-o", "p"], "more than once"),
    (["x.rn", "y.rn", "-o", "o"], "Unexpected argument 'y.rn'"),
    (["x.rn", "-o", "o", "--quiet=yes"], "takes no value"),
    (["x.rn", "-o", "o", "--batch", "0"], "from 1 to 1024"),
    (["x.rn", "-o", "o", "--batch", "1025"], "from 1 to 1024"),
    (["x.rn", "-o", "o", "--batch", "99999999999999999999"], "from 1 to 1024"),
    (["x.rn", "-o", "o", "--isa", "avx521"], "Did you mean 'avx512'?"),
    (["x.rn", "-o", "o", "--isa", "avx2,avx2"], "more than once"),
    (["x.rn", "-o", "o", "--isa", ""], "Unknown instruction set"),
    (["x.rn", "-o", "o", "--set", "n"], "such as n=9"),
    (["x.rn", "-o", "o", "--set", "=9"], "such as n=9"),
    (["x.rn", "-o", "o", "--set", "n=nine"], "such as n=9"),
    (["x.rn", "-o", "o", "--set", "n=99999999999999999999"], "such as n=9"),
    (["x.rn", "-o", "o", "--set", "n=1", "--set", "n=2"], "more than once"),
    (["x.rn", "-o", "o", "--diagnostics", "jsno"], "Did you mean 'json'?"),
    (["x.rn", "-o", "o", "--color", "sometimes"], "auto, always or never"),
    (["x.rn", "--dump-ir=fold-batchnorm"], "Did you mean 'fold-batch-norm'?"),
    (["x.rn", "--dump-ir", "fold-batchnorm"], "Did you mean '--dump-ir=fold-batch-norm'?"),
    (["x.rn", "--stop-after", "everything"], "The passes are lower, drop-inference-noops"),
    (["x.rn", "--stop-after", "lower", "-o", "o"], "makes no package"),
    (["report", "x.rn", "--format", "xml"], "It takes text, markdown, csv, json or html"),
    (["report", "x.rn", "--output", "o"], "Unknown option '--output'"),
    (["report", "-", "-"], "only once"),
    (["explain", "size-mismtach"], "Did you mean 'size-mismatch'?"),
    (["--version", "x"], "stands alone"),
  ])
  func usageErrors(words: [String], message: String) throws {
    let sandbox = try Sandbox()
    try sandbox.write(tinyModel, to: "x.rn")
    let run = try sandbox.run(words)
    #expect(run.code == 64)
    #expect(run.err.contains(message))
    #expect(!sandbox.exists("o"))
    #expect(run.out.isEmpty)
    if !words.isEmpty {
      #expect(run.err.hasPrefix("Error: ") && run.err.contains("\nUsage: resnetc") && run.err.contains("--help'"))
    }
  }

  @Test func optionsInEverySpelling() throws {
    let sandbox = try Sandbox()
    try sandbox.write(tinyModel, to: "-x.rn")
    for words in [
      ["-oa", "--isa=portable", "-q", "--", "-x.rn"], ["--output=b", "--isa", "portable", "--quiet", "./-x.rn"],
      ["compile", "./-x.rn", "-q", "-o=c", "--isa=portable"],
    ] {
      let run = try sandbox.run(words)
      #expect(run.code == 0, "\(run.err)")
      #expect(run.out.isEmpty && run.err.isEmpty)
    }
    #expect(try sandbox.contents(of: "a") == sandbox.contents(of: "b"))
    #expect(try sandbox.contents(of: "a") == sandbox.contents(of: "c"))
  }

  @Test(arguments: [["missing.rn"], ["."], [""], ["missing/x.rn"]])
  func unreadableModels(words: [String]) throws {
    for words in [words + ["-o", "o"], ["report"] + words] {
      let sandbox = try Sandbox()
      let run = try sandbox.run(words)
      #expect(run.code == 74)
      #expect(run.err.hasPrefix("Error: Cannot read '\(words.contains("report") ? words[1] : words[0])': "))
      #expect(!sandbox.exists("o"))
    }
  }

  @Test func largeModelsAreRefusedByTheLanguage() throws {
    let sandbox = try Sandbox()
    try sandbox.write(tinyModel + "\n" + String(repeating: "# a\n", count: 300_000), to: "x.rn")
    for words in [["x.rn", "-o", "o"], ["report", "x.rn"]] {
      let run = try sandbox.run(words)
      #expect(run.code == 1 && run.err.hasPrefix("error[limit-exceeded]"))
    }
    if FileManager.default.fileExists(atPath: "/dev/zero") {
      #expect(try sandbox.run("/dev/zero", "-o", "o").code == 1)
    }
  }

  @Test func explainsEveryCode() throws {
    let sandbox = try Sandbox()
    let list = try sandbox.run("explain")
    #expect(list.code == 0)
    let parts = list.out.components(separatedBy: "Errors\n\n")
    try #require(parts.count == 2)
    let codes = parts[1].split(separator: "\n").filter { !$0.hasPrefix(" ") }.map(String.init)
    #expect(codes.count > 30 && codes == codes.sorted())
    #expect(parts[1].split(separator: "\n").filter { $0.hasPrefix("    ") }.count == codes.count)
    let rules = parts[0].split(separator: "\n").filter { $0.hasPrefix("RN") }.map(String.init)
    #expect(rules.count >= 18 && parts[0].split(separator: "\n").filter { $0.hasPrefix("    ") }.count == rules.count)
    let rule = try sandbox.run("explain", "warning[RN101 strided-1x1]")
    #expect(rule.out.hasPrefix("RN101 strided-1x1\n\n") && rule.out.contains("\n    model Net\n"))
    for name in ["RN101", "rn101", "strided-1x1"] { #expect(try sandbox.run("explain", name).out == rule.out) }
    #expect(try sandbox.run("explain", "strided-1x2").err.contains("Did you mean 'strided-1x1'?"))
    for code in codes.prefix(3) + ["labels-count", "model-name-taken"] {
      let run = try sandbox.run("explain", code)
      #expect(run.code == 0 && run.out.hasPrefix("\(code)\n\n"))
    }
    #expect(try sandbox.run("explain", "error[size-mismatch]").out.hasPrefix("size-mismatch\n"))
  }
}
