// `resnetc export onnx`: files that hold the weights they were given, and that replace nothing of others.
import Foundation
import Testing

private func file(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/convert/\(name)").path
}

@Suite struct ExportCommandTests {
  /// What `convert` reads from the file is what went in, bit for bit.
  @Test func weightsComeBack() throws {
    let box = try Sandbox()
    let exported = try box.run(
      "export", "onnx", file("narrow.rn"), "--weights", file("narrow.safetensors"), "-o", "n.onnx")
    #expect(exported.code == 0 && exported.err == "", "\(exported.err)")
    #expect(exported.out.hasPrefix("n.onnx: input 1x3x"))
    for (from, to) in [("n.onnx", "a"), (file("narrow.safetensors"), "b")] {
      #expect(try box.run("convert", from, "-o", to, "--model", file("narrow.rn"), "-q").code == 0)
    }
    #expect(try Data(contentsOf: box("a")) == Data(contentsOf: box("b")))
  }

  /// The last four bytes of the file are a variance or a weight of its last tensor: as NaN they are refused, as in a
  /// package.
  @Test func refusesUselessWeights() throws {
    let box = try Sandbox()
    #expect(try box.run("convert", file("narrow.safetensors"), "-o", "w", "-q").code == 0)
    var bytes = try Data(contentsOf: box("w"))
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
    try bytes.write(to: box("w"))
    let run = try box.run("export", "onnx", file("narrow.rn"), "--weights", "w", "-o", "n.onnx")
    #expect(run.code == 1 && run.err.contains("holds NaN, which is not a number"), "\(run.err)")
    #expect(!box.exists("n.onnx"))
  }

  @Test func namesTheFileAfterTheModel() throws {
    let box = try Sandbox()
    try box.write(tinyModel, to: "x.rn")
    let structure = try box.run("export", "onnx", "x.rn", "--batch", "dynamic")
    #expect(structure.code == 0)
    #expect(structure.out.hasPrefix("tiny.onnx: input batchx3x8x8 to logits batchx4, "))
    #expect(structure.out.hasSuffix("Note: without --weights its tensors are inputs of the graph.\n"))
    // Its own file it replaces.
    let size = try Data(contentsOf: box("tiny.onnx")).count
    let whole = try box.run("export", "onnx", "x.rn", "--weights", "random:1", "-q")
    #expect(whole.code == 0 && whole.out == "")
    #expect(try Data(contentsOf: box("tiny.onnx")).count > size)
  }

  @Test func replacesNothingOfOthers() throws {
    let box = try Sandbox()
    try box.write(tinyModel, to: "x.rn")
    try box.write("\u{8}\u{8}\u{12}\u{7}pytorch", to: "theirs.onnx")
    for (output, reason) in [
      ("theirs.onnx", "Cannot overwrite 'theirs.onnx': resnetc did not write it."),
      ("x.rn", "Cannot overwrite 'x.rn': resnetc did not write it."), (".", "Cannot write '.': it is a folder."),
      ("no/folder.onnx", "Cannot write 'no/folder.onnx': No such file or directory."),
    ] {
      let run = try box.run("export", "onnx", "x.rn", "-o", output)
      #expect(run.code == 74 && run.err.contains(reason), "\(run.err)")
    }
    #expect(try box.read("theirs.onnx") == "\u{8}\u{8}\u{12}\u{7}pytorch")
  }

  @Test(arguments: [
    (["export"], 64, "Missing expected argument '<format>'."),
    (["export", "onnx"], 64, "Missing expected argument '<model>'."),
    (["export", "pytorch", "x.rn", "--batch", "2"], 64, "'--batch' goes with onnx"),
    (["export", "onxn", "x.rn"], 64, "Unknown format 'onxn'. Did you mean 'onnx'?"),
    (["export", "onnx", "x.rn", "--batch", "0"], 64, "from 1 to 1024, or 'dynamic', not '0'"),
    (["export", "onnx", "x.rn", "--weights", "random:x"], 1, "random:x"),
    (["export", "onnx", "x.rn", "--weights", "none"], 74, "Error: Cannot open 'none': No such file or directory."),
    (["export", "onnx", "x.rn", "--weights", ""], 74, "Error: Cannot open '': the name is empty."),
    (["export", "onnx", "x.rn", "--weights", "x.rn"], 1, "Error: 'x.rn' is not a usable safetensors file"),
    (["export", "onnx", "x.rn", "--weights", file("narrow.safetensors")], 1, "'features.0.weight'"),
    (["export", "onnx", "none.rn"], 74, "Cannot read 'none.rn'"),
  ])
  func saysWhatIsWrong(words: [String], code: Int32, text: String) throws {
    let box = try Sandbox()
    try box.write(tinyModel, to: "x.rn")
    let run = try box.run(words)
    #expect(run.code == code && run.err.contains(text), "\(run.code) \(run.err)")
    #expect(!box.exists("tiny.onnx"))
  }
}
