// Generated kernels between pages that nobody may touch: arena, packed weights and scratch memory each lie against one,
// first with their last float, then with their first. Emulation/main.c calls the kernels, in parts as threads would.
import Foundation
import ResNetRuntime
import Testing

@testable import ResNetCompiler

extension MatrixTests {
  @Test(arguments: Umbrella.matrixNets) func kernelsStayWithinTheirBuffers(net: Net) throws {
    try Umbrella.matrix.get().expectGuardsUntouched(of: net)
  }
}

extension SlowMatrixTests {
  @Test(arguments: Umbrella.slowMatrixNets) func kernelsStayWithinTheirBuffers(net: Net) throws {
    try Umbrella.slowMatrix.get().expectGuardsUntouched(of: net)
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

extension Umbrella {
  /// Runs the kernels of every instruction set of this machine between guards, and holds the answers, which are computed
  /// from NaN wherever something is read that nobody wrote, against PyTorch's.
  func expectGuardsUntouched(of net: Net) throws {
    let compilation = try net.compiled()
    let answers = try net.fixture.map { try Answers($0) }
    try withTemporaryFolder { scratch in
      let weights = scratch.appending(path: "weights.safetensors")
      let source: WeightSource
      if let answers {
        try answers.writeWeights(of: compilation, to: weights)
        source = try WeightSource(weights.path)
      } else {
        source = try WeightSource("random:1")
      }
      for isa in ISA.available {
        let plan = try #require(compilation.plans.first { $0.target.name == "\(isa)" })
        try linkKernels(of: net, plan.target, in: scratch)
        let program = try KernelProgram(plan, weights: source)
        let pixels = images(of: compilation, answers, filling: net.batch)
        let count = net.batch * compilation.inputFloats
        try program.write(images: Array(pixels[..<count]), to: scratch.appending(path: "program"))
        for (parts, end) in [(1, "last"), (3, "last"), (2, "first")] {
          let result = try execute("./guarded", ["program", "arena", "\(parts)", end], in: scratch)
          try #require(result.status == 0, "\(net.name), \(isa), \(parts) parts, \(end): \(result.output)")
          let outputs = program.outputs(
            in: try Data(contentsOf: scratch.appending(path: "arena"))
              .withUnsafeBytes { Array($0.bindMemory(to: Float.self)) })
          #expect(outputs.allSatisfy { $0.isFinite })
          guard let answers else { continue }
          let classes = outputs.count / net.batch
          for image in 0..<net.batch {
            let error = answers.error(
              of: Array(outputs[image * classes..<(image + 1) * classes]), image: image % answers.images)
            #expect(error < 1e-4, "\(net.name), \(isa), image \(image): off by \(error) of the largest logit")
          }
        }
      }
    }
  }

  /// Links the kernels that the umbrella was built with to Emulation/main.c, as `guarded` in `folder`.
  private func linkKernels(of net: Net, _ target: Target, in folder: URL) throws {
    let module = net.name + target.moduleSuffix
    let export = """
      import \(module)
      @_cdecl("run_kernel")
      public func runKernel(
        _ kernel: Int, _ source0: UnsafePointer<Float>, _ source1: UnsafePointer<Float>,
        _ residual: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>,
        _ scratch: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int
      ) {
        run\(module)(kernel, source0, source1, residual, output, weights, scratch, begin, end)
      }
      """
    try Data(export.utf8).write(to: folder.appending(path: "Export.swift"))
    try run("clang", ["-O2", "-Wall", "-Werror", "-c", mainProgram, "-o", "main.o"], in: folder)
    let headers = self.folder.appending(path: "\(net.name)/Sources/\(net.name)CPU/include").path
    let modules = products.appending(path: "Modules").path
    try run(
      "swiftc",
      ["-O", "-parse-as-library", "-module-name", "Guarded", "-I", modules, "-I", headers, "Export.swift", "main.o"]
        + objects(of: net, target.moduleSuffix) + ["-o", "guarded"], in: folder)
  }
}
