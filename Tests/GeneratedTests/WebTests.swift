// WebAssembly of generated C packages, run by Node: the bits of the same kernels on this machine. Pictures become inputs in
// JavaScript as they do in Swift, and a page classifies one in a real browser.
import Foundation
import ResNetCompiler
import ResNetDSL
import ResNetRuntime
import TestTiers
import Testing

private let canRun = isInstalled("node") && isInstalled("wasm-ld") && isInstalled("make")

@Suite(.serialized, .enabled(if: canRun, "needs node, wasm-ld and make")) struct WebTests {
  @Test func logitsAreThoseOfThisMachine() throws {
    try withTemporaryFolder { folder in
      let package = try CPackage(Net.digits.portable, in: folder, hasWeb: true)
      let packed = try package.pack(models.appending(path: "digits20.safetensors"), for: .portable)
      let pixels = RandomTensors(seed: 3).tensor("input", [4, package.compilation.inputFloats])
      try package.expectEqualInNode(packed, pixels)
    }
  }

  /// `preprocess.mjs` against the runtime, whose pixels are Pillow's.
  @Test func picturesBecomeTheSameInputs() throws {
    try withTemporaryFolder { folder in
      _ = try CPackage(Net.digits.portable, in: folder, compiler: "", hasWeb: true)
      let sizes = [(8, 8), (37, 21), (21, 37), (32, 32), (200, 150), (1, 90), (333, 64)]
      var cases = ""
      var expected: [Float] = []
      for case let (written, own) in Pipelines.all {
        for (width, height) in sizes {
          cases += "{ width: \(width), height: \(height), how: \(written.javaScript) },\n"
          let image = try Image(width: width, height: height, rgb: randomPicture(width, height))
          expected += try [Float](unsafeUninitializedCapacity: own.count) { output, count in
            count = own.count
            try own.apply(image, into: UnsafeMutableBufferPointer(rebasing: output[..<count]))
          }
        }
      }
      let file = folder.appending(path: "cases.mjs")
      try Data("export const cases = [\n\(cases)];\n".utf8).write(to: file)
      let output = folder.appending(path: "out.f32")
      try run(
        "node",
        [script("pixels"), folder.appending(path: "web/preprocess.mjs").path, file.path, output.path])
      let found = try floats(of: output)
      try #require(found.count == expected.count)
      let first = zip(found, expected).enumerated().first { $1.0.bitPattern != $1.1.bitPattern }?.offset
      #expect(first == nil, "value \(first ?? 0) differs")
    }
  }

  /// What JavaScript does not do to the bit, and networks that a page has no use for.
  @Test func whatHasNoPageIsRefused() throws {
    var pipeline = Pipelines.all[0].written
    #expect(pipeline.reasonAgainstWeb == nil)
    pipeline.antialias = false
    #expect(pipeline.reasonAgainstWeb?.contains("'no antialias'") == true)
    for filter in [ResNetDSL.Preprocess.Interpolation.hamming, .lanczos] {
      pipeline.interpolation = filter
      #expect(pipeline.reasonAgainstWeb?.contains(filter.rawValue) == true)
    }
    func reason(_ net: Net) throws -> String? {
      PackageContents(try net.compiled(), from: try net.sourceFile(), net.options).reasonAgainstWeb
    }
    #expect(try reason(Net.digits) == nil)
    #expect(try reason(Net.paddings)?.contains("takes 5") == true)
    #expect(try reason(Net.pyramid)?.contains("no classes") == true)
    var other = Net.digits
    other.targets = [.avx2]
    #expect(try reason(other)?.contains("portable") == true)
  }
}

