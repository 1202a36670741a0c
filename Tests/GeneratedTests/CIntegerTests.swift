// int8 in C: the same bits from every instruction set's kernels, here and, under emulation, on arm64 and RISC-V.
import Foundation
import ResNetCompiler
import ResNetRuntime
import TestTiers
import Testing

@Suite(.serialized) struct CIntegerTests {
  /// Any will do here that hold most values and cut some off.
  private static func ranges(of compilation: Compilation) -> Ranges {
    var ranges = Ranges(network: "Digits20")
    for node in compilation.fused.nodes { ranges[node.name] = Ranges.Range(low: -3.5, high: 4.25) }
    return ranges
  }

  @Test func everyInstructionSetAndProcessorGivesTheSameBits() throws {
    var net = Net.digits
    net.precisions = [.int8]
    try withTemporaryFolder { folder in
      let package = try CPackage(net, in: folder)
      let packed = try package.packIntegers(
        models.appending(path: "digits20.safetensors"), Self.ranges(of: package.compilation))
      #expect(packed.keys.sorted() == ["avx2", "avx512", "avxvnni", "neon", "neondot", "portable"])
      let pixels = folder.appending(path: "in.f32")
      try write((0..<3072).map { Float($0 % 17) / 8 - 1 }, to: pixels)
      let portable = try package.logits(try #require(packed["portable"]), threads: 1, pixels: pixels)
      try #require(portable.count == 10 && Set(portable).count == 10)
      for isa in ISA.available(computing: .int8) {
        for threads in [1, 3] {
          let own = try package.logits(try #require(packed["\(isa)"]), threads: threads, pixels: pixels)
          #expect(own.map(\.bitPattern) == portable.map(\.bitPattern), "\(isa), \(threads) threads")
        }
      }
      try verify(package, packed)
      guard isSlowRun else { return }
      for (compiler, emulator, isas) in [
        ("aarch64-linux-gnu-gcc", "qemu-aarch64-static", ["neondot", "neon", "portable"]),
        ("riscv64-linux-gnu-gcc", "qemu-riscv64-static", ["portable"]),
      ] where isInstalled(compiler) && isInstalled(emulator) {
        let build = "\(compiler) -O2 \(warnings) -static -DDIGITS20_THREADS digits20*.c -lm -pthread -o foreign"
        try run("sh", ["-c", build], in: folder)
        for isa in isas {
          let out = folder.appending(path: "foreign.f32")
          try run(
            emulator,
            [
              folder.appending(path: "foreign").path, "logits", "--weights", try #require(packed[isa]).path, "--input",
              pixels.path, "--output", out.path,
            ])
          let values = try Data(contentsOf: out).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
          #expect(values.map(\.bitPattern) == portable.map(\.bitPattern), "\(compiler), \(isa)")
        }
      }
    }
  }

  /// `verify` holds outputs to those of the arithmetic's definition, without any allowance.
  private func verify(_ package: CPackage, _ packed: [String: URL]) throws {
    let tables = try #require(package.contents.tables.first { $0.target.precision == .int8 })
    let expected = try package.contents.packing(tables).expectedOutputs(
      weights: models.appending(path: "digits20.safetensors").path, ranges: Self.ranges(of: package.compilation),
      seed: 1)
    try #require(expected.tolerance == 0 && expected.numbers.count == 10)
    let file = package.folder.appending(path: "digits20.int8.expected")
    func write(_ numbers: [Double]) throws {
      let text = "# Digits20\n# within \(expected.tolerance)\n" + numbers.map { "\($0)\n" }.joined()
      try Data(text.utf8).write(to: file)
    }
    for isa in ISA.available(computing: .int8) {
      let words = ["verify", "--weights", try #require(packed["\(isa)"]).path]
      try write(expected.numbers)
      try run(package.command, words)
      try write([expected.numbers[0].nextUp] + expected.numbers.dropFirst())
      #expect(throws: (any Error).self) { try run(package.command, words) }
    }
  }
}
