// Wheels, built and installed by the commands of docs/python.md into a virtual environment of their own, and held against
// PyTorch's stored answers by scripts that know nothing of the compiler (Python/).
import Foundation
import ResNetCompiler
import TestTiers
import Testing

@Suite(.serialized, .enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it")) struct PythonWheelTests {
  /// Weights in the wheel, images from Pillow, every refusal; and what checkers of types and of wheels say.
  @Test(.enabled(if: PythonTools.isDrawn(0), PythonTools.reason)) func digitsWheelKeepsItsPromises() throws {
    try withTemporaryFolder { folder in
      let python = try PythonTools(in: folder)
      let weights = models.appending(path: "digits20.safetensors").path
      let sources = try python.generate("models/digits20.rn", ["--weights", weights], as: "Digits20Py")
      try python.pip(["wheel", "--no-deps", "--wheel-dir", "wheels", "./Digits20Py"])
      let wheel = try python.wheel("digits20")
      try python.pip(["install", "\(wheel)[images]", "mypy", "auditwheel", "abi3audit"])
      let checks = testFolder.appending(path: "Python").path
      let fixture = fixtures.appending(path: "digits.safetensors").path
      let text = try python.call(["\(checks)/check_digits.py", fixture, sources.path])
      #expect(text.contains("digits, portable, 3 threads: 446 of 450 right"))
      #expect(text.hasSuffix("\nOK\n"), "\(text)")
      #expect(text.contains("Ran 13 tests"), "\(text)")

      try python.call(["-m", "mypy", "--strict", "-p", "digits20"])
      try python.call(["-m", "mypy", "--strict", "Digits20Py/python/build_backend.py", "\(checks)/check_digits.py"])
      #expect(try python.call(["-m", "auditwheel", "show", wheel]).contains("manylinux_"))
      // The library calls nothing of Python's.
      let audit = try python.call(["-m", "abi3audit", "--strict", "--verbose", "--assume-minimum-abi3", "3.11", wheel])
      #expect(audit.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains("0 ABI violations found"))
    }
  }

  /// Several outputs, batches of three, weights beside the wheel, and a source distribution on the way.
  @Test(.enabled(if: PythonTools.isDrawn(1), PythonTools.reason)) func pyramidWheelHasOutputsByName() throws {
    try withTemporaryFolder { folder in
      let python = try PythonTools(in: folder)
      var net = Net.pyramid
      net.batch = 3
      let compilation = try net.compiled()
      let answers = try Answers(try #require(net.fixture))
      let weights = folder.appending(path: "weights.safetensors")
      try answers.writeWeights(of: compilation, to: weights)
      let pixels = answers.pixels(of: compilation)
      try Data(pixels.flatMap { value in withUnsafeBytes(of: value, Array.init) })
        .write(to: folder.appending(path: "in.f32"))
      try Data(answers.logits.flatMap { value in withUnsafeBytes(of: value, Array.init) })
        .write(to: folder.appending(path: "expected.f64"))
      let sources = try python.generate(net.source, ["--batch", "3", "--weights", weights.path], as: "PyramidPy")
      let packed = folder.appending(path: "pyramid.portable.packed")
      let names = try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".packed") }
      #expect(names.count == 4)
      for name in names {
        let file = sources.appending(path: name)
        if name.contains("portable") {
          try FileManager.default.moveItem(at: file, to: packed)
        } else {
          try FileManager.default.removeItem(at: file)
        }
      }
      try python.pip(["install", "build"])
      try python.call(["-m", "build", "--outdir", "wheels", "PyramidPy"])
      let wheel = try python.wheel("pyramid")
      try python.pip(["install", "\(wheel)[images]", "mypy"])
      let checks = testFolder.appending(path: "Python/check_pyramid.py").path
      let text = try python.call([checks, packed.path, "in.f32", "expected.f64"])
      #expect(text.contains("pyramid, portable, 2 threads: \(4 * answers.images - 1) images, 3 outputs"))
      try python.call(["-m", "mypy", "--strict", "-p", "pyramid"])
    }
  }
}