@Suite(
  .serialized, .enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it"),
  .enabled(if: canRun, "needs node, wasm-ld and make")
) struct SlowWebTests {
  /// Awkward networks, as a project, in batches; Norms has square roots.
  @Test(arguments: awkward.map(\.portable)) func logitsAreThoseOfThisMachine(net: Net) throws {
    let contents = PackageContents(try net.compiled(), from: try net.sourceFile(), net.options)
    guard contents.reasonAgainstWeb == nil else { return }
    try withTemporaryFolder { folder in
      let package = try CPackage(net, in: folder, isSingleFile: false, hasWeb: true)
      let answers = try Answers(try #require(net.fixture))
      let weights = folder.appending(path: "weights.safetensors")
      try answers.writeWeights(of: package.compilation, to: weights)
      let packed = try package.pack(weights, for: .portable)
      try package.expectEqualInNode(packed, answers.pixels(of: package.compilation, filling: net.batch))
    }
  }

  /// Whatever is wrong is said in a sentence.
  @Test func wrongFilesAndCallsAreRefused() throws {
    try withTemporaryFolder { folder in
      let package = try CPackage(Net.digits.portable, in: folder.appending(path: "own"), compiler: "", hasWeb: true)
      _ = try package.pack(models.appending(path: "digits20.safetensors"), for: .portable)
      try package.makeWeb()
      let other = try CPackage(Net.torture[0].portable, in: folder.appending(path: "other"), compiler: "", hasWeb: true)
      try other.makeWeb()
      let result = try run("node", [script("faults"), package.module.path, other.web.appending(path: "odd.wasm").path])
      let size = "a picture of"
      #expect(
        result.output.split(separator: "\n").map(String.init) == [
          "bytes: fine", "compiled: fine", "paths: fine", "answers: fine",
          "no file: ModelError: the weights cannot be fetched",
          "no page: ModelError: the WebAssembly module cannot be fetched: the server says 404 Not Found",
          "no wasm: ModelError: this is no WebAssembly module that runs here (it needs SIMD)",
          "other wasm: ModelError: this WebAssembly module was not built of Digits20: build it again",
          "empty: ModelError: these are no packed weights: make them with 'resnetc digits20.rn --language c --weights'",
          "no weights: ModelError: these are no packed weights: make them with 'resnetc digits20.rn --language c --weights'",
          "cut: ModelError: the weights are cut short, or too long: fetch them again, or pack again",
          "long: ModelError: the weights are cut short, or too long: fetch them again, or pack again",
          "header: ModelError: the header of the weights is damaged: fetch them again, or pack again",
          "weights: ModelError: the weights are damaged: fetch them again, or pack again",
          "other numbers: ModelError: an input is a Float32Array",
          "part of an image: ModelError: an image has 3072 numbers, so 3071 are none, or not whole ones",
          "no image: ModelError: a call computes 1 to 1 images",
          "two images: ModelError: a call computes 1 to 1 images",
          "short picture: RangeError: \(size) 2 x 2 pixels and 12 bytes is too large, or is none",
          "no picture: RangeError: \(size) 0 x 2 pixels and 0 bytes is too large, or is none",
          "one image: 10 outputs", "classes: 2",
        ])
    }
  }
}

/// Norms always, of the others those that are drawn.
private let awkward =
  [Net.norms] + Net.torture.filter { $0.name != Net.norms.name }.share(oneIn: sample == nil ? 1 : 8)

/// One file of `Tests/GeneratedTests/Web`.
func script(_ name: String) -> String { testFolder.appending(path: "Web/\(name).mjs").path }

extension Net {
  /// For no processor's own instructions, as WebAssembly has it.
  var portable: Net {
    var net = self
    net.targets = [.portable]
    return net
  }
}

func floats(of file: URL) throws -> [Float] {
  try Data(contentsOf: file).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
}

extension CPackage {
  var web: URL { folder.appending(path: "web") }
  var module: URL { web.appending(path: "\(prefix).mjs") }

  /// As a user does, and without a warning.
  func makeWeb() throws { try run("make", ["-j2", "CFLAGS=-O2 \(warnings)"], in: web) }

  /// The outputs in Node against those of the C program, to the bit.
  func expectEqualInNode(_ packed: URL, _ pixels: [Float]) throws {
    try makeWeb()
    let input = folder.appending(path: "in.f32")
    try write(pixels, to: input)
    let output = folder.appending(path: "web.f32")
    try run("node", [script("logits"), module.path, input.path, output.path])
    let expected = try logits(packed, threads: 1, pixels: input)
    #expect(expected.contains { $0 != 0 })
    #expect(try floats(of: output).map(\.bitPattern) == expected.map(\.bitPattern), "\(net.name) in Node")
  }
}

/// Red, green and blue of what `pixels.mjs` makes.
private func randomPicture(_ width: Int, _ height: Int) -> [UInt8] {
  var state = UInt32(width * 65536 + height)
  var rgb: [UInt8] = []
  for index in 0..<4 * width * height {
    state = state &* 1_664_525 &+ 1_013_904_223
    if index % 4 != 3 { rgb.append(UInt8(state >> 24)) }
  }
  return rgb
}
