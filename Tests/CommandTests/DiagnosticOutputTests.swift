// Errors in the input: where they go, in what form, with what exit code.

import Foundation
import Testing

struct DiagnosticOutputTests {
  private func sandbox() throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.write(tinyModel.replacing("8x8  3x3", by: "9x9  3x3").replacing("4-d fc", by: "4-d cf"), to: "bad.rn")
    return sandbox
  }

  @Test func textOnStandardError() throws {
    let run = try sandbox().run("bad.rn", "-o", "o")
    #expect(run.code == 1 && run.out.isEmpty)
    #expect(run.err.hasPrefix("error["))
    #expect(run.err.contains("--> bad.rn:5:"))
    #expect(!run.err.contains("\u{1B}"))
  }

  @Test func jsonIsAlwaysAnArray() throws {
    let sandbox = try sandbox()
    try sandbox.write(tinyModel, to: "good.rn")
    for (file, code) in [("bad.rn", Int32(1)), ("good.rn", 0)] {
      let run = try sandbox.run(file, "-o", "o", "--diagnostics", "json")
      #expect(run.code == code)
      let array = try #require(try JSONSerialization.jsonObject(with: Data(run.err.utf8)) as? [[String: Any]])
      #expect(array.isEmpty == (code == 0))
      for object in array { #expect(object["file"] as? String == "bad.rn" && object["code"] is String) }
    }
  }

  @Test(arguments: [
    ([], [:], false),
    ([], ["FORCE_COLOR": "1"], true),
    ([], ["FORCE_COLOR": ""], false),
    ([], ["FORCE_COLOR": "1", "NO_COLOR": "1"], false),
    (["--color", "always"], ["NO_COLOR": "1"], true),
    (["--color", "never"], ["FORCE_COLOR": "1"], false),
    (["--diagnostics", "color"], ["NO_COLOR": "1"], true),
    (["--diagnostics", "plain"], ["FORCE_COLOR": "1"], false),
    (["--diagnostics", "color", "--color", "never"], [:], false),
    (["--diagnostics", "json", "--color", "always"], [:], false),
  ])
  func color(words: [String], environment: [String: String], expected: Bool) throws {
    for command in [["bad.rn", "-o", "o"], ["report", "bad.rn"]] {
      let run = try sandbox().run(command + words, environment: environment)
      #expect(run.code == 1)
      #expect(run.err.contains("\u{1B}[1;31m") == expected)
    }
  }

  @Test func familiesNeedAVariant() throws {
    let sandbox = try Sandbox()
    let none = try sandbox.run(model("table1"), "-o", "o")
    #expect(none.code == 1)
    #expect(none.err.hasPrefix("error[variant-required]") && none.err.contains("18, 34, 50, 101 or 152"))
    let wrong = try sandbox.run(model("table1"), "--variant", "151", "-o", "o")
    #expect(wrong.code == 1 && wrong.err.contains("did you mean '101'?") || wrong.err.contains("did you mean '152'?"))
    let parameter = try sandbox.run(model("cifar"), "--set", "m=3", "-o", "o")
    #expect(parameter.code == 1 && parameter.err.contains("has no parameter 'm'"))
    #expect(!sandbox.exists("o"))
    let right = try sandbox.run(model("table1"), "--variant", "18", "--isa", "portable", "-o", "o")
    #expect(right.code == 0 && right.out.hasPrefix("ResNet18, from "))
    #expect(sandbox.exists("o/Sources/ResNet18/ResNet18.swift"))
  }

  @Test func standardInputIsAModel() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.run("-", "-o", "o", "--isa", "portable", input: tinyModel)
    #expect(run.code == 0 && run.out.hasPrefix("Tiny, from <stdin>\n"))
    let bad = try sandbox.run("report", "-", input: "model")
    #expect(bad.code == 1 && bad.err.contains("--> <stdin>:1:"))
  }
}
