// int8 packages: every layer's whole numbers are those of the integer interpreter, which the fixtures of PyTorch and NumPy
// hold, and the answers are the same bits on every instruction set and any number of threads.
import Foundation
import ResNetCompiler
import ResNetRuntime
import TestTiers
import Testing

extension Umbrella {
  /// Option A and odd sizes, pools in ceiling mode and padding on one side, projections, pools that compute convolutions,
  /// values side by side. One of these by commit, and in the slow tier all.
  static let integerNets: [Net] = {
    let nets = [
      Net.digits.int8.batched(3), Net.torture[0].int8.batched(3), Net.pooled.int8, Net.inception.int8.batched(3),
      Net.torture[1].int8, Net.torture[4].int8.batched(8), Net.torture[5].int8, Net.torture[6].int8, Net.tiles.int8,
      Net.integerTiles.int8.batched(3),
    ]
    return isSlowRun || isMatrixRun ? nets : nets.share(oneIn: 10)
  }()
}

@Suite(.serialized) struct IntegerTests {
  /// A workspace full of NaN, every layer.
  @Test(arguments: Umbrella.integerNets) func everyLayerIsThatOfTheInterpreter(net: Net) throws {
    let command = try Umbrella.small.get().command(of: net)
    for isa in net.integerISAs {
      for threads in [1, 3] {
        let text = try run(
          command.path,
          [
            "verify", "--weights", "random:1", "--precision", "int8", "--isa", "\(isa)", "--threads", "\(threads)",
            "--tolerance", "0", "--quiet",
          ]
        ).output
        // Every layer's largest difference is nothing.
        #expect(text.contains(" with 0 "), "\(net.name), \(isa), \(threads) threads: \(text)")
      }
    }
  }

  @Test(arguments: Umbrella.integerNets) func answersAreTheSameBits(net: Net) throws {
    let command = try Umbrella.small.get().command(of: net)
    try withTemporaryFolder { scratch in
      let compilation = try net.compiled()
      let input = compilation.fused.nodes[0].shape.count * net.batch
      let pixels = scratch.appending(path: "in.f32")
      var state: UInt64 = 7
      let values = (0..<2 * input).map { _ -> Float in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / 1e9
      }
      try write(values, to: pixels)
      var first: Data?
      for isa in net.integerISAs {
        let packed = scratch.appending(path: "\(isa).packed").path
        try run(
          command.path, ["pack", "--weights", "random:1", "--precision", "int8", "--isa", "\(isa)", "-o", packed])
        for threads in [1, 2, 3, 16] {
          let output = scratch.appending(path: "out.f32")
          try run(
            command.path,
            [
              "logits", "--weights", packed, "--input", pixels.path, "--output", output.path, "--threads", "\(threads)",
            ])
          let bytes = try Data(contentsOf: output)
          #expect(bytes.count > 4 && Set(bytes).count > 4, "an answer")
          if let first {
            #expect(bytes == first, "\(net.name), \(isa), \(threads) threads")
          } else {
            first = bytes
          }
        }
      }
    }
  }
}

extension Net {
  /// Those of this machine that run its whole numbers.
  var integerISAs: [ISA] {
    let built = targets.flatMap { $0.computing(in: .int8) }
    return ISA.available(computing: .int8).filter { isa in built.contains { $0.name == "\(isa)" } }
  }
}
