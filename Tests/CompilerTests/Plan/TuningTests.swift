// Tuning files: what is written is read back, what is wrong is said at its line, and the plan has what the file says.
import Testing

@testable import ResNetCompiler
@testable import ResNetDSL

@Suite struct TuningTests {
  private static let head = "resnetc tuning 1, avx512, batch 1, threads 2\n"

  private func read(_ text: String) -> (tuning: Tuning?, found: Diagnostics) {
    var sink = Diagnostics()
    let tuning = readTuning(SourceFile(name: "x.tuning", text: text), &sink)
    return (tuning, sink)
  }

  @Test(arguments: ["resnet50.rn", "resnet18.rn", "resnet34a.rn", "vgg16.rn", "digits20.rn"], Target.all)
  func whatIsWrittenIsReadBack(model: String, target: Target) throws {
    let convolutions = tunableConvolutions(runPasses(try loweredModel(model)), target: target, batch: 1)
    for round in 0..<3 {
      let choices = Dictionary(
        uniqueKeysWithValues: convolutions.map { ($0.shape, $0.choices[round % $0.choices.count]) })
      let text = Tuning(target: target, batch: 1, threads: 2, choices: choices).text(comment: "# on: a, machine")
      let (tuning, found) = read(text)
      let back = try #require(tuning, "\(found.all)")
      #expect(back.entries.mapValues(\.choice) == choices)
      #expect(back.target == target && back.batch == 1 && back.threads == 2 && back.hash == fnv1a(Array(text.utf8)))
    }
  }

  /// The first choice is the default, so a file of first choices changes no kernel.
  @Test(arguments: ["resnet50.rn", "resnet18.rn", "resnet34a.rn", "digits20.rn"], Target.all)
  func firstChoicesAreTheDefaults(model: String, target: Target) throws {
    let graph = runPasses(try loweredModel(model))
    for batch in [1, 8] { try check(graph, target, batch) }
  }

  private func check(_ graph: Graph, _ target: Target, _ batch: Int) throws {
    let convolutions = tunableConvolutions(graph, target: target, batch: batch)
    #expect(convolutions.allSatisfy { 1...8 ~= $0.choices.count && Set($0.choices).count == $0.choices.count })
    let choices = Dictionary(uniqueKeysWithValues: convolutions.map { ($0.shape, $0.choices[0]) })
    let tuning = Tuning(target: target, batch: batch, threads: 1, choices: choices)
    let tuned = makePlan(graph, target: target, batch: batch, algorithms: .tuned(tuning))
    let plain = makePlan(graph, target: target, batch: batch)
    #expect(tuned.kernels == plain.kernels && tuned.steps == plain.steps)
  }

  /// Every choice of every shape reaches the plan, under the layers that it is for.
  @Test(arguments: [("resnet18.rn", Target.avx512), ("resnet50.rn", .avx2), ("digits20.rn", .portable)])
  func thePlanHasWhatTheFileSays(model: String, target: Target) throws {
    let graph = runPasses(try loweredModel(model))
    let convolutions = tunableConvolutions(graph, target: target, batch: 1)
    #expect(convolutions.contains { $0.choices.count == 8 })
    for round in 0..<8 {
      let choices = Dictionary(
        uniqueKeysWithValues: convolutions.map { ($0.shape, $0.choices[round % $0.choices.count]) })
      let tuning = Tuning(target: target, batch: 1, threads: 1, choices: choices)
      let plan = makePlan(graph, target: target, batch: 1, algorithms: .tuned(tuning))
      for step in plan.steps {
        guard let shape = ConvolutionShape(graph[step.node], in: graph) else { continue }
        switch (choices[shape], plan.kernels[step.kernel]) {
        case (.direct(let vectors), .convolution(let kernel)):
          #expect(kernel.tiling.groups[0].size == vectors ?? kernel.tiling.groups[0].size)
        case (.winograd(let tile, let blocks, let filters), .winograd(let kernel)):
          #expect(kernel.transform.tile == tile && kernel.split.blockCount == blocks)
          #expect(kernel.filters.stage == filters)
        default: Issue.record("\(shape.text) is not computed as chosen")
        }
      }
    }
  }

