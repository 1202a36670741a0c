// The default tier: small networks generated, built together, and run. Digits20 has the shortcuts of option A; Odd has
// projections, odd sizes and widths, and a pool in ceiling mode. The others are those of `MatrixTests` and `EndingTests`.
import Foundation
import ResNetCompiler
import ResNetRuntime
import TestTiers
import Testing

extension Umbrella {
  /// Activations are the same words in every kernel: the third is for one instruction set, in the slow tier for all.
  static let smallNets = [
    Net.torture[0], Net.digits, isSlowRun ? Net.moreActs : Net.moreActs.forOneInstructionSet(1),
  ]
  /// Every network of the default tier, in one build.
  static let small = Result {
    try Umbrella(
      "small",
      smallNets + matrixNets + integerNets + (isSlowRun ? [] : convertedNets) + Net.endings + Net.scoreScales
        + [Net.calibrated],
      sharesRuntime: true)
  }
}

@Suite(.serialized) struct SmallNetTests {
  @Test func logitsAreThoseOfPyTorch() throws {
    try Umbrella.small.get().expectAnswers(of: Net.torture[0], threads: [1, 2, 3, 7, 16])
  }

  @Test func activationsAreThoseOfPyTorch() throws {
    try Umbrella.small.get().expectAnswers(of: Umbrella.smallNets[2], threads: [1, 2])
  }

  /// All images that the network never saw in training, through the whole of it: resize, normalise, run, name.
  @Test(arguments: ISA.available) func digitsAreClassifiedAsByPyTorch(isa: ISA) throws {
    let file = try Safetensors(fixtures.appending(path: "digits.safetensors").path)
    func bytes(_ name: String) throws -> UnsafeRawBufferPointer {
      file.data(file.entries[try #require(file.index(of: name))])
    }
    let grey = try bytes("images")
    let truth = try bytes("labels").map { Int($0) }
    let logits = try bytes("logits")
    let expected = stride(from: 0, to: logits.count, by: 4).map { at in
      Float(bitPattern: UInt32(littleEndian: logits.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
    }
    try #require(truth.count == 450 && grey.count == 450 * 64 && expected.count == 4500)

    try withTemporaryFolder { scratch in
      let rgb = scratch.appending(path: "in.rgb")
      try write(grey.flatMap { [$0, $0, $0] }, to: rgb)
      let output = try Umbrella.small.get().classes(
        Net.digits, weights: models.appending(path: "digits20.safetensors"), isa: isa, threads: 1, rgb: rgb, width: 8,
        height: 8)
      let theirs = (0..<450).map { image in argmax(expected[image * 10..<image * 10 + 10]) }
      let ours = output.values.count == 4500 ? (0..<450).map { argmax(output.values[$0 * 10..<$0 * 10 + 10]) } : []
      #expect(ours == theirs)
      #expect(output.classes == theirs, "classify names the class of the largest logit")
      let largest = expected.map(abs).max() ?? 0
      let worst = zip(output.values, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < 1e-4 * largest)
      let correct = [ours, theirs].map { zip($0, truth).filter { $0 == $1 }.count }
      #expect(correct == [446, 446])
      print("digits, \(isa): \(correct[0]) of 450 right, PyTorch \(correct[1]); logits within \(worst / largest)")
    }
  }

  /// The images of models/digits, with the answers that its README gives PyTorch.
  @Test func commandClassifiesImageFiles() throws {
    let folder = models.appending(path: "digits")
    let readme = try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8)
    var expected: [(file: String, answers: [(label: String, probability: Double)])] = []
    for line in readme.split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map { $0.split(whereSeparator: { " `,".contains($0) }).map(String.init) }
      let answers = try cells[2...3].map { cell in (label: cell[0], probability: try #require(Double(cell[1]))) }
      expected.append((file: cells[0][0], answers: answers))
    }
    try #require(expected.count == 8)

    let command = try Umbrella.small.get().command(of: Net.digits)
    let text = try run(
      command.path,
      ["classify"] + expected.map(\.file)
        + ["--weights", "../digits20.safetensors", "--labels", "labels.txt", "--top", "2"], in: folder
    ).output
    print(text)
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    try #require(lines.count == 3 * expected.count)
    for (index, image) in expected.enumerated() {
      #expect(lines[3 * index] == [image.file])
      for (answer, line) in zip(image.answers, lines[3 * index + 1..<3 * index + 3]) {
        // `51.48 %  nine`; the second of two classes that both round to nothing may be another one.
        try #require(line.count == 3 && line[1] == "%")
        #expect(line[2] == answer.label || answer.probability < 0.00005)
        #expect(abs((Double(line[0]) ?? -1) / 100 - answer.probability) < 0.00011)
      }
    }
  }

  /// A workspace full of NaN, every layer against a plain network in double precision.
  @Test(arguments: Umbrella.smallNets) func everyLayerAgreesWithThePlainNetwork(net: Net) throws {
    try Umbrella.small.get().expectEveryLayer(of: net, threads: [1, 2])
  }

  @Test func kernelModulesShareNoSymbols() throws {
    for net in Umbrella.smallNets {
      for suffix in ["AVX512", "AVX2", "Portable"] where net.targets.contains(where: { $0.name == suffix.lowercased() })
      {
        try expectNoSharedSymbols(try Umbrella.small.get().objects(of: net, suffix), module: net.name + suffix)
      }
    }
  }

  private func argmax(_ values: ArraySlice<Float>) -> Int {
    values.indices.max { values[$0] < values[$1] }.map { $0 - values.startIndex } ?? -1
  }
}

/// Of two weak definitions of one symbol the linker keeps either, so code compiled for AVX-512 must not be reachable
/// under a name that another module defines too, such as a specialisation of the standard library. What bears the
/// module's own name is safe; `__swift_reflection_version` is a number.
func expectNoSharedSymbols(_ objects: [String], module: String) throws {
  try #require(!objects.isEmpty)
  let symbols = try run("nm", ["--defined-only"] + objects).output.split(separator: "\n")
    .map { $0.split(separator: " ") }.filter { $0.count == 3 }
  #expect(symbols.count > 1)
  for symbol in symbols where "WVvwu".contains(symbol[1]) && symbol[2] != "__swift_reflection_version" {
    #expect(symbol[2].contains("\(module.utf8.count)\(module)"), "\(module) defines \(symbol[2]) for everybody")
  }
}
