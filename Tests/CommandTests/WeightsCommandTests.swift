// `resnetc weights` where a checkpoint is of another network, and what it says that no shape tells.
import Foundation
import Testing

private func file(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/convert/\(name)").path
}

@Suite struct WeightsCommandTests {
  private func narrow() throws -> String { try String(contentsOfFile: file("narrow.rn"), encoding: .utf8) }

  // MARK: Lines to change

  /// Each network differs from the checkpoint's in one thing, which one line says.
  @Test(arguments: [
    ("5-d fc", "1000-d fc", 10, "average pool, 5-d fc, softmax"), ("x 2", "x 3", 8, "[1x1, 2; 3x3, 2; 1x1, 8] x 2"),
    ("1x1, 16] x 1", "1x1, 32] x 1", 9, "[1x1, 4; 3x3, 4; 1x1, 16]"),
  ])
  func saysWhichLineAndFixesIt(right: String, wrong: String, line: Int, fixed: String) throws {
    let box = try Sandbox()
    let text = try narrow()
    try box.write(text.replacing(right, by: wrong), to: "net.rn")
    let said = try box.run("weights", "net.rn", file("huggingface.bin"))
    #expect(said.code == 1)
    #expect(said.err.contains("the weights do not fit Narrow"), "\(said.err)")
    let squeezed = said.err.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    #expect(squeezed.contains("line \(line)\n - ") && squeezed.contains(fixed), "\(said.err)")
    #expect(try box.read("net.rn") == text.replacing(right, by: wrong))
    let run = try box.run("weights", "net.rn", file("huggingface.bin"), "--fix")
    #expect(run.code == 0, "\(run.err)")
    #expect(run.out.hasPrefix("Changed net.rn:\n  line \(line)\n"), "\(run.out)")
    #expect(run.out.contains("fits Narrow"))
    #expect(try box.run("diff", file("narrow.rn"), "net.rn").out.contains(": no difference\n"))
  }

  /// A 3x3 stem has no pool, and a picture of its own size; names of rows and comments stay.
  @Test func stemsOfSmallPictures() throws {
    let box = try Sandbox()
    try box.write(
      """
      model Mine # of my own
      input 3 x 224 x 224
      stride on 3x3
      depth 8
      preprocess resize 256 bilinear, crop 224
      stem  112x112 7x7, 4, stride 2 # the stem
      pool  56x56   3x3 max pool, stride 2
      a     56x56   [3x3, 4; 3x3, 4]
      b     28x28   [3x3, 8; 3x3, 8] x 2
      head  1x1     average pool, 10-d fc

      """, to: "net.rn")
    let run = try box.run("weights", "net.rn", file("linear.th"), "--fix")
    #expect(run.code == 0, "\(run.err)")
    let text = try box.read("net.rn")
    for line in [
      "model Mine # of my own\n", "input 3 x 32 x 32\n", "depth 6\n", "stem  32x32 3x3, 4 # the stem\n",
      "a     32x32   [3x3, 4; 3x3, 4]\n", "b     16x16   [3x3, 8; 3x3, 8]\n", "head  1x1     average pool, 5-d fc\n",
    ] { #expect(text.contains(line), "\(text)") }
    #expect(!text.contains("pool  56x56"))
  }

  @Test func familiesAreChosenFrom() throws {
    let box = try Sandbox()
    let narrow = try narrow()
    try box.write(
      narrow.replacing("model Narrow", by: "family Narrow(n = 4)").replacing("x 2", by: "x n"), to: "family.rn")
    let run = try box.run("weights", "family.rn", file("narrow.npz"))
    #expect(run.code == 1 && run.err.contains("Help:  It fits '--set n=2'.\n"), "\(run.err)")
    #expect(try box.run("weights", "family.rn", file("narrow.npz"), "--set", "n=2").code == 0)
    let other = try box.run("weights", model("table1"), file("narrow.npz"), "--variant", "50")
    #expect(other.code == 1 && other.err.contains("'resnetc decompile"), "\(other.err)")
  }

  @Test func theCommandLine() throws {
    let box = try Sandbox()
    let swapped = try box.run("weights", file("narrow.npz"), file("narrow.rn"))
    #expect(swapped.code == 64 && swapped.err.contains("takes the model first: resnetc weights "), "\(swapped.err)")
    #expect(try box.run(["weights", "-", file("narrow.npz"), "--fix"], input: try narrow()).code == 64)
    // Where nothing is to be changed, that is said, and nothing is.
    try box.write(try narrow(), to: "n.rn")
    let fits = try box.run("weights", "n.rn", file("narrow.npz"), "--fix")
    #expect(fits.code == 0 && fits.out.hasPrefix("Nothing to change in n.rn.\n"), "\(fits.err)")
    #expect(try box.read("n.rn") == narrow())
  }

  // MARK: What no shape tells

  @Test func whatNoShapeTellsIsListed() throws {
    let box = try Sandbox()
    let run = try box.run("weights", file("narrow.rn"), file("narrow.npz"))
    for text in [
      "note: stride: line 4 'stride on 3x3'; ", "note: pool: line 7 'pool1 8x8 3x3 max pool, stride 2'; ",
      "note: eps: no line 'norm batch, eps 1e-5'; it is the default; ", "note: dilation: ", "note: preprocess: ",
      "note: channels: ",
    ] { #expect(run.out.contains(text), "\(run.out)") }
    #expect(!run.out.contains("differs"))
    let caffe = try box.run("weights", file("narrow.rn"), file("caffe.caffemodel"))
    for text in [
      "differs: stride: line 4 'stride on 3x3'; the Caffe release's have 'stride on first'",
      "differs: pool: line 7 'pool1 8x8 3x3 max pool, stride 2'; the Caffe release's have '3x3 max pool, stride 2, pad 0, ceil'",
      "differs: preprocess: no line; ",
    ] { #expect(caffe.out.contains(text), "\(caffe.out)") }
    // What is decompiled has what its dialect has.
    #expect(
      try box.run("decompile", file("caffe.caffemodel"), "-o", "c.rn", "--line", "input 3 x 32 x 32").code == 0)
    #expect(try !box.run("weights", "c.rn", file("caffe.caffemodel")).out.contains("differs"))
    // The same pixels in bytes are the same; converting has turned the channels already.
    let lines = try box.read("c.rn").split(separator: "\n")
    let bytes = "preprocess resize 36, crop 32, range 0 255, mean 123.68 116.779 103.939, std 1 1 1"
    for (line, differs) in [(bytes, false), (bytes + ", bgr", true)] {
      try box.write(lines.map { $0.hasPrefix("preprocess") ? line : String($0) }.joined(separator: "\n"), to: "d.rn")
      let run = try box.run("weights", "d.rn", file("caffe.caffemodel"))
      let turnsTwice = run.out.contains("differs: channels: blue, green, red, by 'bgr'")
      #expect(run.code == 0 && turnsTwice == differs, "\(run.out)")
      #expect(!run.out.contains("differs: preprocess"))
    }
    let digits = repository.appendingPathComponent("models/digits20.safetensors").path
    let zeros = try box.run("weights", model("digits20"), digits)
    #expect(zeros.out.contains("note: zeros: line 5 'shortcut A, pad end'; "), "\(zeros.out)\(zeros.err)")
  }
}
