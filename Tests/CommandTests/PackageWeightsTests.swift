// `resnetc MODEL --weights FILE -o FOLDER`: what fits goes into the package, and what does not leaves nothing behind.
import Foundation
import Testing

private func file(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/convert/\(name)").path
}

@Suite struct PackageWeightsTests {
  @Test func weightsGoIntoThePackage() throws {
    let box = try Sandbox()
    let arguments = [file("narrow.rn"), "--weights", file("huggingface.bin"), "-o", "Generated", "--isa", "portable"]
    let run = try box.run(arguments)
    #expect(run.code == 0, "\(run.err)")
    #expect(run.out.contains("  weights     62 tensors in Generated/narrow.safetensors, "), "\(run.out)")
    #expect(run.out.contains("the names are Hugging Face's"))
    #expect(run.out.contains("swift run -c release narrow classify IMAGE\n"), "\(run.out)")
    #expect(try box.run("convert", file("narrow.safetensors"), "-o", "expected").code == 0)
    #expect(try Data(contentsOf: box("Generated/narrow.safetensors")) == Data(contentsOf: box("expected")))
    #expect(try box.read("Generated/Sources/Narrow/Description.swift").contains("weights: \"narrow.safetensors\""))
    #expect(try box.read("Generated/README.md").contains("narrow classify photo.jpg --top 5"))
    // Again, and with others.
    #expect(try box.run(arguments).code == 0)
    let plain = try box.run(file("narrow.rn"), "-o", "Plain", "--isa", "portable", "-q")
    #expect(plain.code == 0)
    #expect(try !box.read("Plain/Sources/Narrow/Description.swift").contains("weights:"))
  }

  @Test func whatDoesNotFitLeavesNothing() throws {
    let box = try Sandbox()
    func refused(_ weights: String, _ code: Int32, _ said: String) throws {
      let run = try box.run(file("narrow.rn"), "--weights", weights, "-o", "Generated", "--isa", "portable")
      #expect(run.code == code && run.err.contains(said), "\(run.err)")
      #expect(!box.exists("Generated/Package.swift"))
    }
    try refused(file("linear.th"), 1, "Cannot use")
    try refused(file("odd.safetensors"), 1, "a package does not load it")
    try refused("gone.pth", 74, "gone.pth")
    try box.write("mine", to: "Generated/narrow.safetensors")
    try refused(file("narrow.npz"), 74, "resnetc did not write it")
    #expect(try box.read("Generated/narrow.safetensors") == "mine")
    #expect(try box.run(file("narrow.rn"), "--weights", file("narrow.npz"), "--stop-after", "lower").code == 64)
    #expect(try box.run(file("narrow.rn"), "-o", "G", "--key", "model").code == 64)
  }
}
