// `resnetc ensemble`: what it makes of networks that go together, and what it says of others. What the package computes is
// told by GeneratedTests.
import Foundation
import Testing

@Suite struct EnsembleCommandTests {
  private let wide = tinyModel.replacing("Tiny", by: "Wide").replacing("3x3, 8", by: "3x3, 16")

  private func box() throws -> Sandbox {
    let box = try Sandbox()
    try box.write(tinyModel, to: "a.rn")
    try box.write(wide, to: "b.rn")
    return box
  }

  @Test func eachNetworkIsPrintedOnce() throws {
    let box = try box()
    let run = try box.run(
      "ensemble", "a.rn", "b.rn", "a.rn", "--name", "Trio", "-o", "o", "--isa", "portable,avx2", "--batch", "2")
    #expect(run.code == 0 && run.out.hasPrefix("Trio, the mean of 3 networks\n"), "\(run.err)")
    #expect(run.out.contains("  network 2   Wide, "))
    let files = try box.contents(of: "o")
    let folders = Set(files.keys.filter { $0.hasPrefix("Sources/") }.map { $0.split(separator: "/")[1] })
    #expect(
      folders == [
        "Trio", "TrioRuntime", "TrioCPU", "TrioCommand", "Tiny", "TinyAVX2", "TinyPortable", "Wide", "WideAVX2",
        "WidePortable",
      ])
    #expect(
      try box.read("o/Sources/Trio/Trio.swift").contains("[Tiny.description, Wide.description, Tiny.description]"))
    #expect(try box.read("o/Sources/Tiny/Tiny.swift").contains("@_exported public import TrioRuntime"))
    // A network is what it is alone, but for the names of what it stands on.
    #expect(try box.run("a.rn", "-o", "alone", "--isa", "portable,avx2", "--batch", "2").code == 0)
    for path in ["Sources/Tiny/Layers.swift", "Sources/Tiny/PlanAVX2.swift"] {
      #expect(try box.read("o/" + path) == box.read("alone/" + path))
    }
    // Another process writes the same bytes; a run again writes nothing.
    let words = ["ensemble", "a.rn", "b.rn", "a.rn", "--name", "Trio", "--isa", "portable,avx2", "--batch", "2", "-o"]
    #expect(try box.run(words + ["p"]).code == 0)
    #expect(try box.contents(of: "p") == files)
    let again = try box.run(words + ["o"])
    #expect(again.code == 0 && again.out.contains(" unchanged\n") && !again.out.contains(" written"))
    // Nothing that it did not make is overwritten.
    try box.write("mine", to: "q/Sources/Trio/Trio.swift")
    let refused = try box.run(words + ["q"])
    #expect(refused.code == 74 && refused.err.contains("resnetc did not generate it"))
    #expect(try box.contents(of: "q").count == 1)
  }

  @Test func weightsGoIntoThePackage() throws {
    let box = try Sandbox()
    func file(_ name: String) -> String {
      repository.appending(path: "Tests/CommandTests/Fixtures/convert/\(name)").path
    }
    let words = ["ensemble", file("narrow.rn"), file("narrow.rn"), "-o", "o", "--isa", "portable"]
    let run = try box.run(words + ["--weights", file("huggingface.bin"), "--weights", file("narrow.safetensors")])
    #expect(run.code == 0, "\(run.err)")
    #expect(box.exists("o/narrowensemble_1.safetensors") && box.exists("o/narrowensemble_2.safetensors"))
    #expect(run.out.contains("narrowensemble classify IMAGE\n"))
    let text = try box.read("o/Sources/NarrowEnsemble/NarrowEnsemble.swift")
    #expect(text.contains("weights: \"narrowensemble_1.safetensors,narrowensemble_2.safetensors\""))
    for (count, said) in [(1, "once"), (3, "3 times")] {
      let some = try box.run(words + Array(repeating: ["--weights", file("huggingface.bin")], count: count).joined())
      #expect(
        some.code == 64
          && some.err.contains(
            "'--weights' is given \(said), and there are 2 networks: it goes into the package once for each, in their "
              + "order, or not at all.")
      )
    }
    let empty = try box.run(words + ["--weights", "", "--weights", file("narrow.safetensors")])
    #expect(empty.code == 74 && empty.err.hasPrefix("Error: Cannot open '': the name is empty."))
    // As many names as there are networks to give weights to.
    let none = try box.run(
      "ensemble", file("narrow.rn"), file("narrow.rn"), file("narrow.rn"), "-o", "n", "--isa", "portable")
    #expect(none.out.contains(" --weights W1.safetensors,W2.safetensors,W3.safetensors\n"), "\(none.err)")
  }

  @Test func networksThatDoNotGoTogetherAreNamed() throws {
    let box = try box()
    try box.write(wide.replacing("4-d fc", by: "5-d fc"), to: "classes.rn")
    try box.write(wide.replacing("softmax", by: "sigmoid"), to: "sigmoid.rn")
    try box.write(
      wide.replacing(", 4-d fc, softmax", by: "").replacing("average pool", by: "8x8 3x3, 4").replacing(
        "1x1  8x8", by: "8x8 "), to: "map.rn")
    try box.write(
      wide.replacing("3 x 8 x 8", by: "3 x 9 x 9").replacing("8x8", by: "9x9").replacing(
        "resize 8 bilinear, crop 8", by: "resize 9 bilinear, crop 9"),
      to: "size.rn")
    try box.write(wide.replacing("crop 8", by: "crop 8, mean 0.5 0.5 0.5, std 0.5 0.5 0.5"), to: "pixels.rn")
    try box.write(wide.replacing("Wide", by: "Tiny"), to: "namesake.rn")
    try box.write("model Broken\n", to: "broken.rn")
    for (words, said) in [
      (["a.rn"], "An ensemble has two members or more"),
      (["a.rn", "classes.rn"], "Tiny has 4 classes and Wide 5; evaluate each by itself with --scores"),
      (["a.rn", "sigmoid.rn"], "Tiny ends in a softmax and Wide in a sigmoid"),
      (["a.rn", "size.rn"], "Tiny reads 3 x 8 x 8 and Wide 3 x 9 x 9"),
      (["a.rn", "pixels.rn"], "different 'preprocess' lines"),
      (["a.rn", "namesake.rn"], "Two different networks are called Tiny"),
      (["a.rn", "b.rn", "--name", "tiny"], "is no name of a Swift type"),
      (["a.rn", "b.rn", "--name", "Tiny"], "is taken by its member Tiny"),
      (["a.rn", "b.rn", "--name", "Engine"], "is a type that the generated code uses"),
      (["a.rn", "broken.rn"], "broken.rn"),
    ] {
      let run = try box.run(["ensemble"] + words + ["-o", "o"])
      #expect(run.code == 1 && run.err.contains(said), "\(words): \(run.err)")
      #expect(!box.exists("o"))
    }
    let map = try box.run("ensemble", "map.rn", "a.rn", "-o", "o")
    #expect(map.code == 1 && map.err.contains("Wide ends in a map and has no classes to average"), "\(map.err)")
    #expect(try box.run("ensemble", "a.rn", "b.rn").code == 64)
    #expect(try box.run("ensemble", "-", "-", "-o", "o").code == 64)
    // Of a family a member is chosen, or asked for.
    let family = try box.run("ensemble", model("table1"), "a.rn", "-o", "o")
    #expect(family.code == 1 && family.err.contains("table1.rn:18"), "\(family.err)")
  }
}
