// Generated kernels between pages that nobody may touch: arena, packed weights and scratch memory each lie against one,
// first with their last float, then with their first. Emulation/main.c calls the kernels, in parts as threads would.
import Foundation
import ResNetRuntime
import TestTiers
import Testing

@testable import ResNetCompiler

extension MatrixTests {
  @Test(arguments: Umbrella.matrixNets) func kernelsStayWithinTheirBuffers(net: Net) throws {
    let umbrella = try Umbrella.small.get()
    for isa in net.isas {
      try expectGuardsUntouched(of: net, isa) { target, folder in
        let module = net.name + target.moduleSuffix
        try linkKernels(
          "import \(module)", function: "run\(module)",
          ["-I", umbrella.products.appending(path: "Modules").path]
            + ["-I", umbrella.folder.appending(path: "\(net.name)/Sources/\(net.name)CPU/include").path]
            + umbrella.objects(of: net, target.moduleSuffix), in: folder)
      }
    }
  }
}

extension SlowMatrixTests {
  /// Everything by everything, for small networks: kernels alone, since a whole package takes ten times as long to build.
  @Test(arguments: matrix) func kernelsStayWithinTheirBuffersAndGiveTheLogitsOfPyTorch(net: Net) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for isa in ISA.available {
        group.addTask {
          try expectGuardsUntouched(of: net, isa) { target, folder in
            try replaceFiles(below: folder.appending(path: "package"), with: try net.package())
            let sources = folder.appending(path: "package/Sources")
            let module = net.name + target.moduleSuffix
            let kernels = try FileManager.default.contentsOfDirectory(atPath: sources.appending(path: module).path)
            // As the package's manifest has it.
            let flags = ["avx512": ["-Xcc", "-march=x86-64-v4"], "avx2": ["-Xcc", "-march=x86-64-v3"]]
            try linkKernels(
              "", function: "run\(module)",
              ["-Ounchecked", "-wmo", "-I", sources.appending(path: "\(net.name)CPU/include").path]
                + (flags[target.name] ?? []) + kernels.sorted().map { sources.appending(path: "\(module)/\($0)").path },
              in: folder)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// All six ways of each or, where a sample is drawn, one: another network's is another, and the next commit's too.
  private static let matrix: [Net] =
    (Net.torture + [Net.tiles, Net.paddings, Net.pooled, Net.sigmoids, Net.cifar[0]]).flatMap { net in
      let ways = [1, 3, 8].flatMap { [net.winograd.batched($0), net.exact.batched($0)] }
      guard let sample else { return ways }
      let first = Int(fnv1a(Array("\(sample) \(net.name)".utf8)) % UInt64(ways.count))
      return [ways[first]]
    }
}

@Suite struct GuardPageTests {
  /// Planted accesses: the guards must see each of them, or their silence would say nothing.
  @Test(arguments: [
    ("y[arena]", "wrote outside its value"), ("weights[0]", "touched"), ("weights[floats]", "touched"),
    ("scratch[floats]", "touched"), ("scratch[-17]", "wrote beyond the scratch memory"), ("y[-1]", "outside its value"),
  ])
  func guardsSeePlantedAccesses(place: String, complaint: String) throws {
    try withTemporaryFolder { scratch in
      // A value of 16 floats at 16 in an arena of 48; 32 floats of weights and of scratch memory.
      let kernel = """
        void run_kernel(long kernel, const float *a, const float *b, const float *r, float *y, const float *w,
                        float *scratch, long begin, long end) {
          const long arena = 16, floats = 32;
          float *weights = (float *)w;
          y[0] = 1;
          (void)arena, (void)floats, (void)weights;
          \(place) = 1;
        }
        """
      try Data(kernel.utf8).write(to: scratch.appending(path: "kernel.c"))
      let numbers: [Int64] = [48, 32, 1, 32] + [0, 1, 0, 0, 0, 16, 0, 16, 16]
      var program = numbers.map(\.littleEndian).withUnsafeBytes { Data($0) }
      program.append(Data(count: 80 * 4))
      try program.write(to: scratch.appending(path: "program"))
      try run("clang", ["-O1", mainProgram, "kernel.c", "-o", "guarded"], in: scratch)
      let result = try execute("./guarded", ["program", "arena", "1", "last"], in: scratch)
      #expect(result.status == 3 && result.output.contains(complaint), "\(result.output)")
    }
  }
}

private let mainProgram = testFolder.appending(path: "Emulation/main.c").path

/// Runs a network's kernels for `isa` between guards, and holds the answers, which are computed from NaN wherever
/// something is read that nobody wrote, against PyTorch's for every image of a batch. `link` makes a program of the
/// kernels, `guarded` in the folder that it is given.
private func expectGuardsUntouched(of net: Net, _ isa: ISA, link: (Target, URL) throws -> Void) throws {
  let compilation = try net.compiled()
  let plan = try #require(compilation.plans.first { $0.target.name == "\(isa)" })
  let answers = try net.fixture.map { try Answers($0) }
  try withTemporaryFolder { scratch in
    try link(plan.target, scratch)
    let weights = scratch.appending(path: "weights.safetensors")
    try answers?.writeWeights(of: compilation, to: weights)
    let program = try KernelProgram(plan, weights: WeightSource(answers == nil ? "random:1" : weights.path))
    let pixels = images(of: compilation, answers, filling: net.batch)
    let input = Array(pixels[..<(net.batch * compilation.inputFloats)])
    try program.write(images: input, to: scratch.appending(path: "program"))
    for (parts, end) in [(1, "last"), (2, "first"), (3, "last")] {
      let result = try execute("./guarded", ["program", "arena", "\(parts)", end], in: scratch)
      try #require(result.status == 0, "\(net.name), \(isa), \(parts) parts, \(end): \(result.output)")
      let arena = try Data(contentsOf: scratch.appending(path: "arena"))
      let outputs = program.outputs(in: arena.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) })
      #expect(outputs.allSatisfy { $0.isFinite } && !outputs.isEmpty)
      guard let answers else { continue }
      let classes = outputs.count / net.batch
      for image in 0..<net.batch {
        let logits = Array(outputs[image * classes..<(image + 1) * classes])
        let error = answers.error(of: logits, image: image % answers.images, sizes: compilation.outputSizes)
        #expect(error < 1e-4, "\(net.name), \(isa), image \(image): off by \(error) of the largest logit")
      }
    }
  }
}

/// Links kernels to Emulation/main.c, as `guarded` in `folder`.
private func linkKernels(_ imports: String, function: String, _ arguments: [String], in folder: URL) throws {
  let export = """
    \(imports)
    @_cdecl("run_kernel")
    public func runKernel(
      _ kernel: Int, _ source0: UnsafePointer<Float>, _ source1: UnsafePointer<Float>,
      _ residual: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>,
      _ scratch: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int
    ) {
      \(function)(kernel, source0, source1, residual, output, weights, scratch, begin, end)
    }
    """
  try Data(export.utf8).write(to: folder.appending(path: "Export.swift"))
  try run("clang", ["-O2", "-Wall", "-Werror", "-c", mainProgram, "-o", "main.o"], in: folder)
  try run(
    "swiftc",
    ["-parse-as-library", "-module-name", "Guarded", "Export.swift", "main.o"] + arguments + ["-lm", "-o", "guarded"],
    in: folder)
}
