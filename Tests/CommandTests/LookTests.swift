// `--dump-ir`, `--stop-after`, `--print-memory`: looks inside, without a package.

import Foundation
import Testing

struct LookTests {
  private let passes = [
    "lower", "drop-inference-noops", "fold-batch-norm", "fold-scale", "fuse-activation", "fuse-residual-add",
    "merge-projection", "fuse-zero-pad", "eliminate-dead", "gather-channels", "read-shuffled", "separate-parts",
    "order-for-memory",
  ]

  private func heads(_ run: Run) -> [String] {
    run.out.split(separator: "\n").filter { $0.hasPrefix("# after ") }
      .map { String($0.dropFirst("# after ".count).prefix { $0 != ":" }) }
  }

  @Test func dumps() throws {
    let sandbox = try Sandbox()
    let all = try sandbox.run(model("resnet18"), "--dump-ir")
    #expect(all.code == 0 && heads(all) == passes)
    let one = try sandbox.run("--dump-ir", "fuse-activation", model("resnet18"))
    #expect(one.code == 0 && heads(one) == ["fuse-activation"])
    #expect(all.out.contains(one.out))
    #expect(one.out.contains("graph ResNet18 -> %"))
    let stopped = try sandbox.run(model("resnet18"), "--stop-after=fuse-activation")
    #expect(stopped.out == one.out)
    #expect(
      try heads(sandbox.run(model("resnet18"), "--dump-ir", "--stop-after", "fuse-activation"))
        == Array(passes.prefix(5)))
    #expect(try heads(sandbox.run(model("resnet18"), "--stop-after", "lower")) == ["lower"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: sandbox.url.path).isEmpty)
  }

  @Test func memoryIsAMap() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.run(model("resnet50"), "--print-memory", "--isa", "avx2,avx512")
    #expect(run.code == 0 && run.out.hasPrefix("ResNet50 on avx2, batch 1: "))
    let rows = run.out.split(separator: "\n").filter { $0.contains("|") }
    // 53 layers; the first convolution's map is nowhere, since its pool computes it.
    #expect(rows.count == 52)
    #expect(rows.allSatisfy { $0.count <= 100 && $0.split(separator: "|")[1].count == 64 })
    #expect(Set(rows.map { $0.split(separator: "|")[1] }.joined()) == Set("#o*- "))
    #expect(try sandbox.run(model("resnet50"), "--print-memory").out.hasPrefix("ResNet50 on avx512"))
  }

  @Test func looksDoNotKeepThePackageFromBeingMade() throws {
    let sandbox = try Sandbox()
    try sandbox.write(tinyModel, to: "x.rn")
    let run = try sandbox.run("x.rn", "-o", "o", "--isa", "portable", "--print-memory", "--dump-ir=lower")
    #expect(run.code == 0 && heads(run) == ["lower"] && run.out.contains("Tiny on portable"))
    #expect(sandbox.exists("o/Package.swift"))
  }
}