  /// Kernels of int8 and float16 have files of their own, named as packed files name them. A choice cuts the work, and what
  /// is computed stays the network's: which layers of whole numbers are Winograd's no file changes.
  @Test(arguments: Target.allKernels.filter { $0.precision != .float32 })
  func otherPrecisionsHaveFilesOfTheirOwn(target: Target) throws {
    let fused = runPasses(try loweredModel("resnet18.rn"))
    let graph =
      target.precision == .int8 ? quantized(fused) : target.multipliesHalves ? halved(fused) : fused
    let convolutions = tunableConvolutions(graph, target: target, batch: 1)
    let plain = makePlan(graph, target: target, batch: 1)
    func algorithms(_ plan: Plan) -> [String] { plan.steps.map { plan.algorithmName($0) } }
    var hasOthers = false
    for round in 0..<8 {
      let choices = Dictionary(
        uniqueKeysWithValues: convolutions.map { ($0.shape, $0.choices[round % $0.choices.count]) })
      let text = Tuning(target: target, batch: 1, threads: 2, choices: choices).text(comment: "a machine")
      #expect(text.hasPrefix("resnetc tuning 1, \(target.title), batch 1, threads 2\n"))
      let tuning = try #require(read(text).tuning)
      #expect(tuning.target == target && tuning.entries.mapValues(\.choice) == choices)
      let tuned = makePlan(graph, target: target, batch: 1, algorithms: .tuned(tuning))
      if round == 0 { #expect(tuned.kernels == plain.kernels) }
      hasOthers = hasOthers || tuned.kernels != plain.kernels
      if target.precision == .int8 { #expect(algorithms(tuned) == algorithms(plain)) }
      // To float32 it is nothing.
      let base = try #require(Target.all.first { $0.computing(in: target.precision).contains(target) })
      let float32 = makePlan(fused, target: base, batch: 1, algorithms: .tuned(tuning))
      #expect(float32.kernels == makePlan(fused, target: base, batch: 1).kernels)
    }
    #expect(hasOthers)
  }

  /// A file for a type that the package does not have is refused, with the way out.
  @Test func filesOfOtherTypesAreRefused() throws {
    let source = try modelSource("resnet18.rn")
    func check(_ head: String, _ precisions: [Precision]) throws -> Diagnostics {
      let (tuning, found) = read("resnetc tuning 1, \(head), batch 1, threads 1\n")
      var sink = Diagnostics()
      let options = CompileOptions(targets: [.avx512], precisions: precisions)
      let compilation = try #require(analyze(source, options, &sink))
      checkTuning(try #require(tuning, "\(found.all)"), against: compilation, batch: 1, &sink)
      return sink
    }
    let whole = try check("avx512-int8", [.float32, .float16])
    #expect(whole.hasErrors && whole.all.map(\.code) == [.tuningChoice])
    #expect(whole.all[0].message == "this tuning is for int8, and the package computes in float32 and float16")
    #expect(whole.all[0].helps[0].contains("'--precision' and int8"))
    #expect(try check("avx512", [.int8]).all[0].helps[0].hasSuffix("resnetc tune MODEL --precision int8"))
    #expect(try check("avx512-int8", [.float32, .int8]).all.isEmpty)
    #expect(try check("avx512fp16", [.float16]).all.isEmpty)
    // An instruction set that is left out is a warning, as it was.
    #expect(try check("avxvnni-int8", [.int8]).all.map(\.code) == [.tuningUnused])
    #expect(read("resnetc tuning 1, avx512-int9, batch 1, threads 1").found.all[0].helps == ["write 'avx512-int8'"])
  }

  @Test func otherTargetsAndBatchesKeepTheDefaults() throws {
    let graph = runPasses(try loweredModel("resnet18.rn"))
    let shape = try #require(ConvolutionShape(text: "3x3 s1 64x56x56 -> 64x56x56"))
    let tuning = Tuning(target: .avx512, batch: 1, threads: 1, choices: [shape: .direct(vectors: nil)])
    for (target, batch) in [(Target.avx2, 1), (.avx512, 2)] {
      let tuned = makePlan(graph, target: target, batch: batch, algorithms: .tuned(tuning))
      #expect(tuned.kernels == makePlan(graph, target: target, batch: batch).kernels)
    }
    let tuned = makePlan(graph, target: .avx512, batch: 1, algorithms: .tuned(tuning))
    #expect(tuned.kernels != makePlan(graph, target: .avx512, batch: 1).kernels)
  }

  @Test(arguments: [
    "3x3 s1 256x14x14 -> 256x14x14", "1x1 s1 128x28x28 + 1x1 s2 256x56x56 -> 512x28x28",
    "3x3 s1 d2 64x28x28 -> 64x28x28", "7x1 s2 3x224x224 -> 64x112x224",
  ])
  func shapesAreTheirText(text: String) throws {
    #expect(try #require(ConvolutionShape(text: text)).text == text)
    #expect(ConvolutionShape(text: "  " + text.split(separator: " ").joined(separator: " \t ") + " ")?.text == text)
  }

  @Test(arguments: [
    ("", "tuning-file", 1, "the file is empty"),
    ("# nothing\n\n", "tuning-file", 1, "the file is empty"),
    ("model ResNet50\n", "tuning-file", 1, "a tuning file begins with 'resnetc tuning 1'"),
    ("\nresnetc tuning 2, avx512, batch 1, threads 1", "tuning-file", 2, "version '2' of the format is unknown"),
    ("resnetc tuning 1", "tuning-file", 1, "names an instruction set, a batch and threads"),
    ("resnetc tuning 1, avx513, batch 1, threads 1", "tuning-file", 1, "unknown instruction set 'avx513'"),
    ("resnetc tuning 1, avx512, batch 1025, threads 1", "tuning-file", 1, "from 1 to 1,024, not 'batch 1025'"),
    ("resnetc tuning 1, avx512, batch 1, threads -1", "tuning-file", 1, "from 1 to 256, not 'threads -1'"),
    ("resnetc tuning 1, avx512, batch 1, threads 1, more", "tuning-file", 1, "the first line names"),
    (head + "3x3 s1 64x8x8 -> 64x8x8 direct", "tuning-file", 2, "a line is a shape, a colon and a choice"),
    (head + "\n3x3 s1 64x8x8: direct", "tuning-shape", 3, "'3x3 s1 64x8x8' is no shape"),
    (head + "3x3 s1 64x8x8 -> 64x8x0: direct", "tuning-shape", 2, "is no shape"),
    (head + "3x3 s1 64x8x8 -> 99999999x8x8: direct", "tuning-shape", 2, "is no shape"),
    (head + "3x3 s1 64x8x8 -> 64x8x8 -> 1x1x1: direct", "tuning-shape", 2, "is no shape"),
    (head + ": direct", "tuning-shape", 2, "'' is no shape"),
    (
      head + "3x3 s1 64x8x8 -> 64x8x8: direct\n# again\n3x3  s1 64x8x8 -> 64x8x8: winograd 2x2", "tuning-shape", 4,
      "3x3 s1 64x8x8 -> 64x8x8 stands here a second time"
    ),
    (head + "3x3 s1 64x8x8 -> 64x8x8: fft", "tuning-choice", 2, "'fft' is no way to compute a convolution"),
    (head + "3x3 s1 64x8x8 -> 64x8x8:", "tuning-choice", 2, "is no way to compute a convolution"),
    (head + "3x3 s1 64x8x8 -> 64x8x8: winograd", "tuning-choice", 2, "'winograd' is no way"),
    (head + "3x3 s1 64x8x8 -> 64x8x8: winograd 9x9", "tuning-choice", 2, "there is no Winograd transform '9x9'"),
    (head + "3x3 s1 64x8x8 -> 64x8x8: direct, blocks 2", "tuning-choice", 2, "here stands 'vectors'"),
    (head + "3x3 s1 64x8x8 -> 64x8x8: direct, vectors 17", "tuning-choice", 2, "from 1 to 16, not 'vectors 17'"),
    (head + "3x3 s1 64x8x8 -> 64x8x8: winograd 2x2, blocks 0", "tuning-choice", 2, "from 1 to 1,000,000"),
    (head + "3x3 s1 64x8x8 -> 64x8x8: winograd 2x2, blocks 99999999999999999999", "tuning-choice", 2, "from 1 to"),
    (head + "3x3 s1 64x8x8 -> 64x8x8: direct, vectors 1, vectors 1", "tuning-choice", 2, "one number at most"),
    (head + "3x3 s1 64x8x8 -> 64x8x8: winograd 2x2, blocks 1, blocks 1", "tuning-choice", 2, "nothing can follow"),
    (head + "3x3 s1 64x8x8 -> 64x8x8: winograd 2x2, filters fast", "tuning-choice", 2, "'filters packed' or"),
    (
      head + "3x3 s1 64x8x8 -> 64x8x8: winograd 2x2, filters packed, blocks 1", "tuning-choice", 2, "nothing can follow"
    ),
  ])
  func mistakesAreSaidAtTheirLine(text: String, code: String, line: Int, message: String) throws {
    let (tuning, found) = read(text)
    #expect(tuning == nil && found.hasErrors)
    let first = try #require(found.inSourceOrder.first)
    #expect(first.code.name == code && first.message.contains(message), "\(first.message)")
    #expect(!first.helps.isEmpty)
    #expect(SourceFile(name: "x", text: text).position(at: first.primary.span.start).line == line)
  }

  @Test func bytesThatAreNoText() {
    for bytes in [[0xFF], Array(Self.head.utf8) + [0xC3], [UInt8](repeating: 0x20, count: tuningFileLimit + 1)] {
      var sink = Diagnostics()
      #expect(readTuning(SourceFile(name: "x", bytes: bytes), &sink) == nil)
      #expect(sink.all.map(\.code) == [.tuningFile])
    }
    // Every line of a mangled file is looked at, and no more kept than can be shown.
    let (tuning, found) = read(Self.head + String(repeating: "x\n", count: 100_000))
    #expect(tuning == nil && found.isFull)
  }

  private func check(_ lines: String, batch: Int = 1, model: String = "resnet18.rn") throws -> [Diagnostic] {
    let head = "resnetc tuning 1, avx512, batch \(batch), threads 1\n"
    let (tuning, found) = read(head + lines)
    let graph = try loweredModel(model)
    let read = try #require(tuning, "\(found.all)")
    let fused = runPasses(graph)
    let network = Spell.network("ResNet18", .projectWhereShapeChanges, [])
    let compilation = Compilation(
      network: network, lowered: graph, fused: fused, cost: CostReport(graph),
      plans: [makePlan(fused, target: .avx512, batch: 1)])
    var sink = Diagnostics()
    checkTuning(read, against: compilation, batch: batch, &sink)
    return sink.inSourceOrder
  }

  @Test(arguments: [
    ("3x3 s2 64x56x56 -> 128x28x28: winograd 4x4", "Winograd 4x4 does not compute this convolution"),
    ("3x3 s1 512x7x7 -> 512x7x7: winograd 4x4, blocks 5", "the 4 tiles of this convolution do not make 5 blocks"),
    ("3x3 s1 64x56x56 -> 64x56x56: direct, vectors 5", "cannot be 5 vectors wide on avx512"),
  ])
  func choicesThatDoNotApply(line: String, message: String) throws {
    let found = try check(line)
    #expect(found.map(\.code) == [.tuningChoice] && found.allSatisfy { $0.severity == .error && !$0.helps.isEmpty })
    #expect(found.first?.message.contains(message) == true, "\(found)")
  }

  @Test func fewBlocksOfManyTilesNeedTooMuchMemory() throws {
    #expect(try check("3x3 s1 64x56x56 -> 64x56x56: winograd 4x4, blocks 64", batch: 1024).isEmpty)
    let found = try check("3x3 s1 64x56x56 -> 64x56x56: winograd 4x4, blocks 1", batch: 1024)
    #expect(found.first?.message.contains("more than 64.00 MiB of scratch memory for each thread") == true, "\(found)")
  }

  @Test func linesWithoutEffectAreWarnings() throws {
    let found = try check("3x3 s1 64x56x56 -> 64x56x57: direct\n3x3 s1 64x56x56 -> 64x56x56: direct")
    #expect(found.map(\.code) == [.tuningUnused] && found[0].severity == .warning)
    #expect(found[0].message.contains("'3x3 s1 64x56x56 -> 64x56x56' has"), "\(found[0].message)")
  }
}
