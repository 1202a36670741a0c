// Class names: read beside the model, checked, and harmless in generated Swift.

import Foundation
import Testing

struct LabelsTests {
  private let text = tinyModel.replacing("conv1 ", by: "labels \"names.txt\"\nconv1 ")

  private func run(_ labels: Data?, file: String = "models/names.txt") throws -> (Run, Sandbox) {
    let sandbox = try Sandbox()
    try sandbox.write(text, to: "models/x.rn")
    if let labels { try labels.write(to: sandbox(file)) }
    return (try sandbox.run("models/x.rn", "-o", "o", "--isa", "portable"), sandbox)
  }

  @Test(arguments: ["a\nb\nc\nd", "a\nb\nc\nd\n\n\n", "a\r\nb\r\nc\r\nd\r\n", "\u{FEFF}a\nb\nc\nd\n"])
  func namesReachThePackage(labels: String) throws {
    let (run, sandbox) = try run(Data(labels.utf8))
    #expect(run.code == 0, "\(run.err)")
    #expect(try sandbox.read("o/Sources/Tiny/Description.swift").contains("###\"\"\"\na\nb\nc\nd\n\"\"\"###"))
  }

  @Test func namesCannotEndTheLiteral() throws {
    let names = ["\"\"\"###", "\\###(fatalError())", "#####", "\"\"\"######\\######n"]
    let (run, sandbox) = try run(Data(names.joined(separator: "\n").utf8))
    #expect(run.code == 0, "\(run.err)")
    let source = try sandbox.read("o/Sources/Tiny/Description.swift")
    let hashes = String(repeating: "#", count: 7)
    #expect(source.contains("\(hashes)\"\"\"\n\(names.joined(separator: "\n"))\n\"\"\"\(hashes)"))
  }

  @Test(arguments: [
    (Data("a\nb\nc".utf8), "labels-count", "holds 3 names for 4 outputs"),
    (Data(), "labels-count", "holds 0 names"),
    (Data("a\nb\nc\nd\ne".utf8), "labels-count", "holds 5 names"),
    (Data("a\nb\u{7}\nc\nd".utf8), "labels-file", "line 2 "),
    (Data("a\nb\nc\rx\nd".utf8), "labels-file", "line 3 "),
    (Data("a\nb\nc\nd\u{2028}".utf8), "labels-file", "line 4 "),
    (Data("\u{0}\nb\nc\nd".utf8), "labels-file", "line 1 "),
    (Data([0x61, 0x0A, 0xFF, 0x0A, 0x62, 0x0A, 0x63]), "labels-file", "line 2 of 'names.txt' is not UTF-8"),
    (Data(String(repeating: "x", count: 1001).utf8) + Data("\nb\nc\nd".utf8), "labels-file", "too long"),
    (Data(repeating: 0x0A, count: (1 << 22) + 1), "labels-file", "larger than 4 MiB"),
  ])
  func badFilesAreErrorsInTheModel(labels: Data, code: String, message: String) throws {
    let (run, sandbox) = try run(labels)
    #expect(run.code == 1 && run.err.hasPrefix("error[\(code)]"), "\(run.err)")
    #expect(run.err.contains(message) && run.err.contains("--> models/x.rn:4:8"))
    #expect(!sandbox.exists("o"))
  }

  @Test func missingFiles() throws {
    // Beside where the command runs it would not be found: it belongs to the model.
    let (run, _) = try run(Data("a\nb\nc\nd".utf8), file: "names.txt")
    #expect(run.code == 1 && run.err.hasPrefix("error[labels-file]") && run.err.contains("'models/names.txt'"))
    let sandbox = try Sandbox()
    try sandbox.write(text.replacing("names.txt", by: "."), to: "x.rn")
    #expect(try sandbox.run("x.rn", "-o", "o").code == 1)
    // Reports need no names.
    #expect(try sandbox.run("report", "x.rn").code == 0)
  }
}
