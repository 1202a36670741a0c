// Completion scripts: every word of the help is offered, and bash does with it what it should.

import Foundation
import Testing

struct CompletionsTests {
  private func matches(_ pattern: Regex<Substring>, _ text: String) -> Set<String> {
    Set(text.matches(of: pattern).map { String($0.output) })
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func everyWordIsOffered(shell: String) throws {
    let sandbox = try Sandbox()
    let script = try sandbox.run("completions", shell)
    #expect(script.code == 0 && script.err.isEmpty)
    let overview = try sandbox.run("--help").out
    let list = try #require(overview.components(separatedBy: "SUBCOMMANDS:").last)
    let commands = list.split(separator: "\n").filter {
      $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.hasPrefix("  See")
    }
    .compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(commands.count >= 9 && commands.contains("report"))
    for command in commands {
      #expect(script.out.contains(command), "\(command)")
      let help = try sandbox.run("help", command).out
      let options = matches(/\n  .*--[a-z-]+/, help).compactMap { $0.components(separatedBy: "--").last }
      #expect(!options.isEmpty, "\(command)")
      for option in options {
        #expect(script.out.contains(shell == "fish" ? "-l \(option) " : "--\(option)"), "\(command) --\(option)")
      }
    }
  }

  @Test func bashCompletes() throws {
    let sandbox = try Sandbox()
    try sandbox.write(try sandbox.run("completions", "bash").out, to: "completions.bash")
    for file in ["net.rn", "other.rn", "net.txt"] { try sandbox.write("", to: file) }
    try FileManager.default.createDirectory(at: sandbox("nets"), withIntermediateDirectories: false)
    func offered(_ words: String...) throws -> Set<String> {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.currentDirectoryURL = sandbox.url
      let script = """
        source ./completions.bash
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _resnetc; printf '%s\\n' "${COMPREPLY[@]}"
        """
      process.arguments = ["--norc", "-c", script, "bash", "resnetc"] + words
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      return Set(String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init))
    }
    #expect(try offered("re") == ["report", "reproduce"])
    #expect(try offered("ne") == ["net.rn", "nets"])
    #expect(try offered("report", "--format", "") == ["text", "markdown", "csv", "json", "html"])
    #expect(try offered("table", "--format", "h") == ["html"])
    #expect(try offered("report", "net.rn", "--de") == ["--depth"])
    #expect(try offered("net.rn", "--isa", "avx") == ["avx512", "avx2"])
    // A folder for the output; another option where a value may be left out.
    #expect(try offered("net.rn", "-o", "ne") == ["net.rn", "net.txt", "nets"])
    #expect(try offered("net.rn", "--dump-ir", "--stop") == ["--stop-after"])
    #expect(try offered("explain", "size-mis") == ["size-mismatch"])
    #expect(try offered("reproduce", "n") == ["nets"])
  }

  @Test func otherShellsAreRefused() throws {
    let run = try Sandbox().run("completions", "bsh")
    #expect(run.code == 64 && run.out.isEmpty && run.err.contains("Did you mean 'bash'?"), "\(run.err)")
    #expect(try Sandbox().run("completions").code == 64)
  }
}
