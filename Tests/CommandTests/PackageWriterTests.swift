// What the command may do to a folder, and what it may not.

import Foundation
import TestTiers
import Testing

struct PackageWriterTests {
  private static let options = ["--isa", "portable"]

  private func generate(_ sandbox: Sandbox, _ text: String = tinyModel, to folder: String = "o") throws -> Run {
    try sandbox.write(text, to: "x.rn")
    return try sandbox.run(["x.rn", "-o", folder] + Self.options)
  }

  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    let run = try generate(sandbox)
    #expect(run.code == 0, "\(run.err)")
    return sandbox
  }

  /// Another kernel size, hence other files.
  private let otherModel = tinyModel.replacing("3x3, 8", by: "(1x1, 8; 1x1, 8) x 1")

  private func modificationDates(_ sandbox: Sandbox) throws -> [String: Date] {
    var result: [String: Date] = [:]
    for path in try sandbox.contents(of: "o").keys {
      let attributes = try FileManager.default.attributesOfItem(atPath: sandbox("o/" + path).path)
      result[path] = attributes[.modificationDate] as? Date
    }
    return result
  }

  @Test func ledgerListsEveryFile() throws {
    let sandbox = try sandbox()
    let contents = try sandbox.contents(of: "o")
    let lines = try sandbox.read("o/.resnetc").split(separator: "\n").map(String.init)
    #expect(lines[0] == "resnetc 1, \(lines.count - 1) files")
    #expect(Set(lines.dropFirst().map { String($0.dropFirst(17)) }) == Set(contents.keys).subtracting([".resnetc"]))
    #expect(contents.keys.allSatisfy { !$0.hasSuffix("resnetc-tmp") })
  }

  @Test func foldersAreMade() throws {
    let sandbox = try Sandbox()
    #expect(try generate(sandbox, to: "a/b/c/").code == 0)
    #expect(sandbox.exists("a/b/c/Package.swift"))
  }

  @Test func nothingIsRewrittenWithoutNeed() throws {
    let sandbox = try sandbox()
    let before = try modificationDates(sandbox)
    let again = try generate(sandbox)
    #expect(again.code == 0 && again.out.contains("\(before.count - 1) unchanged\n"))
    #expect(try modificationDates(sandbox) == before)
  }

  @Test func whatIsNoLongerGeneratedGoes() throws {
    let sandbox = try sandbox()
    let fresh = try Sandbox()
    #expect(try generate(fresh, tinyModel.replacing("Tiny", by: "Other")).code == 0)
    // Beside the generated files, the user's own and SwiftPM's stay, and with them their folders.
    let own = ["Package.resolved", ".build/debug/x", "Sources/Tiny/Mine.swift", "notes.txt"]
    for path in own { try sandbox.write("mine", to: "o/" + path) }
    let run = try generate(sandbox, tinyModel.replacing("Tiny", by: "Other"))
    #expect(run.code == 0 && run.out.contains("removed"), "\(run.err)")
    var contents = try sandbox.contents(of: "o")
    for path in own { #expect(contents.removeValue(forKey: path) == Data("mine".utf8)) }
    #expect(try contents == fresh.contents(of: "o"))
    #expect(!sandbox.exists("o/Sources/TinyRuntime"))
  }

  @Test func editedLeftoversStay() throws {
    let sandbox = try sandbox()
    try sandbox.write("// mine now\n", to: "o/Sources/Tiny/Layers.swift")
    let run = try generate(sandbox, tinyModel.replacing("Tiny", by: "Other"))
    #expect(run.code == 0 && run.out.contains("kept Sources/Tiny/Layers.swift"))
    #expect(try sandbox.read("o/Sources/Tiny/Layers.swift") == "// mine now\n")
    #expect(try !sandbox.read("o/.resnetc").contains("Tiny/"))
  }

  @Test func editedFilesAreNotOverwritten() throws {
    let sandbox = try sandbox()
    try sandbox.write("// mine now\n", to: "o/Package.swift")
    let before = try sandbox.contents(of: "o")
    let run = try generate(sandbox, otherModel)
    #expect(run.code == 74 && run.out.isEmpty)
    #expect(run.err.contains("'o/Package.swift': it was edited after resnetc generated it.\nHelp:  "))
    #expect(try sandbox.contents(of: "o") == before)
    // Moved away, it no longer hinders.
    try FileManager.default.removeItem(at: sandbox("o/Package.swift"))
    #expect(try generate(sandbox, otherModel).code == 0)
  }

  @Test(arguments: ["Package.swift", "Sources/TinyRuntime/ISA.swift", ".gitignore"])
  func foreignFilesAreNotOverwritten(path: String) throws {
    let sandbox = try Sandbox()
    try sandbox.write("mine", to: "o/" + path)
    let run = try generate(sandbox)
    #expect(run.code == 74 && run.err.contains("'o/\(path)': resnetc did not generate it"))
    #expect(try sandbox.contents(of: "o") == [path: Data("mine".utf8)])
  }

  @Test func foreignFilesThatDoNotCollideStay() throws {
    let sandbox = try Sandbox()
    try sandbox.write("mine", to: "o/notes.txt")
    #expect(try generate(sandbox).code == 0)
    #expect(try sandbox.read("o/notes.txt") == "mine")
  }

  @Test func foldersAndFilesInTheWay() throws {
    let sandbox = try Sandbox()
    try sandbox.write("mine", to: "o/Package.swift/inside")
    #expect(try generate(sandbox).code == 74)
    try sandbox.write("mine", to: "p/Sources")
    let run = try generate(sandbox, to: "p")
    #expect(run.code == 74 && run.err.contains("'p/Sources': it is not a folder"))
    #expect(try sandbox.contents(of: "p") == ["Sources": Data("mine".utf8)])
    try sandbox.write("mine", to: "file")
    #expect(try generate(sandbox, to: "file").code == 74)
    #expect(try generate(sandbox, to: "file/below").code == 74)
    #expect(try sandbox.read("file") == "mine")
  }

  @Test func linksAreNotFollowed() throws {
    let sandbox = try Sandbox()
    let files = FileManager.default
    try files.createDirectory(at: sandbox("outside"), withIntermediateDirectories: true)
    try files.createDirectory(at: sandbox("o"), withIntermediateDirectories: true)
    try files.createSymbolicLink(atPath: sandbox("o/Sources").path, withDestinationPath: "../outside")
    let run = try generate(sandbox)
    #expect(run.code == 74 && run.err.contains("'o/Sources': it is a link"))
    #expect(try sandbox.contents(of: "outside").isEmpty && !sandbox.exists("o/Package.swift"))

    try files.createDirectory(at: sandbox("p"), withIntermediateDirectories: true)
    try sandbox.write("theirs", to: "outside/target")
    try files.createSymbolicLink(atPath: sandbox("p/README.md").path, withDestinationPath: "../outside/target")
    #expect(try generate(sandbox, to: "p").code == 74)
    #expect(try sandbox.read("outside/target") == "theirs")

    try files.createSymbolicLink(atPath: sandbox("dangling").path, withDestinationPath: "nowhere")
    #expect(try generate(sandbox, to: "dangling").code == 74)
    #expect(!sandbox.exists("nowhere"))

    // The output folder itself may be a link: the user named it.
    try files.createSymbolicLink(atPath: sandbox("link").path, withDestinationPath: "real")
    try files.createDirectory(at: sandbox("real"), withIntermediateDirectories: true)
    #expect(try generate(sandbox, to: "link").code == 0)
    #expect(sandbox.exists("real/Package.swift"))

    // A generated folder that was replaced by a link: what lies behind it is not removed.
    try sandbox.write(try sandbox.read("real/Sources/Tiny/Layers.swift"), to: "outside/Layers.swift")
    try files.removeItem(at: sandbox("real/Sources/Tiny"))
    try files.createSymbolicLink(atPath: sandbox("real/Sources/Tiny").path, withDestinationPath: "../../outside")
    #expect(try generate(sandbox, tinyModel.replacing("Tiny", by: "Other"), to: "real").code == 0)
    #expect(sandbox.exists("outside/Layers.swift"))
  }

  @Test(arguments: [
    "", "hello\n", "resnetc 1, 1 files\n", "resnetc 1, 0 files", "resnetc 2, 0 files\n", "resnetc 1, 1 files\nxyz a\n",
    "resnetc 1, 1 files\n0000000000000000\n", "resnetc 1, 1 files\n00000000000000000 a\n",
    "resnetc 1, 1 files\n0000000000000000 ../victim\n", "resnetc 1, 1 files\n0000000000000000 /victim\n",
    "resnetc 1, 1 files\n0000000000000000 a/../../victim\n", "resnetc 1, 1 files\n0000000000000000 a//b\n",
    "resnetc 1, 1 files\n0000000000000000 \n", "resnetc 1, 1 files\n+000000000000000 a\n",
    "resnetc 1, 99999999999999999999 files\n", "resnetc 1, 1 files\r\n0000000000000000 a\r\n", "\u{0}\u{0}\u{0}\n",
  ])
  func corruptLedgers(text: String) throws {
    let sandbox = try sandbox()
    try sandbox.write("theirs", to: "victim")
    try sandbox.write(text, to: "o/.resnetc")
    let before = try sandbox.contents(of: "o")
    let run = try generate(sandbox, otherModel)
    #expect(run.code == 74 && run.err.contains("'o/.resnetc'") && run.err.contains("\nHelp:  "))
    #expect(try sandbox.contents(of: "o") == before)
    #expect(try sandbox.read("victim") == "theirs")
  }

  @Test func truncatedLedgersAreCorrupt() throws {
    let sandbox = try sandbox()
    let text = try sandbox.read("o/.resnetc")
    for length in stride(from: 0, to: text.utf8.count, by: 397) {
      try sandbox.write(String(text.prefix(length)), to: "o/.resnetc")
      #expect(try generate(sandbox, otherModel).code == 74)
    }
    try sandbox.write(text, to: "o/.resnetc")
    #expect(try generate(sandbox, otherModel).code == 0)
  }

  /// Every state that an interruption can leave: the merged ledger, some files old, some new, some removed, and a
  /// temporary file. Made by hand from the two finished states.
  @Test(arguments: [0.0, 0.3, 0.7, 1.0]) func interruptedRunsAreResumed(progress: Double) throws {
    let old = try sandbox()
    let fresh = try Sandbox()
    let text = tinyModel.replacing("Tiny", by: "Other")
    #expect(try generate(fresh, text).code == 0)
    let new = try fresh.contents(of: "o")
    let before = try old.contents(of: "o")

    let entries = Set(try (old.read("o/.resnetc") + fresh.read("o/.resnetc")).split(separator: "\n"))
      .filter { !$0.hasPrefix("resnetc") }.sorted { $0.dropFirst(17) < $1.dropFirst(17) }
    let ledger = (["resnetc 1, \(entries.count) files"] + entries.map(String.init)).joined(separator: "\n") + "\n"
    try old.write(ledger, to: "o/.resnetc")
    let paths = new.keys.sorted().filter { $0 != ".resnetc" }
    for path in paths.prefix(Int(Double(paths.count) * progress)) {
      try old.write(String(decoding: new[path] ?? Data(), as: UTF8.self), to: "o/" + path)
    }
    if progress < 1 { try old.write("half", to: "o/.Package.swift.resnetc-tmp") }
    if progress == 1 {
      try FileManager.default.removeItem(at: old("o/Sources/Tiny/Layers.swift"))
    }
    // Going on, and going back.
    #expect(try generate(old, text).code == 0)
    #expect(try old.contents(of: "o") == new)
    #expect(try generate(old).code == 0)
    #expect(try old.contents(of: "o") == before)
  }

  /// The same with a run that really is interrupted: the system ends it at a file that is too large.
  @Test func failuresInTheMiddleLeaveAFolderThatTheNextRunMends() throws {
    let sandbox = try sandbox()
    // No file may grow beyond 48 blocks of 512 bytes: the ledger does not, the names of the classes would.
    let text = tinyModel.replacing("Tiny", by: "Other").replacing("4-d fc", by: "40-d fc")
      .replacing("conv1 ", by: "labels \"names.txt\"\nconv1 ")
    let names = Array(repeating: String(repeating: "x", count: 900), count: 40)
    try sandbox.write(names.joined(separator: "\n"), to: "names.txt")
    try sandbox.write(text, to: "x.rn")
    let script = "ulimit -f 64; exec \"$0\" x.rn -o o --isa portable"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, try commandURL().path]
    process.currentDirectoryURL = sandbox.url
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus != 0)
    #expect(sandbox.exists("o/Sources/Tiny") && sandbox.exists("o/Sources/Other"))
    #expect(try sandbox.read("o/.resnetc").contains("Sources/Other/"))
    let run = try generate(sandbox, text)
    #expect(run.code == 0, "\(run.err)")
    let fresh = try Sandbox()
    try fresh.write(names.joined(separator: "\n"), to: "names.txt")
    #expect(try generate(fresh, text).code == 0)
    #expect(try sandbox.contents(of: "o") == fresh.contents(of: "o"))
  }

  @Test func badInputLeavesTheFolderUntouched() throws {
    let sandbox = try sandbox()
    let before = try sandbox.contents(of: "o")
    let dates = try modificationDates(sandbox)
    for text in ["", "model", tinyModel.replacing("8x8  3x3", by: "9x9  3x3"), tinyModel + "\nlabels \"none.txt\""] {
      #expect(try generate(sandbox, text).code == 1)
      #expect(try sandbox.contents(of: "o") == before)
    }
    #expect(try modificationDates(sandbox) == dates)
  }

  @Test func foldersWithoutPermission() throws {
    // The superuser may write anywhere.
    guard geteuid() != 0 else { return }
    let sandbox = try Sandbox()
    try FileManager.default.createDirectory(
      at: sandbox("o"), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o555])
    #expect(try generate(sandbox).code == 74)
    #expect(try generate(sandbox, to: "o/below").code == 74)
  }
}
